//! Passwords of accounts. Whoever changes one locks its user first, and whoever lets somebody in by one does too: what
//! was checked before has to hold still.

use time::OffsetDateTime;

use super::{add, credential_of};
use crate::{
    db::Conn,
    identity::account::{CREDENTIAL, NewAccount, Proof},
};

/// Whether the account `id` has the password hash `hash`.
pub async fn has_password(db: &mut Conn, id: &str, hash: &str) -> sqlx::Result<bool> {
    const SQL: &str = "
        SELECT EXISTS (SELECT FROM {account} WHERE {account.id} = $1::{id} AND {account.password} = $2)";
    let query = sqlx::query_scalar(db.sql(SQL)).bind(id).bind(hash);
    query.fetch_one(&mut **db).await
}

/// Replaces the password hash of the account `id`. False if it is another one than `old` by now.
pub async fn replace_password(
    db: &mut Conn,
    id: &str,
    old: &str,
    new: &str,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    const SQL: &str = "
        UPDATE {account} SET {account.password} = $3, {account.updatedAt} = $4
        WHERE {account.id} = $1::{id} AND {account.password} = $2";
    let query = sqlx::query(db.sql(SQL))
        .bind(id)
        .bind(old)
        .bind(new)
        .bind(now);
    let done = query.execute(&mut **db).await?;
    Ok(done.rows_affected() > 0)
}

/// Whether `proof` still holds; puts what replaces an outdated hash in its place. To be called while the user is locked.
pub async fn confirm(db: &mut Conn, proof: &Proof, now: OffsetDateTime) -> sqlx::Result<bool> {
    let Proof {
        account_id,
        hash,
        replacement,
    } = proof;
    match replacement {
        Some(new) => replace_password(db, account_id, hash, new, now).await,
        None => has_password(db, account_id, hash).await,
    }
}

/// Sets the password hash of the user `user_id`, whose account for it is added as `id` if there is none. To be called
/// while the user is locked: two calls at once would add two accounts.
pub async fn reset_password(
    db: &mut Conn,
    user_id: &str,
    id: Option<String>,
    hash: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    const SQL: &str = "
        UPDATE {account} SET {account.password} = $2, {account.updatedAt} = $3 WHERE {account.id} = $1::{id}";
    if let Some(account) = credential_of(db, user_id).await? {
        let query = sqlx::query(db.sql(SQL)).bind(account.id).bind(hash);
        query.bind(now).execute(&mut **db).await?;
        return Ok(());
    }
    let account = NewAccount {
        id,
        provider_id: CREDENTIAL.to_owned(),
        user_id: user_id.to_owned(),
        password: Some(hash.to_owned()),
        ..NewAccount::default()
    };
    add(db, &account, now).await.map(|_| ())
}

/// A hash of each kind that is stored. Reads the whole table.
pub async fn kinds_of_hashes(db: &mut Conn) -> sqlx::Result<Vec<String>> {
    // What comes before the salt says how a hash was made; better-auth's have nothing there.
    const SQL: &str = "
        SELECT min({account.password}) FROM {account}
        WHERE starts_with({account.password}, '$argon2') 
            OR {account.password} <> '' AND NOT starts_with({account.password}, '$')
        GROUP BY CASE WHEN starts_with({account.password}, '$')
            THEN split_part({account.password}, '$', 2) || split_part({account.password}, '$', 3)
                || split_part({account.password}, '$', 4) END";
    sqlx::query_scalar(db.sql(SQL)).fetch_all(&mut **db).await
}
