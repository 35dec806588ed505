//! What the tests stand on: databases made from a template, the server in this process or as its own, a plain HTTP
//! client, a mail relay and a receiver of webhooks.

pub(crate) mod database;
pub(crate) mod http;
pub(crate) mod oidc;
pub(crate) mod pgbouncer;
pub(crate) mod post;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod receiver;
pub(crate) mod redis;
pub(crate) mod relay;
pub(crate) mod server;
pub(crate) mod service;

use std::time::Duration;

use tokio::time::{Instant, sleep};

pub(crate) use database::TestDatabase;
pub(crate) use process::{Exit, Process};
pub(crate) use server::TestServer;

/// A signing secret that nothing outside the tests uses.
pub(crate) const SECRET: &str = "a-signing-secret-of-the-tests-0123456789";

/// Waits until `condition` holds; fails with `what` after ten seconds.
pub(crate) async fn eventually<F>(what: &str, mut condition: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition().await {
        assert!(Instant::now() < deadline, "{what}: not within ten seconds");
        sleep(Duration::from_millis(20)).await;
    }
}
