//! Replicas of the operator in the tests' own process.

use std::time::Duration;

use authbackend_operator::health::{Health, Phase};
use authbackend_operator::metrics::Metrics;
use authbackend_operator::run::Operator;
use kube::Client;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::world::PATIENCE;

/// A replica of the operator.
pub struct Replica {
    /// How far it is.
    pub health: Health,
    /// Its counters.
    pub metrics: Metrics,
    shutdown: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Replica {
    /// Starts `operator`, which reaches the API server by `client`.
    pub fn start(operator: Operator, client: Client) -> Self {
        let (health, metrics) = (operator.health.clone(), operator.metrics.clone());
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(operator.run(client, shutdown.clone()));
        Self {
            health,
            metrics,
            shutdown,
            task,
        }
    }

    /// Waits until it is in this phase.
    pub async fn reaches(&self, phase: Phase) {
        let start = std::time::Instant::now();
        while self.health.phase() != phase {
            assert!(start.elapsed() < PATIENCE, "{phase:?} is not reached");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends it as SIGTERM does.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        (&mut self.task).await.expect("it does not panic")
    }

    /// Ends it as SIGKILL does.
    pub async fn kill(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    /// Waits until it ends by itself.
    pub async fn ended(mut self) -> anyhow::Result<()> {
        tokio::time::timeout(PATIENCE, &mut self.task)
            .await
            .expect("it ends")
            .expect("it does not panic")
    }
}
