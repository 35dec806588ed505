//! Statements.

use authbackend_crds::auth::OnDelete;

use crate::{
    db::{Tables, quoted},
    migrate::statements,
};

/// Postgres cuts longer names.
const MAX_NAME_LENGTH: usize = 63;

/// The statements of the script `template` that make the table that better-auth calls `table`, with its indexes.
pub(super) fn of_table(template: &str, table: &str, tables: &Tables) -> Vec<String> {
    let makes = [
        format!("CREATE TABLE {{{table}}}"),
        format!("CREATE INDEX {{index:{table}."),
    ];
    let of_table = statements::split(template)
        .into_iter()
        .filter_map(|statement| {
            let start = makes
                .iter()
                .find_map(|makes| statement.find(makes.as_str()))?;
            statement.get(start..)
        });
    of_table.map(|statement| tables.script(statement)).collect()
}

/// The name that better-auth gives the index of one column.
pub(super) fn index_name(table: &str, column: &str, is_unique: bool) -> String {
    let kind = if is_unique { "uidx" } else { "idx" };
    let name = format!("{table}_{column}_{kind}");
    let end = name.floor_char_boundary(MAX_NAME_LENGTH);
    name.get(..end).unwrap_or_default().to_owned()
}

/// Makes an index without keeping anybody from writing; one that was not finished goes first.
pub(super) fn create_index(
    table: &str,
    column: &str,
    is_unique: bool,
    is_invalid: bool,
) -> Vec<String> {
    let name = quoted(&index_name(table, column, is_unique));
    let unique = if is_unique { "UNIQUE " } else { "" };
    let (table, column) = (quoted(table), quoted(column));
    let drop = is_invalid.then(|| format!("DROP INDEX CONCURRENTLY IF EXISTS {name}"));
    let create = format!("CREATE {unique}INDEX CONCURRENTLY {name} ON {table} ({column})");
    drop.into_iter().chain([create]).collect()
}

/// Gives `column` a foreign key to the ids of `users`, in the place of the one called `replaced`. Existing rows are
/// checked in a statement of its own, which keeps nobody from reading or writing.
pub(super) fn foreign_key(
    table: &str,
    column: &str,
    users: &str,
    replaced: Option<&str>,
) -> Vec<String> {
    let name = quoted(replaced.unwrap_or(&format!("{table}_{column}_fkey")));
    let (table, column, users) = (quoted(table), quoted(column), quoted(users));
    let drop = replaced
        .map(|_| format!("DROP CONSTRAINT {name}, "))
        .unwrap_or_default();
    vec![
        format!(
            r#"ALTER TABLE {table} {drop}ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {users} ("id") ON DELETE CASCADE NOT VALID"#
        ),
        validate_statement(&table, &name),
    ]
}

/// Checks the foreign key `name` against the rows that were there before it, which keeps nobody from reading or writing.
pub(super) fn validate(table: &str, name: &str) -> String {
    validate_statement(&quoted(table), &quoted(name))
}

fn validate_statement(table: &str, name: &str) -> String {
    format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
}

/// Gives the dates in `columns`, which are of the zone `zone`, a time zone. In UTC Postgres need not rewrite the table.
pub(super) fn with_time_zone(table: &str, columns: &[&str], zone: &str) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|column| format!("ALTER COLUMN {} TYPE timestamptz", quoted(column)))
        .collect();
    let zone = zone.replace('\'', "''");
    format!(
        "SELECT set_config('TimeZone', '{zone}', true); ALTER TABLE {} {}",
        quoted(table),
        columns.join(", ")
    )
}

/// What becomes of a row when the other is deleted, in SQL.
pub(super) const fn on_delete(action: OnDelete) -> &'static str {
    match action {
        OnDelete::Cascade => "CASCADE",
        OnDelete::Restrict => "RESTRICT",
        OnDelete::NoAction => "NO ACTION",
        OnDelete::SetNull => "SET NULL",
        OnDelete::SetDefault => "SET DEFAULT",
    }
}
