//! Keys in the database.

use sqlx::{Row as _, postgres::PgRow};
use time::OffsetDateTime;

use crate::db::Conn;

/// A key as it is stored.
#[derive(Clone, PartialEq)]
pub(super) struct StoredKey {
    /// The id, by which tokens refer to the key.
    pub(super) id: String,
    /// The public key as JSON.
    pub(super) public_key: String,
    /// The private key as JSON, or a JSON text with its encrypted form.
    pub(super) private_key: String,
    /// When the key was made.
    pub(super) created_at: OffsetDateTime,
    /// When another key takes over.
    pub(super) expires_at: Option<OffsetDateTime>,
    /// The algorithm; older better-auth servers stored none.
    pub(super) algorithm: Option<String>,
    /// The curve.
    pub(super) curve: Option<String>,
}

impl StoredKey {
    /// Whether the key still signs.
    pub(super) fn is_live(&self, now: OffsetDateTime) -> bool {
        self.expires_at.is_none_or(|expires_at| expires_at > now)
    }
}

fn read(row: &PgRow) -> sqlx::Result<StoredKey> {
    Ok(StoredKey {
        id: row.try_get(0)?,
        public_key: row.try_get(1)?,
        private_key: row.try_get(2)?,
        created_at: row.try_get(3)?,
        expires_at: row.try_get(4)?,
        algorithm: row.try_get(5)?,
        curve: row.try_get(6)?,
    })
}

/// Every key, the newest first.
pub(super) async fn all(db: &mut Conn) -> sqlx::Result<Vec<StoredKey>> {
    const SQL: &str = "
        SELECT {jwks.id}::text, {jwks.publicKey}, {jwks.privateKey}, {jwks.createdAt}, {jwks.expiresAt},
            {jwks.alg}, {jwks.crv}
        FROM {jwks} ORDER BY {jwks.createdAt} DESC, {jwks.id}";
    let rows = sqlx::query(db.sql(SQL)).fetch_all(&mut **db).await?;
    rows.iter().map(read).collect()
}

/// Adds `key` unless another process has added one that `is_enough` in the meantime. Returns every key, the newest
/// first. `id` is none where the database counts ids.
pub(super) async fn add(
    db: &mut Conn,
    id: Option<&str>,
    key: &StoredKey,
    is_enough: impl Fn(&[StoredKey]) -> bool + Send,
) -> sqlx::Result<Vec<StoredKey>> {
    const LOCK: &str = "LOCK TABLE {jwks} IN SHARE ROW EXCLUSIVE MODE";
    const INSERT: &str = "
        INSERT INTO {jwks}
            ({jwks.id}, {jwks.publicKey}, {jwks.privateKey}, {jwks.createdAt}, {jwks.expiresAt}, {jwks.alg},
             {jwks.crv})
        VALUES ({jwks.newId:$1}, $2, $3, $4, $5, $6, $7)";
    db.begin().await?;
    sqlx::query(db.sql(LOCK)).execute(&mut **db).await?;
    let mut keys = all(db).await?;
    if !is_enough(&keys) {
        let query = sqlx::query(db.sql(INSERT))
            .bind(id)
            .bind(&key.public_key)
            .bind(&key.private_key)
            .bind(key.created_at)
            .bind(key.expires_at)
            .bind(&key.algorithm)
            .bind(&key.curve);
        query.execute(&mut **db).await?;
        keys = all(db).await?;
    }
    db.commit().await?;
    Ok(keys)
}
