//! Leader election: of all replicas only the holder of a Lease works.
//!
//! Written here because the crate that fits this version of the client renews without a precondition and without a
//! deadline, so that two processes can both believe to lead. The rules are those of client-go:
//!
//! - Every write of the Lease carries the resource version that was read: of two candidates one gets a conflict.
//! - A candidate takes over when the record has not changed for the duration that it promises, measured on the
//!   candidate's own monotonic clock since it saw the last change. No two clocks are ever compared.
//! - The holder stops when it could not renew for [`Timing::renew_deadline`], which is shorter than the duration. From
//!   that moment the [`Fence`] refuses its writes, even if the process was frozen in between; and a write in flight
//!   ends within [`crate::client::WRITE_TIMEOUT`], before another process can have taken over.

use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client, ResourceExt as _};

use crate::fence::Fence;
use record::{Record, Verdict};

mod record;

/// Durations of the election.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How long a record that does not change keeps others away; whole seconds.
    pub duration: Duration,
    /// How long the holder works without having renewed. With [`crate::client::WRITE_TIMEOUT`] at most `duration`.
    pub renew_deadline: Duration,
    /// Time between two tries, to renew or to take over.
    pub retry: Duration,
}

impl Default for Timing {
    /// The defaults of client-go: a leader that dies is replaced within 17 s.
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry: Duration::from_secs(2),
        }
    }
}

/// The lease was lost: this process must not work any longer.
#[derive(Debug, thiserror::Error)]
#[error("the leader lease was lost: {reason}")]
pub struct Lost {
    reason: &'static str,
}

/// A candidate in the election.
#[derive(Debug)]
pub struct Candidate {
    api: Api<Lease>,
    name: String,
    identity: String,
    timing: Timing,
    fence: Fence,
}

/// The office: this process leads. The fence is open.
#[derive(Debug)]
pub struct Term {
    lease: Lease,
    renewed: Instant,
}

impl Candidate {
    /// A candidate named `identity` for the Lease `name`. `client` must be one that the fence does not stop.
    pub fn new(
        client: Client,
        (namespace, name): (&str, &str),
        identity: &str,
        timing: Timing,
        fence: Fence,
    ) -> Self {
        Self {
            api: Api::namespaced(client, namespace),
            name: name.to_owned(),
            identity: identity.to_owned(),
            timing,
            fence,
        }
    }

    /// Waits until this process leads.
    pub async fn acquire(&self) -> Term {
        let mut record = Record::default();
        loop {
            match self.try_acquire(&mut record).await {
                Ok(Some(term)) => {
                    self.fence
                        .open_until(term.renewed + self.timing.renew_deadline);
                    return term;
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(lease = self.name, %error, "cannot take the leader lease");
                }
            }
            tokio::time::sleep(self.timing.retry).await;
        }
    }

    /// Renews `term` until that fails; meanwhile the fence is open. Never returns while this process leads.
    pub async fn keep(&self, term: &mut Term) -> Lost {
        let lost = loop {
            tokio::time::sleep(self.timing.retry).await;
            let deadline = term.renewed + self.timing.renew_deadline;
            if Instant::now() >= deadline {
                break Lost {
                    reason: "it could not be renewed in time",
                };
            }
            match tokio::time::timeout_at(deadline.into(), self.renew(term)).await {
                Ok(Ok(())) => {
                    self.fence
                        .open_until(term.renewed + self.timing.renew_deadline);
                }
                Ok(Err(RenewError::Taken)) => {
                    break Lost {
                        reason: "another process holds it",
                    };
                }
                Ok(Err(RenewError::Request(error))) => {
                    tracing::warn!(lease = self.name, %error, "cannot renew the leader lease");
                }
                // The deadline has passed, which the next turn finds.
                Err(_elapsed) => {}
            }
        };
        self.fence.close();
        lost
    }

    /// Gives the lease back, so that another process need not wait until it expires.
    pub async fn release(&self, term: Term) {
        self.fence.close();
        let mut lease = term.lease;
        let spec = lease.spec.get_or_insert_default();
        spec.holder_identity = Some(String::new());
        spec.lease_duration_seconds = Some(1);
        spec.renew_time = Some(MicroTime(Timestamp::now()));
        let params = PostParams::default();
        let released = self.api.replace(&self.name, &params, &lease);
        match tokio::time::timeout(self.timing.retry, released).await {
            Ok(Ok(_)) => tracing::info!(lease = self.name, "released the leader lease"),
            Ok(Err(error)) => {
                tracing::warn!(lease = self.name, %error, "cannot release the leader lease");
            }
            Err(_elapsed) => {
                tracing::warn!(lease = self.name, "cannot release the leader lease in time");
            }
        }
    }

    async fn try_acquire(&self, record: &mut Record) -> kube::Result<Option<Term>> {
        // Taken before the request: the term never counts from later than what the server recorded.
        let asked = Instant::now();
        let Some(lease) = self.api.get_opt(&self.name).await? else {
            let lease = self
                .api
                .create(&PostParams::default(), &self.new_lease())
                .await;
            return won(lease, asked);
        };
        match record.judge(&lease, &self.identity, Instant::now()) {
            Verdict::Held => Ok(None),
            Verdict::Free { taken_over } => {
                let lease = self.claim(lease, taken_over);
                let asked = Instant::now();
                won(
                    self.api
                        .replace(&self.name, &PostParams::default(), &lease)
                        .await,
                    asked,
                )
            }
        }
    }

    async fn renew(&self, term: &mut Term) -> Result<(), RenewError> {
        let asked = Instant::now();
        let mut lease = term.lease.clone();
        lease.spec.get_or_insert_default().renew_time = Some(MicroTime(Timestamp::now()));
        match self
            .api
            .replace(&self.name, &PostParams::default(), &lease)
            .await
        {
            Ok(lease) => {
                *term = Term {
                    lease,
                    renewed: asked,
                };
                Ok(())
            }
            Err(kube::Error::Api(status)) if status.is_conflict() => {
                // Somebody wrote it. Only if we still hold it (an annotation was added, or an earlier renewal of ours
                // arrived without its answer) is the next try made on what is there now.
                let lease = self.api.get(&self.name).await?;
                if record::holder(&lease) != Some(self.identity.as_str()) {
                    return Err(RenewError::Taken);
                }
                term.lease = lease;
                Ok(self.renew_again(term).await?)
            }
            Err(kube::Error::Api(status)) if status.is_not_found() => Err(RenewError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    async fn renew_again(&self, term: &mut Term) -> kube::Result<()> {
        let asked = Instant::now();
        let mut lease = term.lease.clone();
        lease.spec.get_or_insert_default().renew_time = Some(MicroTime(Timestamp::now()));
        let lease = self
            .api
            .replace(&self.name, &PostParams::default(), &lease)
            .await?;
        *term = Term {
            lease,
            renewed: asked,
        };
        Ok(())
    }

    fn new_lease(&self) -> Lease {
        let lease = Lease {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                ..ObjectMeta::default()
            },
            spec: None,
        };
        self.claim(lease, true)
    }

    fn claim(&self, mut lease: Lease, taken_over: bool) -> Lease {
        let now = MicroTime(Timestamp::now());
        let old = lease.spec.take().unwrap_or_default();
        let transitions = old
            .lease_transitions
            .map_or(0, |n| n + i32::from(taken_over));
        tracing::info!(
            lease = lease.name_any(),
            transitions,
            "taking the leader lease"
        );
        lease.spec = Some(LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            acquire_time: if taken_over {
                Some(now.clone())
            } else {
                old.acquire_time
            },
            renew_time: Some(now),
            lease_duration_seconds: i32::try_from(self.timing.duration.as_secs()).ok(),
            lease_transitions: Some(transitions),
            ..old
        });
        lease
    }
}

#[derive(Debug, thiserror::Error)]
enum RenewError {
    #[error("another process holds it")]
    Taken,
    #[error(transparent)]
    Request(#[from] kube::Error),
}

/// A conflict means that another candidate was faster: no term, and nothing is wrong.
fn won(lease: kube::Result<Lease>, asked: Instant) -> kube::Result<Option<Term>> {
    match lease {
        Ok(lease) => Ok(Some(Term {
            lease,
            renewed: asked,
        })),
        Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
