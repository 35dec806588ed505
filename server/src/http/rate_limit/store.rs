//! Counts in the database, for all replicas together.

use sqlx::Row as _;

use super::{Decision, Rule};
use crate::db::Conn;

/// Counts a request at `now`, in milliseconds since the Unix epoch: in one statement, so that of requests at once no
/// two read the same count. `id` is the id of a new row, none where the database counts ids.
pub(super) async fn count(
    db: &mut Conn,
    id: Option<String>,
    key: &str,
    rule: Rule,
    now: i64,
) -> sqlx::Result<Decision> {
    // A row that may not change comes back from no INSERT: `hit` is empty then. `abs`, for a clock that was set
    // back must not keep a client out for longer than the window.
    const SQL: &str = "
        WITH hit AS (
            INSERT INTO {rateLimit} AS r
                ({rateLimit.id}, {rateLimit.key}, {rateLimit.count}, {rateLimit.lastRequest})
            VALUES ({rateLimit.newId:$1}, $2, 1, $3)
            ON CONFLICT ({rateLimit.key}) DO UPDATE SET
                {rateLimit.count} =
                    CASE WHEN abs($3 - r.{rateLimit.lastRequest}) >= $4 THEN 1 ELSE r.{rateLimit.count} + 1 END,
                {rateLimit.lastRequest} = $3
            WHERE abs($3 - r.{rateLimit.lastRequest}) >= $4 OR r.{rateLimit.count} < $5
            RETURNING 1)
        SELECT EXISTS (SELECT FROM hit),
               (SELECT {rateLimit.lastRequest}::bigint FROM {rateLimit} WHERE {rateLimit.key} = $2)";
    let query = sqlx::query(db.sql(SQL))
        .bind(id)
        .bind(key)
        .bind(now)
        .bind(rule.milliseconds())
        .bind(i64::from(rule.max));
    let row = query.fetch_one(&mut **db).await?;
    if row.try_get(0)? {
        return Ok(Decision::Allowed);
    }
    // None where others made the row and used it up in the meantime.
    let last: Option<i64> = row.try_get(1)?;
    Ok(Decision::Refused(
        last.unwrap_or(now) + rule.milliseconds() - now,
    ))
}

/// Removes rows whose last request came before `before`. Returns how many.
pub(super) async fn prune(db: &mut Conn, before: i64) -> sqlx::Result<u64> {
    const SQL: &str = "
        DELETE FROM {rateLimit} WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM {rateLimit} WHERE {rateLimit.lastRequest} < $1 FOR UPDATE SKIP LOCKED))";
    let query = sqlx::query(db.sql(SQL)).bind(before);
    Ok(query.execute(&mut **db).await?.rows_affected())
}
