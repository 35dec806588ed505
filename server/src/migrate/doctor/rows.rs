//! Counts rows, and those that will make trouble. Of what is in them only names of providers are read.

mod accounts;
mod consistency;

use std::collections::BTreeMap;

use authbackend_crds::auth::AuthSettings;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use super::report::{Check, Finding, Rows, Severity};
use crate::{
    db::Tables,
    migrate::catalog::{Catalog, CatalogColumn},
};

/// The rows of one database.
pub(super) struct Counting<'a> {
    pub(super) connection: &'a mut PgConnection,
    pub(super) catalog: &'a Catalog,
    pub(super) tables: &'a Tables,
    pub(super) findings: Vec<Finding>,
}

impl Counting<'_> {
    /// Counts everything whose columns are there.
    pub(super) async fn count(
        &mut self,
        settings: &AuthSettings,
        time_zone: &str,
    ) -> sqlx::Result<Rows> {
        let mut rows = Rows {
            users: self
                .number("SELECT count(*) FROM {user}", "user", &[])
                .await?,
            sessions: self
                .number("SELECT count(*) FROM {session}", "session", &[])
                .await?,
            expired_sessions: self
                .number(
                    "SELECT count(*) FROM {session} WHERE {session.expiresAt} < now()",
                    "session",
                    &["expiresAt"],
                )
                .await?,
            accounts: self
                .number("SELECT count(*) FROM {account}", "account", &[])
                .await?,
            verifications: self
                .number("SELECT count(*) FROM {verification}", "verification", &[])
                .await?,
            ..Rows::default()
        };
        self.emails().await?;
        rows.passwords = self.passwords(settings).await?;
        rows.accounts_by_provider = self.providers(settings).await?;
        self.duplicates().await?;
        self.orphans().await?;
        self.dates(time_zone).await?;
        self.sequences().await?;
        Ok(rows)
    }

    async fn emails(&mut self) -> sqlx::Result<()> {
        let shared = "SELECT count(*) FROM (SELECT FROM {user} GROUP BY lower({user.email}) HAVING count(*) > 1) shared";
        let shared = self.number(shared, "user", &["email"]).await?;
        if shared > 0 {
            let list =
                "SELECT lower({user.email}), count(*) FROM {user} GROUP BY 1 HAVING count(*) > 1";
            let list = self.tables.script(list);
            self.tell(
                Finding::new(
                    Severity::Warning,
                    Check::EmailCase,
                    format!("{shared} addresses occur several times, told apart by the case of letters alone"),
                )
                .remedy("decide which user has each address, and change or remove the others")
                .statements([list]),
            );
        }
        let upper = "SELECT count(*) FROM {user} WHERE {user.email} <> lower({user.email})";
        let upper = self.number(upper, "user", &["email"]).await?;
        if upper > 0 {
            let update = "UPDATE {user} SET {user.email} = lower({user.email}) WHERE {user.email} <> lower({user.email})";
            let update = self.tables.script(update);
            self.tell(
                Finding::new(
                    Severity::Warning,
                    Check::EmailCase,
                    format!("{upper} users have capital letters in their address, and are not found by it: better-auth writes and looks for small ones"),
                )
                .remedy("write them small, once none occurs twice")
                .statements([update]),
            );
        }
        Ok(())
    }

    /// Whether the table that better-auth calls `entity` has these columns.
    fn has(&self, entity: &str, columns: &[&str]) -> bool {
        let table = self.catalog.table(self.tables.table_name(entity));
        table.is_some_and(|table| {
            columns.iter().all(|column| {
                table
                    .columns
                    .contains_key(self.tables.column_name(entity, column))
            })
        })
    }

    /// The column that better-auth calls `column`, with its table's name and its own.
    fn column(
        &self,
        entity: &'static str,
        column: &'static str,
    ) -> Option<(String, String, CatalogColumn)> {
        let table = self.tables.table_name(entity);
        let column = self.tables.column_name(entity, column);
        let found = self.catalog.table(table)?.columns.get(column)?;
        Some((table.to_owned(), column.to_owned(), found.clone()))
    }

    /// What the template selects; 0 where the table or one of `columns` is missing, which is a finding of its own.
    async fn number(
        &mut self,
        template: &str,
        entity: &str,
        columns: &[&str],
    ) -> sqlx::Result<i64> {
        if !self.has(entity, columns) {
            return Ok(0);
        }
        let sql = self.tables.script(template);
        sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut *self.connection)
            .await
    }

    async fn groups(&mut self, sql: &str) -> sqlx::Result<BTreeMap<String, i64>> {
        let rows = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(&mut *self.connection)
            .await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect()
    }

    fn tell(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}
