//! Which migrations the database has, and whether that is enough for this version of the server.

use sqlx::PgConnection;

use crate::migrate::REQUIRED_VERSION;

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
}

impl Schema {
    /// Asks the database.
    pub async fn read(connection: &mut PgConnection) -> sqlx::Result<Self> {
        let version = applied_version(connection).await?.unwrap_or(0);
        Ok(if version >= REQUIRED_VERSION {
            Self::Ready { version }
        } else {
            Self::TooOld { version }
        })
    }
}

/// The newest migration applied, if any migrator has ever been here.
async fn applied_version(connection: &mut PgConnection) -> sqlx::Result<Option<i64>> {
    let known: bool = sqlx::query_scalar("SELECT to_regclass('authbackend_migration') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !known {
        return Ok(None);
    }
    sqlx::query_scalar(
        r#"SELECT max(version) FROM authbackend_migration WHERE "appliedAt" IS NOT NULL"#,
    )
    .fetch_one(connection)
    .await
}
