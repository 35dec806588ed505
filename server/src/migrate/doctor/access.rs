//! What the role may.

use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::report::{Check, Finding, Severity};
use crate::db::quoted;

/// What the role may with one table.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) table: String,
    pub(super) owner: String,
    pub(super) is_owned: bool,
    pub(super) may_read: bool,
    /// Of SELECT, INSERT, UPDATE and DELETE, those that are missing.
    missing: Vec<String>,
    hides_rows: bool,
}

const ACCESS_QUERY: &str = "
    SELECT wanted.name AS table_name, pg_get_userbyid(c.relowner)::text AS owner,
           pg_has_role(c.relowner, 'USAGE') AS is_owned, has_table_privilege(c.oid, 'SELECT') AS may_read,
           ARRAY(SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p
                 WHERE NOT has_table_privilege(c.oid, p)) AS missing,
           row_security_active(c.oid) AS hides_rows
    FROM unnest($1::text[]) AS wanted(name)
    JOIN pg_class c ON c.oid = to_regclass(quote_ident(wanted.name)) AND c.relkind IN ('r', 'p')";

/// What the role may with those of `tables` that exist.
pub(super) async fn access(
    connection: &mut PgConnection,
    tables: &[&str],
) -> sqlx::Result<Vec<Access>> {
    sqlx::query(ACCESS_QUERY)
        .bind(tables)
        .try_map(|row: PgRow| {
            Ok(Access {
                table: row.try_get("table_name")?,
                owner: row.try_get("owner")?,
                is_owned: row.try_get("is_owned")?,
                may_read: row.try_get("may_read")?,
                missing: row.try_get("missing")?,
                hides_rows: row.try_get("hides_rows")?,
            })
        })
        .fetch_all(connection)
        .await
}

impl Access {
    /// What keeps `serve` from working with the table; of `is_only_read` it needs to read it.
    pub(super) fn judge(&self, role: &str, is_only_read: bool) -> Vec<Finding> {
        let (table, mut found) = (quoted(&self.table), Vec::new());
        let missing: Vec<&str> = self
            .missing
            .iter()
            .map(String::as_str)
            .filter(|right| !is_only_read || *right == "SELECT")
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            found.push(
                Finding::new(
                    Severity::Error,
                    Check::ServeRights,
                    format!(
                        "{role} lacks {missing} on the table {}, which `serve` needs",
                        self.table
                    ),
                )
                .remedy("let the table's owner grant it")
                .statements([format!("GRANT {missing} ON {table} TO {}", quoted(role))]),
            );
        }
        if self.hides_rows {
            found.push(
                Finding::new(
                    Severity::Error,
                    Check::RowSecurity,
                    format!(
                        "row-level security hides rows of the table {} from {role}",
                        self.table
                    ),
                )
                .remedy("sign in as the table's owner or a role with BYPASSRLS, or switch it off")
                .statements([format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")]),
            );
        }
        found
    }
}
