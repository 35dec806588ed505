//! The tables of better-auth as this server works with them.

use crate::db::Tables;

/// The migration that an adopted database is taken to have: the four tables.
pub(super) const BASELINE_VERSION: i64 = 1;

/// What a column holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// The id of the row.
    Id,
    /// The id of a user.
    UserId,
    /// Text.
    Text,
    /// True or false.
    Boolean,
    /// A point in time.
    Date,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub(super) struct ColumnModel {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether the server stores null.
    pub(super) is_nullable: bool,
    /// Whether no two rows have the same value.
    pub(super) is_unique: bool,
    /// Whether rows are looked up by it.
    pub(super) is_indexed: bool,
}

/// One table.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableModel {
    pub(super) name: &'static str,
    pub(super) columns: &'static [ColumnModel],
}

const fn column(name: &'static str, kind: Kind) -> ColumnModel {
    ColumnModel {
        name,
        kind,
        is_nullable: false,
        is_unique: false,
        is_indexed: false,
    }
}

const fn id() -> ColumnModel {
    column("id", Kind::Id).unique()
}

const fn text(name: &'static str) -> ColumnModel {
    column(name, Kind::Text)
}

const fn date(name: &'static str) -> ColumnModel {
    column(name, Kind::Date)
}

impl ColumnModel {
    const fn nullable(self) -> Self {
        Self {
            is_nullable: true,
            ..self
        }
    }

    const fn unique(self) -> Self {
        Self {
            is_unique: true,
            ..self
        }
    }

    const fn indexed(self) -> Self {
        Self {
            is_indexed: true,
            ..self
        }
    }
}

/// The tables of migration 1. A test compares them with what it creates.
pub(super) const CORE: [TableModel; 4] = [
    TableModel {
        name: "user",
        columns: &[
            id(),
            text("name"),
            text("email").unique(),
            column("emailVerified", Kind::Boolean),
            text("image").nullable(),
            date("createdAt"),
            date("updatedAt"),
        ],
    },
    TableModel {
        name: "session",
        columns: &[
            id(),
            date("expiresAt"),
            text("token").unique(),
            date("createdAt"),
            date("updatedAt"),
            text("ipAddress").nullable(),
            text("userAgent").nullable(),
            column("userId", Kind::UserId).indexed(),
        ],
    },
    TableModel {
        name: "account",
        columns: &[
            id(),
            text("accountId"),
            text("providerId"),
            column("userId", Kind::UserId).indexed(),
            text("accessToken").nullable(),
            text("refreshToken").nullable(),
            text("idToken").nullable(),
            date("accessTokenExpiresAt").nullable(),
            date("refreshTokenExpiresAt").nullable(),
            text("scope").nullable(),
            text("password").nullable(),
            date("createdAt"),
            date("updatedAt"),
        ],
    },
    TableModel {
        name: "verification",
        columns: &[
            id(),
            text("identifier").indexed(),
            text("value"),
            date("expiresAt"),
            date("createdAt"),
            date("updatedAt"),
        ],
    },
];

/// Every column that a server works with whose tables are `tables`: the table's name and its own, as in the database.
pub fn columns_in_use(tables: &Tables) -> Vec<(&str, &str)> {
    let columns = |model: &TableModel| {
        let table = tables.table_name(model.name);
        let own = model.columns;
        let own = own
            .iter()
            .map(|column| tables.column_name(model.name, column.name));
        let additional = tables.additional(model.name).iter();
        let additional = additional.map(|column| column.column.as_str());
        let all = own.chain(additional).map(|column| (table, column));
        all.collect::<Vec<_>>()
    };
    CORE.iter().flat_map(columns).collect()
}
