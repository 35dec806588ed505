//! `logs`: of the auth server, of the migration, or of a managed database.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use authbackend_crds::v1alpha1::AuthBackend;
use authbackend_operator::build::postgres::stateful_set;
use authbackend_operator::build::{deployment, job};
use authbackend_operator::labels::{Component, selector_text};
use authbackend_operator::reconcile::plan::pods::{has_ended, has_started};
use futures::{AsyncBufReadExt as _, StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::LogParams;
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, ResourceExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::args;
use crate::cluster::Cluster;
use crate::output::Screen;
use crate::problem::Problem;

/// Label by which the job controller marks the pods of a Job.
const JOB_NAME: &str = "batch.kubernetes.io/job-name";

/// Lines that wait to be printed, so that a pod that logs fast does not fill the memory.
const QUEUE: usize = 256;

/// Time between two looks at whether a Job has ended.
const JOB_LOOK: Duration = Duration::from_secs(1);

/// Whose logs.
struct Source {
    selector: String,
    container: &'static str,
    /// The Job that the pods belong to, with whose end nothing follows.
    job: Option<String>,
}

/// Prints the logs that `options` ask for.
pub(crate) async fn run(
    cluster: &Cluster,
    options: &args::Logs,
    screen: &mut Screen<'_>,
) -> Result<(), Problem> {
    let auth_backend = cluster.auth_backend(&options.name).await?;
    let source = source(&auth_backend, options)?;
    let pods = cluster.pods(&source.selector).await?;
    let params = LogParams {
        container: Some(source.container.to_owned()),
        follow: options.follow,
        previous: options.previous,
        since_seconds: options.since,
        tail_lines: options.tail,
        timestamps: options.timestamps,
        ..LogParams::default()
    };
    if options.follow {
        return follow(cluster, &source, params, screen).await;
    }
    let started: Vec<&Pod> = pods.iter().filter(|pod| has_started(pod)).collect();
    if started.is_empty() {
        return Err(nothing(&options.name, &cluster.namespace, pods.len()));
    }
    for pod in &started {
        let name = pod.name_any();
        let text = cluster.api::<Pod>().logs(&name, &params).await;
        let text = text.map_err(|error| Problem::of(error, &cluster.namespace))?;
        for line in text.lines() {
            screen.line(&prefixed(&name, line, started.len() > 1))?;
        }
    }
    Ok(())
}

fn source(auth_backend: &AuthBackend, options: &args::Logs) -> Result<Source, Problem> {
    let name = auth_backend.name_any();
    if options.database {
        if auth_backend.spec.database.managed.is_none() {
            return Err(Problem::State(format!(
                "the database of {name} is not run by the operator (spec.database.managed): its logs are elsewhere"
            )));
        }
        return Ok(Source {
            selector: selector_text(&name, Component::Postgres),
            container: stateful_set::CONTAINER,
            job: None,
        });
    }
    if !options.migration {
        return Ok(Source {
            selector: selector_text(&name, Component::Server),
            container: deployment::CONTAINER,
            job: None,
        });
    }
    let migration = auth_backend
        .status
        .as_ref()
        .and_then(|status| status.migration.as_ref());
    let job = migration
        .map(|migration| migration.job.clone())
        .filter(|job| !job.is_empty());
    let job = job.ok_or_else(|| Problem::State(format!("no migration of {name} has begun yet")))?;
    Ok(Source {
        selector: format!("{JOB_NAME}={job}"),
        container: job::CONTAINER,
        job: Some(job),
    })
}

fn nothing(name: &str, namespace: &str, pods: usize) -> Problem {
    let what = if pods == 0 {
        "there are no pods; those of a migration are kept for a day"
    } else {
        "no container has started yet"
    };
    Problem::State(format!(
        "{what}\nSee why: kubectl authbackend status {name} -n {namespace}"
    ))
}

/// A line with its pod's name, where there are several.
fn prefixed(pod: &str, line: &str, several: bool) -> String {
    if several {
        format!("{pod} {line}")
    } else {
        line.to_owned()
    }
}

/// Prints what is logged, also by pods that start later, until interrupted or until the Job has ended.
async fn follow(
    cluster: &Cluster,
    source: &Source,
    params: LogParams,
    screen: &mut Screen<'_>,
) -> Result<(), Problem> {
    let (sender, mut lines) = mpsc::channel(QUEUE);
    let mut follower = Follower {
        pods: cluster.api(),
        params,
        followed: BTreeSet::new(),
        streams: JoinSet::new(),
        sender,
    };
    let selected = watcher::Config::default().labels(&source.selector);
    let changes = watcher(cluster.api::<Pod>(), selected)
        .default_backoff()
        .applied_objects();
    let mut changes = pin!(changes);
    let mut ended = pin!(job_ended(cluster, source.job.as_deref()));
    let mut is_last = false;
    loop {
        tokio::select! {
            // What was logged is printed before the end is looked at.
            biased;
            Some((pod, line)) = lines.recv() => {
                screen.line(&prefixed(&pod, &line, follower.followed.len() > 1))?;
            }
            Some(_) = follower.streams.join_next() => {}
            Some(change) = changes.next(), if !is_last => match change {
                Ok(pod) => follower.start(&pod),
                // A watch that cannot begin will not do so later: the right is missing, or the credentials are.
                Err(watcher::Error::InitialListFailed(error)) => {
                    return Err(Problem::of(error, &cluster.namespace));
                }
                Err(_) => {}
            },
            () = &mut ended, if !is_last => {
                is_last = true;
                for pod in cluster.pods(&source.selector).await? {
                    follower.start(&pod);
                }
            }
            else => return Ok(()),
        }
        if is_last && follower.streams.is_empty() && lines.is_empty() {
            return Ok(());
        }
    }
}

/// Returns when the Job has ended; never where there is none.
async fn job_ended(cluster: &Cluster, name: Option<&str>) {
    let Some(name) = name else {
        return std::future::pending().await;
    };
    let jobs: Api<Job> = cluster.api();
    loop {
        match jobs.get_opt(name).await {
            Ok(None) => return,
            Ok(Some(job)) if has_finished(&job) => return,
            Ok(Some(_)) | Err(_) => tokio::time::sleep(JOB_LOOK).await,
        }
    }
}

fn has_finished(job: &Job) -> bool {
    let conditions = job
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    conditions.into_iter().flatten().any(|condition| {
        matches!(condition.type_.as_str(), "Complete" | "Failed") && condition.status == "True"
    })
}

/// Reads the logs of pods, each once.
struct Follower {
    pods: Api<Pod>,
    params: LogParams,
    followed: BTreeSet<String>,
    streams: JoinSet<()>,
    sender: mpsc::Sender<(String, String)>,
}

impl Follower {
    fn start(&mut self, pod: &Pod) {
        let name = pod.name_any();
        if !has_started(pod) || !self.followed.insert(name.clone()) {
            return;
        }
        let (pods, sender) = (self.pods.clone(), self.sender.clone());
        let params = LogParams {
            follow: !has_ended(pod),
            ..self.params.clone()
        };
        self.streams.spawn(async move {
            let lines = async {
                let mut lines = pods.log_stream(&name, &params).await?.lines();
                while let Some(line) = lines.try_next().await.map_err(kube::Error::ReadEvents)? {
                    if sender.send((name.clone(), line)).await.is_err() {
                        break;
                    }
                }
                Ok::<_, kube::Error>(())
            };
            if let Err(error) = lines.await {
                let line = format!("(its log ends here: {error})");
                let _ = sender.send((name.clone(), line)).await;
            }
        });
    }
}
