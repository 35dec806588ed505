//! What a server does besides answering requests.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    config::Secrets,
    db::{DbError, Listener},
    identity::account,
    metrics::Metrics,
};

/// How often the files of the signing secrets are looked at.
const SECRETS_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How long after a failure the table of accounts is looked at again.
const HASHES_PAUSE: Duration = Duration::from_secs(10);

/// What requests need not wait for.
pub(super) async fn do_chores(app: Arc<App>, metrics: Metrics, ending: CancellationToken) {
    let discovery = discover_services(Arc::clone(&app), ending.clone());
    let memory = keep_sessions_true(Arc::clone(&app), metrics, ending.clone());
    let secondary = follow_secondary(Arc::clone(&app), ending.clone());
    let hashes = know_hashes(Arc::clone(&app), ending.clone());
    let rate_limits = prune_rate_limits(app, ending);
    tokio::join!(discovery, memory, secondary, hashes, rate_limits);
}

/// Finds out which kinds of hashes are stored, once: a wrong password takes one of each.
async fn know_hashes(app: Arc<App>, ending: CancellationToken) {
    let look = async || {
        let mut db = app.db.get().await?;
        Ok::<_, DbError>(account::store::kinds_of_hashes(&mut db).await?)
    };
    let learn = async {
        loop {
            match look().await {
                Ok(stored) => return app.hasher.know(&stored),
                Err(error) => {
                    tracing::debug!(%error, "the hashes of passwords cannot be looked at");
                }
            }
            sleep(HASHES_PAUSE).await;
        }
    };
    ending.run_until_cancelled(learn).await;
}

/// Hears of changes of sessions that are in memory, if the settings want any there.
async fn keep_sessions_true(app: Arc<App>, metrics: Metrics, ending: CancellationToken) {
    let Some(memory) = &app.session_memory else {
        return;
    };
    let gauges = metrics.session_memory.channel;
    let listener = Listener::new(&app.db, app.db.changes(), &app.random, gauges);
    let now = || app.clock.now();
    tokio::join!(listener.run(ending.clone()), memory.keep_tidy(now, ending));
}

/// Uses other credentials for the secondary storage when their files change.
async fn follow_secondary(app: Arc<App>, ending: CancellationToken) {
    if let Some(secondary) = &app.secondary {
        secondary.follow_secrets(ending).await;
    }
}

/// Reads the discovery documents of services, while requests are served already.
async fn discover_services(app: Arc<App>, ending: CancellationToken) {
    let now = app.clock.now();
    let discovery = app.providers.discover_all(&app.outbound, now);
    ending.run_until_cancelled(discovery).await;
}

/// Reads the signing secrets again when their files change; what cannot be used is told once per change.
pub(super) async fn follow_secrets(secrets: Secrets, stop: CancellationToken) {
    let mut ticks = interval(SECRETS_POLL_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = Vec::new();
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match secrets.refresh() {
            Ok(changed) => {
                if changed {
                    tracing::info!(count = secrets.current().len(), "signing secrets replaced");
                }
                told.clear();
            }
            Err(problems) if problems == told => {}
            Err(problems) => {
                for problem in &problems {
                    tracing::warn!(%problem, "new signing secrets cannot be used, the old ones stay in force");
                }
                told = problems;
            }
        }
    }
}

async fn prune_rate_limits(app: Arc<App>, stop: CancellationToken) {
    if let Some(limiter) = &app.rate_limiter {
        limiter.prune(&app, &stop).await;
    }
}
