//! The retention of the audit log.

use std::time::Duration;

use authbackend_crds::auth::Audit;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::store;
use crate::{
    clock::Clock,
    db::{Db, DbError},
    outbox::Error,
};

/// How often rows that are too old are looked for.
const INTERVAL: Duration = Duration::from_mins(10);

#[derive(Debug, thiserror::Error)]
enum AuditError {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Statement(#[from] Error),
}

/// Removes rows that are older than the settings want, until `stop`. Does nothing without an audit log: rows of an
/// earlier one are left alone.
pub(crate) async fn keep_tidy(settings: Audit, db: Db, clock: Clock, stop: CancellationToken) {
    if !settings.enabled() {
        return;
    }
    let retention = time::Duration::seconds(settings.retention().into());
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let end = clock.now() - retention;
        loop {
            match remove_before(&db, end).await {
                Ok(true) if !stop.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "old rows of the audit log cannot be removed");
                    break;
                }
            }
        }
    }
}

/// Takes a connection for each batch, so that requests get theirs in between.
async fn remove_before(db: &Db, end: time::OffsetDateTime) -> Result<bool, AuditError> {
    let mut db = db.get().await?;
    Ok(store::remove_before(&mut db, end).await?)
}
