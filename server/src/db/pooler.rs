//! Tells a pooler that gives its connections away between transactions. There whatever belongs to a session, a lock, a
//! setting or a channel, would stay behind on a connection that somebody else uses: so it is looked for before any of
//! that is begun.

use std::time::Duration;

use sqlx::{PgConnection, Row as _, raw_sql};
use tokio::time::timeout;

use super::connect;
use crate::config::Target;

/// How often it is looked for: while others use the pooler, it may happen to look like the server itself.
const ROUNDS: usize = 3;

/// How long an answer may take. A pooler of which others hold every connection gives none.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether `first`, a connection to `target` that is idle, is not answered by one process of the server alone. Postgres
/// gives each connection a process of its own. Such a pooler has a second one, in a transaction, answered by the process
/// that answered the first, and the first then by another.
///
/// # Errors
/// The database refuses a question.
pub(crate) async fn is_between(first: &mut PgConnection, target: &Target) -> sqlx::Result<bool> {
    let own = process(first).await?;
    // All stay open until the end, so that each round meets another process.
    let mut others = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let mut other = match connect(target).await {
            Ok(other) => other,
            Err(error) => {
                // A role may be allowed few connections.
                tracing::debug!(%error, "cannot look for a pooler");
                return Ok(false);
            }
        };
        raw_sql("BEGIN").execute(&mut other).await?;
        let is_shared = process(&mut other).await? == own;
        others.push(other);
        let is_kept = match timeout(PATIENCE, process(first)).await {
            Ok(now) => now? == own,
            Err(_) => false,
        };
        if is_shared || !is_kept {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The process of the server that answers. Asked without a prepared statement, which old poolers lose.
async fn process(connection: &mut PgConnection) -> sqlx::Result<i32> {
    let row = raw_sql("SELECT pg_backend_pid()")
        .fetch_one(connection)
        .await?;
    row.try_get(0)
}
