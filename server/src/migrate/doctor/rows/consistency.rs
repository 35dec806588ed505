//! Rows without a user, dates that cannot be, counters that are behind.

use sqlx::AssertSqlSafe;

use super::Counting;
use crate::{
    db::{IdKind, quoted},
    migrate::{
        doctor::report::{Check, Finding, Severity},
        model::CORE,
        probe,
    },
};

impl Counting<'_> {
    pub(super) async fn orphans(&mut self) -> sqlx::Result<()> {
        for entity in ["session", "account"] {
            let Some((name, column, found)) = self.column(entity, "userId") else {
                continue;
            };
            let is_kept = found
                .foreign_key
                .as_ref()
                .is_some_and(|key| key.is_validated);
            if is_kept || !self.has("user", &["id"]) {
                continue;
            }
            let users = self.tables.table_name("user");
            let count = probe::orphans(self.connection, &name, &column, users).await?;
            if count > 0 {
                let delete = format!(
                    r#"DELETE FROM {table} t WHERE NOT EXISTS (SELECT FROM {users} u WHERE u."id" = t.{column})"#,
                    table = quoted(&name),
                    users = quoted(users),
                    column = quoted(&column)
                );
                self.tell(
                    Finding::new(
                        Severity::Warning,
                        Check::Orphans,
                        format!("{count} rows of the table {name} belong to no user"),
                    )
                    .remedy("remove them: they do nothing, and keep `migrate` from adding the foreign key")
                    .statements([delete]),
                );
            }
        }
        Ok(())
    }

    /// Rows from the future: the zone of dates without one was misjudged, or a clock was.
    pub(super) async fn dates(&mut self, time_zone: &str) -> sqlx::Result<()> {
        for entity in ["user", "session"] {
            let Some((name, column, found)) = self.column(entity, "createdAt") else {
                continue;
            };
            let has_zone = match found.data_type.as_str() {
                "timestamp with time zone" => true,
                "timestamp without time zone" => false,
                _ => continue,
            };
            if !has_zone && !probe::is_time_zone(self.connection, time_zone).await? {
                continue;
            }
            let zone = if has_zone { "" } else { " AT TIME ZONE $1" };
            let sql = format!(
                "SELECT count(*) FROM {} WHERE {}{zone} > now() + interval '5 minutes'{}",
                quoted(&name),
                quoted(&column),
                // Every parameter must have a use.
                if has_zone { " AND $1 IS NOT NULL" } else { "" }
            );
            let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(time_zone)
                .fetch_one(&mut *self.connection)
                .await?;
            if count > 0 {
                let taken = if has_zone {
                    String::new()
                } else {
                    format!(", taken for {time_zone},")
                };
                let remedy = if has_zone {
                    "look at the clocks of the machines, or at how these dates were converted"
                } else {
                    "set advanced.database.legacyTimeZone to the zone in which better-auth ran"
                };
                self.tell(
                    Finding::new(
                        Severity::Warning,
                        Check::Dates,
                        format!("{count} dates of {name}.{column}{taken} lie in the future"),
                    )
                    .remedy(remedy),
                );
            }
        }
        Ok(())
    }

    /// Counters that are behind the ids in use: the next row would get an id that there is already.
    pub(super) async fn sequences(&mut self) -> sqlx::Result<()> {
        if self.tables.ids() != IdKind::Serial {
            return Ok(());
        }
        for model in &CORE {
            let Some((name, ..)) = self.column(model.name, "id") else {
                continue;
            };
            let table = quoted(&name);
            // The counter is not seen by roles that may not use it; there the rights are the finding.
            let sql = format!(
                r#"SELECT coalesce((SELECT max("id") FROM {table}) > s.last_value, false)
                   FROM pg_sequences s WHERE format('%I.%I', s.schemaname, s.sequencename) = pg_get_serial_sequence($1, 'id')"#
            );
            let is_behind: Option<bool> = sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(&table)
                .fetch_optional(&mut *self.connection)
                .await?;
            if is_behind == Some(true) {
                let literal = table.replace('\'', "''");
                let statement = format!(
                    r#"SELECT setval(pg_get_serial_sequence('{literal}', 'id'), (SELECT max("id") FROM {table}))"#
                );
                self.tell(
                    Finding::new(
                        Severity::Error,
                        Check::IdSequence,
                        format!("the counter of ids of the table {name} is behind the ids in use: new rows are refused"),
                    )
                    .remedy("set it to the highest id")
                    .statements([statement]),
                );
            }
        }
        Ok(())
    }
}
