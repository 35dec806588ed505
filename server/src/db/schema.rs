//! Which migrations the database has, and whether this version of the server can work with them.

use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::migrate::{MIN_SERVER_VERSION, REQUIRED_VERSION};

/// What the database says about its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Everything that this version needs is there.
    Ready {
        /// The newest migration applied.
        version: i64,
    },
    /// `auth-server migrate` has to run first.
    TooOld {
        /// The newest migration applied, 0 for none.
        version: i64,
    },
    /// A newer version has removed what this one uses.
    TooNew {
        /// The migration that a server has to know.
        needed: i64,
    },
}

impl Schema {
    /// Asks the database. `known` are the versions of the migrations that this server knows.
    pub async fn read(connection: &mut PgConnection, known: &[i64]) -> sqlx::Result<Self> {
        let is_migrated: bool =
            sqlx::query_scalar("SELECT to_regclass('authbackend_migration') IS NOT NULL")
                .fetch_one(&mut *connection)
                .await?;
        if !is_migrated {
            return Ok(Self::TooOld { version: 0 });
        }
        let query = format!(
            r#"SELECT coalesce(max(version) FILTER (WHERE "appliedAt" IS NOT NULL), 0) AS version,
                      coalesce(bool_or(version = $1 AND "appliedAt" IS NOT NULL), false) AS has_required,
                      max({MIN_SERVER_VERSION}) FILTER (WHERE {MIN_SERVER_VERSION} <> ALL ($2)) AS needed
               FROM authbackend_migration m"#
        );
        let row = sqlx::query(AssertSqlSafe(query))
            .bind(REQUIRED_VERSION)
            .bind(known)
            .fetch_one(connection)
            .await?;
        let version = row.try_get("version")?;
        Ok(
            match (row.try_get("needed")?, row.try_get("has_required")?) {
                (Some(needed), _) => Self::TooNew { needed },
                (None, true) => Self::Ready { version },
                (None, false) => Self::TooOld { version },
            },
        )
    }
}
