//! Whether the tables of an existing better-auth database are those that this server works with.
//!
//! Columns of plugins, further tables and further indexes do not matter, as long as this server, which does not
//! know them, can still insert a row.

use std::{collections::BTreeMap, fmt};

use sqlx::{PgConnection, Row as _};

/// The migration that an adopted database is taken to have: the four tables.
pub(super) const BASELINE_VERSION: i64 = 1;

const TEXT: &str = "text";
const BOOLEAN: &str = "boolean";
const TIMESTAMP: &str = "timestamp with time zone";

type Columns = &'static [(&'static str, &'static str)];

/// The columns of migration 1. A test compares them with what it creates.
const TABLES: &[(&str, Columns)] = &[
    (
        "user",
        &[
            ("id", TEXT),
            ("name", TEXT),
            ("email", TEXT),
            ("emailVerified", BOOLEAN),
            ("image", TEXT),
            ("createdAt", TIMESTAMP),
            ("updatedAt", TIMESTAMP),
        ],
    ),
    (
        "session",
        &[
            ("id", TEXT),
            ("expiresAt", TIMESTAMP),
            ("token", TEXT),
            ("createdAt", TIMESTAMP),
            ("updatedAt", TIMESTAMP),
            ("ipAddress", TEXT),
            ("userAgent", TEXT),
            ("userId", TEXT),
        ],
    ),
    (
        "account",
        &[
            ("id", TEXT),
            ("accountId", TEXT),
            ("providerId", TEXT),
            ("userId", TEXT),
            ("accessToken", TEXT),
            ("refreshToken", TEXT),
            ("idToken", TEXT),
            ("accessTokenExpiresAt", TIMESTAMP),
            ("refreshTokenExpiresAt", TIMESTAMP),
            ("scope", TEXT),
            ("password", TEXT),
            ("createdAt", TIMESTAMP),
            ("updatedAt", TIMESTAMP),
        ],
    ),
    (
        "verification",
        &[
            ("id", TEXT),
            ("identifier", TEXT),
            ("value", TEXT),
            ("expiresAt", TIMESTAMP),
            ("createdAt", TIMESTAMP),
            ("updatedAt", TIMESTAMP),
        ],
    ),
];

/// Columns whose uniqueness the server relies on.
const UNIQUE: &[(&str, &str)] = &[
    ("user", "id"),
    ("user", "email"),
    ("session", "id"),
    ("session", "token"),
    ("account", "id"),
    ("verification", "id"),
];

/// One difference that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drift {
    /// No such table beside the ones that exist.
    MissingTable {
        /// Its name.
        table: String,
    },
    /// No such column.
    MissingColumn {
        /// The table's name.
        table: String,
        /// The column's name.
        column: String,
    },
    /// The column has another type.
    Type {
        /// The table's name.
        table: String,
        /// The column's name.
        column: String,
        /// The type that it has.
        found: String,
        /// The type that it must have.
        expected: &'static str,
    },
    /// A column that this server does not fill, yet must not be null.
    Required {
        /// The table's name.
        table: String,
        /// The column's name.
        column: String,
    },
    /// Two rows could have the same value.
    NotUnique {
        /// The table's name.
        table: String,
        /// The column's name.
        column: String,
    },
}

impl fmt::Display for Drift {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingTable { table } => write!(formatter, "table {table} is missing"),
            Self::MissingColumn { table, column } => {
                write!(formatter, "column {table}.{column} is missing")
            }
            Self::Type {
                table,
                column,
                found,
                expected,
            } => {
                write!(
                    formatter,
                    "column {table}.{column} has type {found}, must have {expected}"
                )
            }
            Self::Required { table, column } => write!(
                formatter,
                "column {table}.{column} is NOT NULL without a default: drop it or its NOT NULL"
            ),
            Self::NotUnique { table, column } => {
                write!(formatter, "column {table}.{column} has no unique index")
            }
        }
    }
}

/// The four tables as they are in the database; those that do not exist are left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Existing {
    /// Table and column, each with what is known of it.
    columns: BTreeMap<(String, String), Column>,
}

#[derive(Clone, Debug)]
struct Column {
    data_type: String,
    is_required: bool,
    is_unique: bool,
}

/// Unique means a full unique index of exactly this column, deferrable or not, on plain values.
const COLUMNS_QUERY: &str = "
    SELECT c.relname::text AS table_name, a.attname::text AS column_name, format_type(a.atttypid, NULL) AS data_type,
           a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS is_required,
           EXISTS (SELECT FROM pg_index i
                   WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                     AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) AS is_unique
    FROM unnest($1::text[]) AS wanted(name)
    JOIN pg_class c ON c.oid = to_regclass(quote_ident(wanted.name)) AND c.relkind IN ('r', 'p')
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped";

impl Existing {
    /// Reads the catalog, as the connection's `search_path` finds the tables.
    pub(super) async fn read(connection: &mut PgConnection) -> sqlx::Result<Self> {
        let names: Vec<&str> = TABLES.iter().map(|(table, _)| *table).collect();
        let rows = sqlx::query(COLUMNS_QUERY)
            .bind(names)
            .fetch_all(connection)
            .await?;
        let mut columns = BTreeMap::new();
        for row in rows {
            let column = Column {
                data_type: row.try_get("data_type")?,
                is_required: row.try_get("is_required")?,
                is_unique: row.try_get("is_unique")?,
            };
            columns.insert(
                (row.try_get("table_name")?, row.try_get("column_name")?),
                column,
            );
        }
        Ok(Self { columns })
    }

    /// Whether none of the four tables exists.
    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Everything that stands in the way of working with these tables.
    pub(super) fn drift(&self) -> Vec<Drift> {
        TABLES
            .iter()
            .flat_map(|(table, expected)| self.table_drift(table, expected))
            .collect()
    }

    fn table_drift(&self, table: &str, expected: Columns) -> Vec<Drift> {
        let found: BTreeMap<&str, &Column> = self
            .columns
            .iter()
            .filter(|((name, _), _)| name == table)
            .map(|((_, column), properties)| (column.as_str(), properties))
            .collect();
        if found.is_empty() {
            return vec![Drift::MissingTable {
                table: table.to_owned(),
            }];
        }
        let known = expected.iter().filter_map(|(column, data_type)| {
            column_drift(table, column, data_type, found.get(column).copied())
        });
        let unknown = found.iter().filter(|(column, properties)| {
            properties.is_required && expected.iter().all(|(known, _)| known != *column)
        });
        let unknown = unknown.map(|(column, _)| Drift::Required {
            table: table.to_owned(),
            column: (*column).to_owned(),
        });
        known.chain(unknown).collect()
    }
}

fn column_drift(
    table: &str,
    column: &str,
    expected: &'static str,
    found: Option<&Column>,
) -> Option<Drift> {
    let (table, column) = (table.to_owned(), column.to_owned());
    let Some(found) = found else {
        return Some(Drift::MissingColumn { table, column });
    };
    if found.data_type != expected {
        return Some(Drift::Type {
            table,
            column,
            found: found.data_type.clone(),
            expected,
        });
    }
    let must_be_unique = UNIQUE.contains(&(table.as_str(), column.as_str()));
    (must_be_unique && !found.is_unique).then_some(Drift::NotUnique { table, column })
}
