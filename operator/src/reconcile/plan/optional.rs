//! Objects of optional APIs.

use std::collections::BTreeMap;

use kube::api::DynamicObject;

use super::desired::deletion;
use super::needs::Blocker;
use super::types::{Deletion, DeletionKind};
use crate::build::{Instance, certificate, http_route, monitor};
use crate::optional::OptionalApi;
use crate::reconcile::observed::Observed;
use crate::reconcile::reason::Reason;

/// Those that there should be, as far as the cluster serves them.
pub fn objects(instance: &Instance, observed: &Observed) -> BTreeMap<OptionalApi, DynamicObject> {
    let build = |api| match api {
        OptionalApi::Certificate => certificate::build(instance),
        OptionalApi::Cluster => None,
        OptionalApi::HttpRoute => http_route::build(instance),
        OptionalApi::PodMonitor => monitor::of_pods(instance),
        OptionalApi::ServiceMonitor => monitor::of_service(instance),
    };
    let served = observed.served.iter();
    served.filter_map(|&api| Some((api, build(api)?))).collect()
}

/// Those that there should not be any longer.
pub fn deletions<'a>(
    wanted: &'a BTreeMap<OptionalApi, DynamicObject>,
    observed: &'a Observed,
) -> impl Iterator<Item = Deletion> + 'a {
    let live = observed.optional.iter();
    live.filter(|(api, _)| !wanted.contains_key(api) && **api != OptionalApi::Cluster)
        .filter_map(|(&api, live)| {
            deletion(DeletionKind::Optional(api), Some(live.as_ref()), observed)
        })
}

/// Kind of the first that is not there although it could be.
pub fn unapplied(
    wanted: &BTreeMap<OptionalApi, DynamicObject>,
    observed: &Observed,
) -> Option<&'static str> {
    let mut wanted = wanted.keys();
    let missing = wanted.find(|api| !observed.optional.contains_key(api))?;
    Some(missing.kind())
}

/// The APIs that the spec asks for and the cluster does not serve.
pub fn missing(instance: &Instance, observed: &Observed) -> Option<Blocker> {
    let missing =
        |api: &OptionalApi| api.is_wanted(&instance.spec) && !observed.served.contains(api);
    let missing = OptionalApi::ALL.into_iter().filter(missing);
    let messages: Vec<String> = missing.map(message).collect();
    (!messages.is_empty()).then(|| Blocker::new(Reason::MissingApi, messages.join("; ")))
}

/// What to say of an API that is asked for and not served.
pub fn message(api: OptionalApi) -> String {
    let (field, provider) = (api.field(), api.provider());
    format!(
        "{field} needs {api}, which the cluster does not serve: install {provider}, or remove the field"
    )
}
