//! Says what a database is and what is wrong with it. Writes nothing: all that it asks is in one read-only transaction.

mod access;
mod names;
mod origin;
mod plan;
mod plugins;
mod pooler;
mod report;
mod rows;
mod server;
mod shape;

use std::{collections::BTreeSet, time::Instant};

use authbackend_crds::auth::AuthSettings;
use sqlx::{AssertSqlSafe, PgConnection, raw_sql};

pub use origin::{Departure, Origin};
pub use plugins::{FoundPlugin, Offer};
pub use report::{Check, Finding, Report, Rows, SchemaState, Server, Severity};

use super::{Desired, MigrateError, Migration, catalog::Catalog, goodbye, model::CORE};
use crate::{config::Target, db};
use access::Access;
use rows::Counting;
use server::Facts;

/// Tables of this server beside better-auth's four.
const OWN_TABLES: [&str; 5] = [
    HISTORY_TABLE,
    "authbackend_outbox",
    "authbackend_audit",
    "rateLimit",
    "jwks",
];

/// What `serve` only reads.
const HISTORY_TABLE: &str = "authbackend_migration";

/// A transaction that cannot write, sees one moment, and does not wait behind a lock for long.
const BEGIN: &str =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = '3s'";

/// Examines a database for a server of one release and its settings.
pub struct Doctor<'a> {
    /// The migrations that the release knows, by version.
    pub migrations: &'a [Migration],
    /// The settings.
    pub settings: &'a AuthSettings,
    /// How many connections a server opens.
    pub pool_size: u32,
    /// How the release treats the plugin of this name.
    pub offer: &'a dyn Fn(&str) -> Offer,
}

impl Doctor<'_> {
    /// Examines the database at `target`.
    ///
    /// # Errors
    /// The database cannot be reached, or refuses a question.
    pub async fn examine(&self, target: &Target) -> Result<Report, MigrateError> {
        let started = Instant::now();
        let mut connection = db::connect(target).await?;
        let report = self.ask(&mut connection, target, started).await;
        // Nothing was written, and the transaction ends with the connection.
        goodbye(connection).await;
        report
    }

    async fn ask(
        &self,
        connection: &mut PgConnection,
        target: &Target,
        started: Instant,
    ) -> Result<Report, MigrateError> {
        let mut backends = Vec::new();
        for _ in 0..3 {
            let backend = sqlx::query_scalar("SELECT pg_backend_pid()");
            backends.push(backend.fetch_one(&mut *connection).await?);
        }
        raw_sql(BEGIN).execute(&mut *connection).await?;
        let facts = Facts::read(connection).await?;
        let mut findings = facts.judge(self.pool_size);
        findings.extend(pooler::judge(&pooler::Connection {
            host: &target.host,
            port: target.port,
            backends,
            backend_age: facts.backend_age,
            age: started.elapsed(),
        }));
        findings.extend(server::other_migrators(connection).await?);

        let desired = Desired::of(self.settings);
        let names = CORE.map(|table| desired.tables.table_name(table.name));
        let catalog = Catalog::read(connection, &names).await?;
        let tables = [&names[..], &OWN_TABLES[..]].concat();
        let access = access::access(connection, &tables).await?;
        for table in &access {
            findings.extend(table.judge(&facts.role, table.table == HISTORY_TABLE));
        }
        let mut report = Report {
            origin: origin::identify(&catalog, &desired.tables),
            server: Server {
                address: target.address(),
                version: facts.version.clone(),
                role: facts.role.clone(),
                schema: facts.schema.clone(),
                time_zone: facts.time_zone.clone(),
            },
            schema: None,
            rows: None,
            plugins: Vec::new(),
            findings,
            is_newer: false,
        };
        let examined = Examined {
            doctor: self,
            desired,
            catalog,
            access,
            facts,
        };
        examined.plugins(connection, &mut report).await?;
        examined.shape(&mut report);
        // What cannot be read is a finding already; everything further reads rows.
        if examined.access.iter().all(|table| table.may_read) {
            examined.plan(connection, &mut report).await?;
            examined.rows(connection, &mut report).await?;
        }
        report.findings.sort_by_key(|finding| finding.severity);
        Ok(report)
    }
}

/// What is known once the catalog has been read.
struct Examined<'a> {
    doctor: &'a Doctor<'a>,
    desired: Desired,
    catalog: Catalog,
    access: Vec<Access>,
    facts: Facts,
}

impl Examined<'_> {
    /// Plugins of better-auth that have left something.
    async fn plugins(
        &self,
        connection: &mut PgConnection,
        report: &mut Report,
    ) -> sqlx::Result<()> {
        let columns = server::all_columns(connection).await?;
        if self.catalog.is_empty()
            && let Some(yaml) = names::suggest(&columns)
        {
            report.findings.push(
                Finding::new(
                    Severity::Error,
                    Check::Names,
                    "better-auth's tables are here under other names",
                )
                .remedy("name them in the settings")
                .statements(yaml.lines().map(str::to_owned)),
            );
        }
        let present: BTreeSet<String> = columns.into_keys().collect();
        // Tables that are made here are there in any case: what is in them tells.
        let mut silent = BTreeSet::new();
        for table in OWN_TABLES.iter().filter(|table| present.contains(**table)) {
            let may_read = |access: &&Access| access.table == **table && access.may_read;
            let has_rows = self.access.iter().any(|access| may_read(&access))
                && super::probe::has_rows(connection, table).await?;
            if !has_rows {
                silent.insert(*table);
            }
        }
        report.plugins = plugins::find(&self.catalog, &self.desired.tables, &present, |table| {
            !silent.contains(table)
        });
        for plugin in &report.plugins {
            let is_readable = self.access.iter().all(|table| table.may_read);
            let guarded = match plugin.guard.filter(|_| is_readable) {
                Some(guard) => {
                    let sql = guard.query(&self.desired.tables);
                    sqlx::query_scalar(AssertSqlSafe(sql))
                        .fetch_one(&mut *connection)
                        .await?
                }
                None => 0,
            };
            let offer = (self.doctor.offer)(plugin.name);
            report
                .findings
                .extend(plugins::judge(plugin, offer, guarded));
        }
        Ok(())
    }

    async fn rows(&self, connection: &mut PgConnection, report: &mut Report) -> sqlx::Result<()> {
        let mut counting = Counting {
            connection,
            catalog: &self.catalog,
            tables: &self.desired.tables,
            findings: Vec::new(),
        };
        let rows = counting
            .count(self.doctor.settings, self.desired.time_zone())
            .await?;
        report.findings.append(&mut counting.findings);
        report.rows = Some(rows);
        Ok(())
    }
}
