//! Accounts in the database.

use sqlx::{PgConnection, Row as _, postgres::PgRow};
use time::OffsetDateTime;

use super::Credential;
use crate::identity::user::{self, User, store::user_columns};

/// The user with the address `email`, in lower case, and the account that holds their password.
pub async fn credential_by_email(
    db: &mut PgConnection,
    email: &str,
) -> sqlx::Result<Option<(User, Option<Credential>)>> {
    const SQL: &str = concat!(
        "SELECT a.id, a.password, ",
        user_columns!(),
        r#" FROM "user" u
        LEFT JOIN account a
            ON a."userId" = u.id AND a."providerId" = 'credential' AND a."accountId" = u.id
        WHERE u.email = $1
        LIMIT 1"#
    );
    let row = sqlx::query(SQL).bind(email).fetch_optional(db).await?;
    row.map(|row| Ok((user::store::read(&row, 2)?, read(&row)?)))
        .transpose()
}

/// The account that holds the password of the user `user_id`.
pub async fn credential_of(
    db: &mut PgConnection,
    user_id: &str,
) -> sqlx::Result<Option<Credential>> {
    const SQL: &str = r#"
        SELECT id, password FROM account
        WHERE "userId" = $1 AND "providerId" = 'credential' AND "accountId" = $1
        LIMIT 1"#;
    let row = sqlx::query(SQL).bind(user_id).fetch_optional(db).await?;
    row.map_or(Ok(None), |row| read(&row))
}

fn read(row: &PgRow) -> sqlx::Result<Option<Credential>> {
    let id: Option<String> = row.try_get(0)?;
    let password: Option<String> = row.try_get(1)?;
    let password = password.filter(|hash| !hash.is_empty());
    Ok(id.map(|id| Credential { id, password }))
}

/// Sets the password hash of the account `id`.
pub async fn set_password(
    db: &mut PgConnection,
    id: &str,
    hash: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    const SQL: &str = r#"UPDATE account SET password = $2, "updatedAt" = $3 WHERE id = $1"#;
    sqlx::query(SQL)
        .bind(id)
        .bind(hash)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Replaces the password hash of the account `id`, unless the password has been changed since `old` was read.
pub async fn replace_hash(
    db: &mut PgConnection,
    id: &str,
    old: &str,
    new: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    const SQL: &str = r#"
        UPDATE account SET password = $3, "updatedAt" = $4 WHERE id = $1 AND password = $2"#;
    sqlx::query(SQL)
        .bind(id)
        .bind(old)
        .bind(new)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}
