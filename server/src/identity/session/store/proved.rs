//! Sessions that begin with a password.

use sqlx::types::Json;

use crate::{
    db::Conn,
    identity::{account::Proof, session::NewSession},
};

// A password is changed while its user is locked. Both statements wait for that first; then they lock the account,
// which shows its row as it is by then and not as it was when the statement began.

const OPEN: &str = "
    WITH owner AS MATERIALIZED (
        SELECT {user.id} AS id FROM {user} WHERE {user.id} = $7::{id} FOR KEY SHARE
    ), proved AS MATERIALIZED (
        SELECT a.{account.id} FROM {account} a JOIN owner ON a.{account.userId} = owner.id
        WHERE a.{account.id} = $9::{id} AND a.{account.password} = $10
        FOR SHARE OF a
    )
    INSERT INTO {session}
        ({session.id}, {session.expiresAt}, {session.token}, {session.createdAt}, {session.updatedAt},
         {session.ipAddress}, {session.userAgent}, {session.userId}{session.+columns})
    SELECT {session.newId:$1}, $2, $3, $4, $4, $5, $6, $7::{id}{session.+values:$8} FROM proved
    RETURNING {session.id}::text";

const OPEN_AND_REPLACE: &str = "
    WITH owner AS MATERIALIZED (
        SELECT {user.id} AS id FROM {user} WHERE {user.id} = $7::{id} FOR KEY SHARE
    ), proved AS (
        UPDATE {account} a SET {account.password} = $11, {account.updatedAt} = $4 FROM owner
        WHERE a.{account.id} = $9::{id} AND a.{account.userId} = owner.id AND a.{account.password} = $10
        RETURNING a.{account.id}
    )
    INSERT INTO {session}
        ({session.id}, {session.expiresAt}, {session.token}, {session.createdAt}, {session.updatedAt},
         {session.ipAddress}, {session.userAgent}, {session.userId}{session.+columns})
    SELECT {session.newId:$1}, $2, $3, $4, $4, $5, $6, $7::{id}{session.+values:$8} FROM proved
    RETURNING {session.id}::text";

/// Adds a session, and puts what replaces an outdated hash in its place, if `proof` still holds. Returns the id of the
/// session; none if the password has been changed or the user is gone.
pub async fn open_proved(
    db: &mut Conn,
    session: &NewSession,
    proof: &Proof,
) -> sqlx::Result<Option<String>> {
    let sql = match proof.replacement {
        Some(_) => OPEN_AND_REPLACE,
        None => OPEN,
    };
    let query = sqlx::query_scalar(db.sql(sql))
        .bind(&session.id)
        .bind(session.expires_at)
        .bind(&session.token)
        .bind(session.created_at)
        .bind(&session.ip_address)
        .bind(&session.user_agent)
        .bind(&session.user_id)
        .bind(Json(&session.additional))
        .bind(&proof.account_id)
        .bind(&proof.hash);
    let query = match &proof.replacement {
        Some(new) => query.bind(new),
        None => query,
    };
    query.fetch_optional(&mut **db).await
}
