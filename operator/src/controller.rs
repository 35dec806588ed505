//! Watches the cluster and reconciles what changed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use authbackend_otlp::TARGET;
use futures::stream::select_all;
use futures::{Stream, StreamExt as _};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::runtime::controller::{self, Action};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::{Controller, watcher};
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::context::{Context, Guarded, key};
use crate::failure::{Class, Failure};
use crate::metrics::Outcome;
use crate::reconcile::plan::{EventType, PlannedEvent};
use crate::reconcile::{conditions, reconcile};

mod optional_watches;
mod watches;

pub use watches::controllers;

/// Objects reconciled at the same time, of all namespaces together. A reconcile mostly waits for the API server.
pub const CONCURRENCY: u16 = 16;

/// Wait after a conflict: the cache that lagged behind has caught up by then.
const AFTER_CONFLICT: Duration = Duration::from_millis(250);

/// Why a reconcile did not succeed.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the object cannot be understood: {0}")]
    Invalid(String),
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// What a controller says of a reconcile.
type Reconciled = Result<(ObjectRef<Guarded>, Action), controller::Error<Error, watcher::Error>>;

/// Runs until `shutdown`; reconciles that have begun are finished.
pub async fn run(
    controllers: Vec<Controller<Guarded>>,
    context: Arc<Context>,
    shutdown: CancellationToken,
) {
    let runs = controllers.into_iter().map(|controller| {
        controller
            .with_config(kube::runtime::Config::default().concurrency(CONCURRENCY))
            .graceful_shutdown_on(shutdown.clone().cancelled_owned())
            .run(
                traced,
                |guarded, error, context| error_policy(&guarded, error, &context),
                Arc::clone(&context),
            )
            .boxed()
    });
    let results = select_all(runs);
    let stop = async {
        shutdown.cancelled().await;
        context.turns.close();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = take(results, &context) => {}
        () = stop => {}
    }
}

/// Takes note of the `results` of reconciles.
async fn take(mut results: impl Stream<Item = Reconciled> + Unpin, context: &Context) {
    while let Some(result) = results.next().await {
        match result {
            Ok((object, _action)) => {
                tracing::debug!(
                    name = object.name,
                    namespace = object.namespace,
                    "reconciled"
                );
            }
            Err(controller::Error::ObjectNotFound(object)) => {
                let gone = ObjectRef::new(&object.name)
                    .within(object.namespace.as_deref().unwrap_or_default());
                forget(context, &gone);
            }
            // Logged by the error policy, with its consequence.
            Err(controller::Error::ReconcilerFailed(..)) => {}
            Err(error @ (controller::Error::QueueError(_) | controller::Error::RunnerError(_))) => {
                tracing::warn!(%error, "watch");
            }
        }
    }
}

/// One reconcile as a span, in which its requests are. It waits for its turn, and begins with what the object is by then;
/// after a signal it does not begin.
async fn traced(queued: Arc<Guarded>, context: Arc<Context>) -> Result<Action, Error> {
    let Ok(_turn) = context.turns.acquire().await else {
        return Ok(Action::await_change());
    };
    let object = ObjectRef::from_obj(queued.as_ref());
    let Some(guarded) = context.auth_backends.get(&object) else {
        forget(&context, &object);
        return Ok(Action::await_change());
    };
    let metadata = guarded.meta();
    let span = tracing::info_span!(
        target: TARGET,
        "reconcile AuthBackend",
        k8s.namespace.name = metadata.namespace,
        authbackend.name = metadata.name,
        authbackend.outcome = Empty,
        otel.status_code = Empty,
    );
    measured(guarded, &context).instrument(span).await
}

/// One reconcile with its measurement.
async fn measured(guarded: Arc<Guarded>, context: &Context) -> Result<Action, Error> {
    let start = Instant::now();
    let _running = context.metrics.reconciling(CONCURRENCY);
    let result = match &guarded.0 {
        Ok(auth_backend) => {
            let reconciled = reconcile(Arc::new(auth_backend.clone()), context);
            Box::pin(reconciled).await.map_err(Error::from)
        }
        Err(invalid) => Err(Error::Invalid(conditions::message(&invalid.error))),
    };
    let outcome = match &result {
        Ok(_) => Outcome::Done,
        Err(Error::Failed(failure)) if failure.class == Class::Conflict => Outcome::Conflict,
        Err(Error::Failed(_)) => Outcome::Failed,
        Err(Error::Invalid(_)) => Outcome::Invalid,
    };
    context.metrics.reconciled(outcome, start.elapsed());
    tell(&Span::current(), outcome);
    match &result {
        Ok(_) => {
            let object = ObjectRef::from_obj(guarded.as_ref());
            context.backoff.succeeded(&object);
            context.announcements.forget(&object);
            context.metrics.set_in_backoff(context.backoff.len());
        }
        Err(error) => announce(&guarded, error, context).await,
    }
    result
}

/// Says in a span how a reconcile ended. A conflict is no error: it is tried again with what is there by then.
fn tell(span: &Span, outcome: Outcome) {
    span.record("authbackend.outcome", outcome.as_str());
    if matches!(outcome, Outcome::Failed | Outcome::Invalid) {
        span.record("otel.status_code", "ERROR");
    }
}

/// Tells the owner of the object about an error, once: at once where it is not expected to go away by itself, else where it
/// did not.
async fn announce(guarded: &Guarded, error: &Error, context: &Context) {
    let object = ObjectRef::from_obj(guarded);
    let reason = match error {
        Error::Invalid(_) => "InvalidObject",
        Error::Failed(failure) => match failure.class {
            Class::Refused => "RequestRefused",
            Class::Foreign => "NameConflict",
            Class::Unavailable | Class::NotFound if context.backoff.is_failing(&object) => {
                "RequestFailed"
            }
            Class::Unavailable | Class::NotFound | Class::Conflict | Class::NotLeader => return,
        },
    };
    let generation = guarded.meta().generation;
    if !context.announcements.is_news(object, generation, reason) {
        return;
    }
    let event = PlannedEvent {
        type_: EventType::Warning,
        reason: reason.to_owned(),
        action: "Reconcile".to_owned(),
        note: error.to_string(),
    };
    context
        .events
        .publish(&event, &guarded.object_ref(&()))
        .await;
}

fn error_policy(guarded: &Guarded, error: &Error, context: &Context) -> Action {
    let object = ObjectRef::from_obj(guarded);
    let failure = match error {
        Error::Invalid(invalid) => {
            tracing::error!(
                object = key(guarded.meta()),
                error = invalid,
                "not understood"
            );
            return Action::await_change();
        }
        Error::Failed(failure) => failure,
    };
    match failure.class {
        // Another process works now; this one is about to end.
        Class::NotLeader => Action::await_change(),
        Class::Conflict => {
            tracing::debug!(object = key(guarded.meta()), %failure, "out of date");
            Action::requeue(AFTER_CONFLICT.mul_f64(1.0 + rand::random::<f64>()))
        }
        Class::NotFound | Class::Refused | Class::Foreign | Class::Unavailable => {
            let refused = matches!(failure.class, Class::Refused | Class::Foreign);
            let version = version(guarded.meta());
            let cause = failure.to_string();
            let wait = context.backoff.failed(object, version, cause, refused);
            context.metrics.set_in_backoff(context.backoff.len());
            tracing::warn!(object = key(guarded.meta()), %failure, ?wait, "failed");
            Action::requeue(wait)
        }
    }
}

/// A number for what people write of an object: its spec, which the generation counts, labels and annotations.
fn version(metadata: &ObjectMeta) -> u64 {
    let mut hasher = DefaultHasher::new();
    let ObjectMeta {
        uid,
        generation,
        labels,
        annotations,
        ..
    } = metadata;
    (uid, generation, labels, annotations).hash(&mut hasher);
    hasher.finish()
}

fn forget(context: &Context, gone: &ObjectRef<Guarded>) {
    context.backoff.succeeded(gone);
    context.announcements.forget(gone);
    context.metrics.set_in_backoff(context.backoff.len());
    let namespace = gone.namespace.as_deref().unwrap_or_default();
    context.claims.forget(namespace, &gone.name);
    context
        .metrics
        .set_state(&format!("{namespace}/{}", gone.name), None);
}
