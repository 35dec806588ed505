//! The five steps in their order.

use std::sync::Arc;
use std::time::Duration;

use authbackend_crds::v1alpha1::AuthBackend;
use k8s_openapi::jiff::Timestamp;
use kube::Resource as _;
use kube::runtime::controller::Action;

use super::plan::{Plan, Requeue, plan};
use crate::apply::apply;
use crate::context::{Context, key};
use crate::failure::Failure;
use crate::metrics::State;
use crate::observe::observe;
use crate::report::report;

/// Longest time between two looks at an object: what a missed event left is repaired after it.
const RESYNC: Duration = Duration::from_mins(10);

/// Brings one AuthBackend a step closer to what it asks for.
pub async fn reconcile(
    auth_backend: Arc<AuthBackend>,
    context: &Context,
) -> Result<Action, Failure> {
    if auth_backend.metadata.deletion_timestamp.is_some() {
        // The garbage collector takes what is owned; whatever is made now would be in its way.
        return Ok(Action::await_change());
    }
    let observed = observe(Arc::clone(&auth_backend), context).await?;
    let was_refused = observed.refusal.is_some();
    let plan = plan(&observed, Timestamp::now(), &context.config);
    let changes_status = plan.changes_status(&auth_backend);
    // Without `..`: a part of a plan that is not carried out does not compile.
    let Plan {
        apply: resources,
        delete,
        generate,
        status,
        events,
        requeue,
    } = plan;
    if changes_status {
        report(&context.client, &auth_backend, &status).await?;
        context.claims.record(&auth_backend, &status);
    }
    let state = Some(State::from(&status));
    context
        .metrics
        .set_state(&key(&auth_backend.metadata), state);
    for event in &events {
        context
            .events
            .publish(event, &auth_backend.object_ref(&()))
            .await;
    }
    let applied = apply(&context.client, &observed, resources, &generate, &delete);
    Box::pin(applied).await?;
    if was_refused {
        // The status just written says so; now that it was accepted, it can say better.
        return Ok(Action::requeue(Duration::ZERO));
    }
    Ok(Action::requeue(wait(requeue, rand::random())))
}

/// When to look again: as planned, and at the latest after [`RESYNC`], of which up to a fifth is taken away by `jitter`
/// (0 to 1), so that objects that were listed together do not come back together.
fn wait(requeue: Requeue, jitter: f64) -> Duration {
    let resync = RESYNC.mul_f64(1.0 - 0.2 * jitter.clamp(0.0, 1.0));
    match requeue {
        Requeue::OnChange => resync,
        Requeue::After(wait) => wait.min(resync),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_at_rest_is_looked_at_within_ten_minutes() {
        assert_eq!(wait(Requeue::OnChange, 0.0), Duration::from_mins(10));
        assert_eq!(wait(Requeue::OnChange, 1.0), Duration::from_mins(8));
    }

    #[test]
    fn a_plan_can_only_shorten_the_wait() {
        assert_eq!(
            wait(Requeue::After(Duration::from_secs(5)), 0.5),
            Duration::from_secs(5)
        );
        assert!(wait(Requeue::After(Duration::from_secs(5000)), 0.5) <= RESYNC);
    }
}
