//! When the pods of another template do not become ready, the template that served before is put back, and stays until
//! something changes.

use authbackend_crds::v1alpha1::Rejected;

use super::{Decision, Situation};
use crate::reconcile::conditions;

/// Whether `rejected` still stands. `serving` is the hash of the Deployment that what serves is rendered as, `retry` the
/// annotation. Where the spec asks for another version (`settled` is false), the annotation is about that one.
pub fn upholds(
    rejected: &Rejected,
    serving: Option<&str>,
    retry: Option<&str>,
    settled: bool,
) -> bool {
    let is_same = serving.is_none_or(|serving| serving == rejected.template);
    let is_asked_for = settled && retry != rejected.retry.as_deref();
    is_same && !is_asked_for
}

/// Lets go of a rejection without a template to keep to: what the spec asks for is all there is.
pub fn review(decision: &mut Decision, situation: &Situation<'_>) {
    if !has_served(decision, situation) {
        decision.rejected = None;
    }
}

/// Rejects the template that `current` is rendered as, where it served with another one that is kept.
pub fn reject(decision: &mut Decision, situation: &Situation<'_>, cause: &str) {
    let served = decision
        .current
        .as_ref()
        .and_then(|it| it.template.as_deref());
    let Some(failed) = situation.pods.serving else {
        return;
    };
    if served == Some(failed) || decision.puts_back() || !has_served(decision, situation) {
        return;
    }
    decision.rejected = Some(Rejected {
        template: failed.to_owned(),
        message: conditions::message(cause),
        rejected_at: Some(situation.now.clone()),
        retry: situation.pods.retry.map(str::to_owned),
    });
}

fn has_served(decision: &Decision, situation: &Situation<'_>) -> bool {
    let current = decision.current.as_ref();
    let template = current.and_then(|current| current.template.as_ref());
    template.is_some_and(|template| situation.pods.templates.contains(template))
}
