//! The triggers that tell of changes.
//!
//! They fire for each row, because logical replication fires no others, and always, also for changes that a subscription
//! or a restore makes. Postgres sends equal notifications of a transaction once, and a notification names the user: one
//! who ends ten thousand sessions is one notification. An insert tells nothing: nobody remembers what is not there.

use sqlx::PgConnection;

use crate::db::{Tables, quoted};

/// The channel on which changes are told. Databases have channels of their own; schemas of one database share them,
/// which at most makes others read again.
pub(super) const CHANNEL: &str = "authbackend_changes";

/// Starts the notification of a user who changed. What starts with nothing known tells that anybody may have changed.
pub(super) const USER: char = 'u';

/// Starts a notification that has to come back to who sent it.
pub(super) const BEAT: char = 'b';

/// What tells of changes of one table: a function and two triggers.
pub(crate) struct Trigger {
    /// better-auth's name of the table.
    pub(crate) table: &'static str,
    /// better-auth's name of the column that says who changed.
    column: &'static str,
    /// The name of the function and of the trigger for rows.
    name: &'static str,
    /// The name of the trigger for a table that is emptied.
    truncate: &'static str,
}

/// All there are.
pub(crate) const TRIGGERS: [Trigger; 2] = [
    Trigger {
        table: "session",
        column: "userId",
        name: "authbackend_session_changed",
        truncate: "authbackend_session_truncated",
    },
    Trigger {
        table: "user",
        column: "id",
        name: "authbackend_user_changed",
        truncate: "authbackend_user_truncated",
    },
];

impl Trigger {
    fn body(&self, tables: &Tables) -> String {
        let column = quoted(tables.column_name(self.table, self.column));
        format!(
            "
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM pg_catalog.pg_notify('{CHANNEL}', '');
    ELSE
        PERFORM pg_catalog.pg_notify('{CHANNEL}', pg_catalog.concat('{USER}', OLD.{column}));
    END IF;
    RETURN NULL;
END
"
        )
    }

    /// The statements that make it, whatever is left of one of before. Together they are one transaction.
    pub(crate) fn create(&self, tables: &Tables) -> String {
        let Self { name, truncate, .. } = self;
        let table = quoted(tables.table_name(self.table));
        format!(
            "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $changed${body}$changed$;
DROP TRIGGER IF EXISTS {name} ON {table};
DROP TRIGGER IF EXISTS {truncate} ON {table};
CREATE TRIGGER {name} AFTER UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();
CREATE TRIGGER {truncate} AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {truncate};
SELECT pg_catalog.pg_notify('{CHANNEL}', '')",
            body = self.body(tables),
        )
    }

    /// The statements that remove it. Servers that still remember hear of it with the last change that they are told.
    pub(crate) fn remove(&self, tables: &Tables) -> String {
        let Self { name, truncate, .. } = self;
        let table = quoted(tables.table_name(self.table));
        format!(
            "DROP TRIGGER IF EXISTS {name} ON {table};
DROP TRIGGER IF EXISTS {truncate} ON {table};
DROP FUNCTION IF EXISTS {name}();
SELECT pg_catalog.pg_notify('{CHANNEL}', '')"
        )
    }

    /// Whether it is as [`Trigger::create`] makes it, and whether anything of it is there.
    pub(crate) async fn look(
        &self,
        connection: &mut PgConnection,
        tables: &Tables,
    ) -> sqlx::Result<(bool, bool)> {
        const SQL: &str = "
            SELECT count(*) FILTER (WHERE t.tgenabled = 'A' AND t.tgqual IS NULL AND cardinality(t.tgattr::int2[]) = 0
                                      AND p.prosrc = $4 AND t.tgtype = CASE t.tgname WHEN $2 THEN 25 ELSE 32 END) = 2,
                   count(*) > 0
            FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE t.tgrelid = to_regclass(quote_ident($1)) AND NOT t.tgisinternal AND t.tgname IN ($2, $3)";
        sqlx::query_as(SQL)
            .bind(tables.table_name(self.table))
            .bind(self.name)
            .bind(self.truncate)
            .bind(self.body(tables))
            .fetch_one(connection)
            .await
    }
}

/// Whether every change of users and sessions is told.
pub(crate) async fn are_in_place(
    connection: &mut PgConnection,
    tables: &Tables,
) -> sqlx::Result<bool> {
    for trigger in &TRIGGERS {
        if !trigger.look(connection, tables).await?.0 {
            return Ok(false);
        }
    }
    Ok(true)
}
