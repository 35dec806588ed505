//! The server, the role and what it may.

use std::{collections::BTreeSet, time::Duration};

use sqlx::{PgConnection, Row as _};

use super::{
    access::Access,
    names::Columns,
    report::{Check, Finding, Severity},
};

/// The oldest version of Postgres that its makers still mend.
const OLDEST_SUPPORTED: i32 = 140_000;

/// What the server says about itself and the session.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) version: String,
    version_number: i32,
    pub(super) role: String,
    pub(super) schema: Option<String>,
    may_create: bool,
    pub(super) time_zone: String,
    encoding: String,
    is_replica: bool,
    is_read_only: bool,
    /// Connections that the server, the database or the role allows at most.
    connection_limit: i32,
    pub(super) backend_age: Duration,
}

const FACTS_QUERY: &str = "
    SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS version_number,
           current_user::text AS role, current_schema()::text AS schema,
           coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
           current_setting('TimeZone') AS time_zone, current_setting('server_encoding') AS encoding,
           pg_is_in_recovery() AS is_replica, current_setting('default_transaction_read_only')::bool AS is_read_only,
           (SELECT min(allowed) FROM (VALUES
               (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int),
               ((SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user)),
               ((SELECT datconnlimit FROM pg_database WHERE datname = current_database()))) AS limits(allowed)
            WHERE allowed >= 0) AS connection_limit,
           extract(epoch FROM clock_timestamp() - backend_start)::float8 AS backend_age
    FROM pg_stat_activity WHERE pid = pg_backend_pid()";

impl Facts {
    pub(super) async fn read(connection: &mut PgConnection) -> sqlx::Result<Self> {
        let row = sqlx::query(FACTS_QUERY).fetch_one(connection).await?;
        let age: f64 = row.try_get("backend_age")?;
        Ok(Self {
            version: row.try_get("version")?,
            version_number: row.try_get("version_number")?,
            role: row.try_get("role")?,
            schema: row.try_get("schema")?,
            may_create: row.try_get("may_create")?,
            time_zone: row.try_get("time_zone")?,
            encoding: row.try_get("encoding")?,
            is_replica: row.try_get("is_replica")?,
            is_read_only: row.try_get("is_read_only")?,
            connection_limit: row.try_get("connection_limit")?,
            backend_age: Duration::try_from_secs_f64(age).unwrap_or_default(),
        })
    }

    /// `pool_size` is how many connections a server opens.
    pub(super) fn judge(&self, pool_size: u32) -> Vec<Finding> {
        let mut found = self.judge_version();
        let mut tell = |severity, check, message: String, remedy: &str| {
            found.push(Finding::new(severity, check, message).remedy(remedy));
        };
        if self.is_replica {
            tell(
                Severity::Error,
                Check::ReadOnly,
                "the server is a replica, which takes no writes".to_owned(),
                "connect to the primary",
            );
        } else if self.is_read_only {
            tell(
                Severity::Error,
                Check::ReadOnly,
                "transactions are read-only by default".to_owned(),
                "set default_transaction_read_only to off, for the role, the database or the server",
            );
        }
        if i64::from(pool_size) > i64::from(self.connection_limit) {
            tell(
                Severity::Warning,
                Check::Connections,
                format!(
                    "one server opens up to {pool_size} connections, and {} are allowed",
                    self.connection_limit
                ),
                "lower DATABASE_MAX_CONNECTIONS, or raise the limit of the server, the database or the role",
            );
        }
        if self.schema.is_none() {
            tell(
                Severity::Error,
                Check::SearchPath,
                format!(
                    "the search_path names no schema that exists and that {} may use",
                    self.role
                ),
                "grant USAGE on the schema, or set search_path in DATABASE_URL: ?options=-c%20search_path%3Dauth",
            );
        }
        found
    }

    fn judge_version(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut tell = |message: String, remedy: &str| {
            found.push(Finding::new(Severity::Warning, Check::Server, message).remedy(remedy));
        };
        if self.version_number < OLDEST_SUPPORTED {
            tell(
                format!(
                    "Postgres {} gets no corrections any more, and nothing here is tested with it",
                    self.version
                ),
                "upgrade to a version that its makers support",
            );
        }
        if self.encoding != "UTF8" {
            tell(
                format!(
                    "the database's encoding is {}: names with other characters are refused",
                    self.encoding
                ),
                "dump it and restore it into a database with ENCODING 'UTF8'",
            );
        }
        found
    }

    /// What keeps `migrate` from making tables; `owned_by_others` are those that it would change.
    pub(super) fn judge_migration(&self, owned_by_others: &[&Access]) -> Vec<Finding> {
        let (role, mut found) = (&self.role, Vec::new());
        if let (Some(schema), false) = (&self.schema, self.may_create) {
            found.push(
                Finding::new(
                    Severity::Warning,
                    Check::MigrateRights,
                    format!(
                        "{role} may not make tables in the schema {schema}, which `migrate` has to"
                    ),
                )
                .remedy("run `migrate` as the owner, or grant it")
                .statements([format!("GRANT CREATE ON SCHEMA {schema} TO {role}")]),
            );
        }
        for access in owned_by_others {
            found.push(
                Finding::new(
                    Severity::Warning,
                    Check::MigrateRights,
                    format!(
                        "the table {} is of {}: {role} cannot change it, which `migrate` has to",
                        access.table, access.owner
                    ),
                )
                .remedy(format!(
                    "run `migrate` as {}, or make {role} a member of that role",
                    access.owner
                )),
            );
        }
        found
    }
}

const COLUMNS_QUERY: &str = "
    SELECT c.relname::text AS table_name, array_agg(a.attname::text) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid) AND c.relnamespace <> 'pg_catalog'::regnamespace
    GROUP BY c.relname";

/// The columns of all tables that the search path leads to.
pub(super) async fn all_columns(connection: &mut PgConnection) -> sqlx::Result<Columns> {
    let rows = sqlx::query(COLUMNS_QUERY).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            let columns: Vec<String> = row.try_get("columns")?;
            Ok((
                row.try_get("table_name")?,
                columns.into_iter().collect::<BTreeSet<_>>(),
            ))
        })
        .collect()
}

/// What other programs note their migrations in.
const OTHER_MIGRATORS: [(&str, &str); 3] = [
    ("_prisma_migrations", "Prisma"),
    ("__drizzle_migrations", "Drizzle"),
    ("knex_migrations", "Knex"),
];

/// Programs that migrate this database too, in whatever schema they keep their notes.
pub(super) async fn other_migrators(connection: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let names = OTHER_MIGRATORS.map(|(table, _)| table);
    let query =
        "SELECT DISTINCT relname::text FROM pg_class WHERE relkind = 'r' AND relname = ANY ($1)";
    let found: Vec<String> = sqlx::query_scalar(query)
        .bind(names)
        .fetch_all(connection)
        .await?;
    let known = OTHER_MIGRATORS
        .iter()
        .filter(|(table, _)| found.iter().any(|found| found == table));
    Ok(known
        .map(|(table, program)| {
            let message = format!("{program} migrates this database too ({table})");
            Finding::new(Severity::Note, Check::OtherMigrator, message).remedy(
                "before its next run, take into its schema what `migrate` has changed, and the tables authbackend_…: \
                 it may take both back",
            )
        })
        .collect())
}
