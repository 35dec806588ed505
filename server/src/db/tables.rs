//! What the tables and columns are called in this database, and of which type its ids are.
//!
//! better-auth lets its users rename every table and column, choose the type of ids and add columns. So statements
//! are written as templates with better-auth's own names in braces, and rendered once for the names in use:
//!
//! | in a template | becomes |
//! |---|---|
//! | `{user}` | the table's name, quoted |
//! | `{user.emailVerified}` | the column's name, quoted |
//! | `{user.*:u}` | the columns that a store reads, from the alias `u` |
//! | `{id}` | the SQL type of ids, for a cast: `$1::{id}` |
//! | `{user.newId:$1}` | the value of a new id, `$1` being the bound text or null |
//! | `{user.+columns}` | `, "plan", …`: the additional columns, to be inserted |
//! | `{user.+values:$2}` | `, …`: their values, out of the bound JSON object |
//! | `{user.+set:$2}` | `, "plan" = …`: those of them that the bound JSON object names |

mod render;
mod script;
mod settings;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use sqlx::AssertSqlSafe;

/// An identifier in quotes.
pub(crate) fn quoted(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    render::quote(&mut quoted, name);
    quoted
}

/// The type of ids.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum IdKind {
    /// 32 random characters, better-auth's default.
    #[default]
    Text,
    /// `uuid`.
    Uuid,
    /// `integer`, counted by the database; text on the wire.
    Serial,
}

impl IdKind {
    /// The SQL type to which a bound text is cast. Numbers are cast to the wider type, so that tables made elsewhere
    /// may have `bigint` ids; Postgres compares both with one index.
    pub const fn sql_type(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Uuid => "uuid",
            Self::Serial => "bigint",
        }
    }

    /// The SQL type of a column that holds an id, in tables made here.
    pub const fn column_type(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Uuid => "uuid",
            Self::Serial => "integer",
        }
    }
}

/// The type of an additional column, as better-auth names it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ColumnType {
    /// `string`: `text`.
    String,
    /// `number`: `integer`.
    Number,
    /// `number` with `bigint`: `bigint`.
    Bigint,
    /// `boolean`.
    Boolean,
    /// `date`: `timestamptz`.
    Date,
    /// `json`, `string[]`, `number[]`: `jsonb`.
    Json,
    /// The id of another row: of the type of ids.
    Id,
}

impl ColumnType {
    /// The SQL type, where ids are `ids`.
    pub const fn sql_type(self, ids: IdKind) -> &'static str {
        match self {
            Self::Id => ids.column_type(),
            Self::String => "text",
            Self::Number => "integer",
            Self::Bigint => "bigint",
            Self::Boolean => "boolean",
            Self::Date => "timestamptz",
            Self::Json => "jsonb",
        }
    }
}

/// A column that the settings add to a table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AdditionalColumn {
    /// The field's name on the wire.
    pub field: String,
    /// The column's name.
    pub column: String,
    /// Its type.
    pub column_type: ColumnType,
    /// Whether clients see it.
    pub is_returned: bool,
}

/// One table.
#[derive(Clone, Debug, Default)]
pub struct TableNames {
    /// The table's name, where it is not better-auth's.
    pub table: Option<String>,
    /// better-auth's name and the name in use, for each renamed column.
    pub columns: HashMap<String, String>,
    /// The columns that the settings add.
    pub additional: Vec<AdditionalColumn>,
}

/// The names of every table. Renders statements, each once.
#[derive(Debug, Default)]
pub struct Tables {
    ids: IdKind,
    named: HashMap<&'static str, TableNames>,
    rendered: RwLock<HashMap<Key, Arc<str>>>,
}

/// Place and length of a template, which is static: what lies there never changes.
type Key = (usize, usize);

impl Tables {
    /// Tables with ids of the type `ids`; `named` holds, by better-auth's name, those that are not as
    /// better-auth makes them.
    pub fn new(ids: IdKind, named: HashMap<&'static str, TableNames>) -> Self {
        Self {
            ids,
            named,
            rendered: RwLock::default(),
        }
    }

    /// The type of ids.
    pub fn ids(&self) -> IdKind {
        self.ids
    }

    /// The additional columns of `table`.
    pub fn additional(&self, table: &str) -> &[AdditionalColumn] {
        self.named
            .get(table)
            .map_or(&[], |names| names.additional.as_slice())
    }

    /// The statement that `template` stands for.
    pub fn sql(&self, template: &'static str) -> AssertSqlSafe<Arc<str>> {
        let key = (template.as_ptr().addr(), template.len());
        let known = self.rendered.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(sql) = known.get(&key) {
            return AssertSqlSafe(Arc::clone(sql));
        }
        drop(known);
        let sql: Arc<str> = self.render(template).into();
        let mut known = self
            .rendered
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        known.insert(key, Arc::clone(&sql));
        // Names come from the settings and are quoted; values are always bound.
        AssertSqlSafe(sql)
    }

    /// The name in use of a table that better-auth calls `table`.
    pub fn table_name<'a>(&'a self, table: &'a str) -> &'a str {
        self.named
            .get(table)
            .and_then(|names| names.table.as_deref())
            .unwrap_or(table)
    }

    /// The name in use of a column that better-auth calls `column`.
    pub fn column_name<'a>(&'a self, table: &str, column: &'a str) -> &'a str {
        self.named
            .get(table)
            .and_then(|names| names.columns.get(column))
            .map_or(column, String::as_str)
    }
}
