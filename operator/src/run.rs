//! The process: admin port, leader election, controllers, shutdown.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use kube::Client;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::announcements::Announcements;
use crate::args::RunArgs;
use crate::backoff::Backoff;
use crate::claims::Claims;
use crate::client::guarded;
use crate::config::OperatorConfig;
use crate::context::Context;
use crate::controller;
use crate::events::Publisher;
use crate::fence::Fence;
use crate::health::{self, Health, Phase};
use crate::lease::{Candidate, Timing};
use crate::metrics::Metrics;
use crate::optional::discovery::Discovery;
use crate::presence::Presence;

/// Longest time for reconciles that have begun to finish after a signal. The pod's grace period is 30 s.
const DRAIN: Duration = Duration::from_secs(20);

/// One replica of the operator.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Settings of the installation.
    pub config: OperatorConfig,
    /// Namespaces to watch; empty: all.
    pub namespaces: Vec<String>,
    /// Name of this process in the lease and in events.
    pub identity: String,
    /// Namespace of the lease.
    pub namespace: String,
    /// Name of the lease. Those who share it work one at a time.
    pub lease: String,
    /// The election; `None` where this is the only replica.
    pub election: Option<Timing>,
    /// How far the process is.
    pub health: Health,
    /// Counters.
    pub metrics: Metrics,
}

/// Runs the operator until SIGTERM or SIGINT.
pub async fn until_signal(args: RunArgs) -> anyhow::Result<()> {
    let operator = Operator {
        namespaces: args.namespaces(),
        config: OperatorConfig {
            image_pull_secrets: args.image_pull_secrets(),
            server_image: args.server_image,
            postgres_image: args.postgres_image,
            assigned_user_ids: args.assigned_user_ids,
        },
        identity: args.pod_name,
        namespace: args.pod_namespace,
        lease: args.lease_name,
        election: args.leader_election.then(Timing::default),
        health: Health::default(),
        metrics: Metrics::default(),
    };
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    let address = args.admin_listen_addr;
    let listener = health::listen(address)
        .await
        .with_context(|| format!("ADMIN_LISTEN_ADDR {address} cannot be listened on"))?;
    tokio::spawn(health::serve(
        listener,
        operator.health.clone(),
        operator.metrics.clone(),
    ));
    let client = Client::try_default()
        .await
        .context("no way to the API server: neither a service account nor a kubeconfig")?;
    operator.run(client, shutdown).await
}

impl Operator {
    /// Runs until `shutdown`, or until the lease is lost, which is an error: the process must end, because what it
    /// knows is out of date.
    pub async fn run(self, client: Client, shutdown: CancellationToken) -> anyhow::Result<()> {
        let Some(timing) = self.election else {
            let client = guarded(client, Fence::open(), self.metrics.clone());
            return self.lead(client, shutdown).await;
        };
        let fence = Fence::closed();
        let lease = (self.namespace.as_str(), self.lease.as_str());
        let candidate =
            Candidate::new(client.clone(), lease, &self.identity, timing, fence.clone());
        self.health.enter(Phase::Standby);
        let Some(mut term) = unless(&shutdown, candidate.acquire()).await else {
            return Ok(());
        };
        let client = guarded(client, fence, self.metrics.clone());
        let result = tokio::select! {
            lost = candidate.keep(&mut term) => {
                self.metrics.set_leader(false);
                return Err(lost.into());
            }
            result = self.lead(client, shutdown) => result,
        };
        // Where a reconcile was cut short, its last write may still be on its way: then others wait until the lease expires.
        if result.is_ok() {
            candidate.release(term).await;
        }
        result
    }

    /// Works until `shutdown`. A standby watches nothing: it costs the API server one read of the lease every two
    /// seconds, and lists everything when it takes over.
    async fn lead(&self, client: Client, shutdown: CancellationToken) -> anyhow::Result<()> {
        self.health.enter(Phase::Syncing);
        self.metrics.set_leader(true);
        let Some(discovery) = unless(&shutdown, Discovery::start(client.clone())).await else {
            return Ok(());
        };
        let optional_apis = discovery.served();
        let presence = Presence::default();
        let backoff = Backoff::default();
        let (controllers, auth_backends) = controller::controllers(
            &client,
            &self.namespaces,
            &optional_apis,
            &presence,
            &self.metrics,
            &backoff,
        );
        let context = Arc::new(Context {
            events: Publisher::new(client.clone(), &self.identity, self.metrics.clone()),
            client,
            config: self.config.clone(),
            claims: Claims::new(auth_backends.clone()),
            auth_backends: auth_backends.clone(),
            turns: Semaphore::new(controller::CONCURRENCY.into()),
            presence,
            optional_apis,
            backoff,
            announcements: Announcements::default(),
            metrics: self.metrics.clone(),
        });
        let synced = async {
            auth_backends.settle().await;
            self.health.enter(Phase::Leading);
            std::future::pending::<()>().await;
        };
        let drained = async {
            shutdown.cancelled().await;
            self.health.enter(Phase::Stopping);
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            () = controller::run(controllers, context, shutdown.clone()) => {}
            () = synced => {}
            () = discovery.run() => {}
            () = drained => anyhow::bail!("reconciles did not end in time"),
        }
        self.health.enter(Phase::Stopping);
        self.metrics.set_leader(false);
        anyhow::ensure!(shutdown.is_cancelled(), "the watches ended");
        Ok(())
    }
}

/// The result of `future`, or `None` if `shutdown` comes first.
async fn unless<T>(shutdown: &CancellationToken, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        () = shutdown.cancelled() => None,
        result = future => Some(result),
    }
}
