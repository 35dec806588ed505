//! Whether the ways in work, as far as their controllers say.
//!
//! An Ingress is not asked: many clusters give it no address although it works.

use authbackend_crds::v1alpha1::ParentRef;
use kube::api::DynamicObject;
use serde_json::Value;

use super::needs::Blocker;
use crate::build::Instance;
use crate::optional::OptionalApi;
use crate::reconcile::observed::Observed;
use crate::reconcile::reason::Reason;

/// Conditions of a parent that must hold: it takes the route, and finds the Service.
const OF_PARENTS: [&str; 2] = ["Accepted", "ResolvedRefs"];

/// Why a way in does not work; of several, what needs someone comes first.
pub fn unready(instance: &Instance, observed: &Observed) -> Option<Blocker> {
    let mut blockers = route(instance, observed);
    blockers.extend(certificate(instance, observed));
    blockers.sort_by_key(|blocker| blocker.reason != Reason::RouteRefused);
    blockers.into_iter().next()
}

fn route(instance: &Instance, observed: &Observed) -> Vec<Blocker> {
    let exposure = instance.spec.exposure.as_ref();
    let wanted = exposure.and_then(|exposure| exposure.http_route.as_ref());
    let live = observed.optional.get(&OptionalApi::HttpRoute);
    let (Some(wanted), Some(live)) = (wanted, live) else {
        return Vec::new();
    };
    let parents = wanted.parent_refs.iter();
    parents
        .filter_map(|parent| of_parent(instance, live, parent))
        .collect()
}

/// Why the route does not lead through `parent`. Where several controllers speak of it, one that takes the route is enough.
fn of_parent(instance: &Instance, live: &DynamicObject, parent: &ParentRef) -> Option<Blocker> {
    let name = describe(instance, parent);
    let mut blocker = Blocker::new(
        Reason::WaitingForGateway,
        format!(
            "no controller has said of the HTTPRoute whether {name} takes it: does it exist, and does its controller run?"
        ),
    );
    let spoken =
        list(&live.data["status"]["parents"]).filter(|spoken| is(instance, parent, spoken));
    for spoken in spoken {
        let refused = OF_PARENTS.iter().find_map(|type_| {
            let condition = condition(live, &spoken["conditions"], type_);
            (condition.map(|condition| &condition["status"]) != Some(&Value::from("True")))
                .then_some((type_, condition))
        });
        match refused {
            None => return None,
            Some((type_, Some(condition))) if condition["status"] == "False" => {
                let message = format!(
                    "{name} refuses the HTTPRoute, {type_} is False: {}",
                    said(condition)
                );
                blocker = Blocker::new(Reason::RouteRefused, message);
            }
            Some(_) => {}
        }
    }
    Some(blocker)
}

/// Whether an entry of `status.parents` is about `parent`.
fn is(instance: &Instance, parent: &ParentRef, spoken: &Value) -> bool {
    let spoken = &spoken["parentRef"];
    let text = |field: &str| spoken[field].as_str();
    let namespace = parent.namespace.as_deref().unwrap_or(&instance.namespace);
    text("name") == Some(parent.name.as_str())
        && text("namespace").unwrap_or(&instance.namespace) == namespace
        && text("kind").unwrap_or("Gateway") == parent.kind.as_deref().unwrap_or("Gateway")
        && text("sectionName") == parent.section_name.as_deref()
        && spoken["port"].as_u64() == parent.port.map(u64::from)
}

fn describe(instance: &Instance, parent: &ParentRef) -> String {
    let kind = parent.kind.as_deref().unwrap_or("Gateway");
    let namespace = parent.namespace.as_deref().unwrap_or(&instance.namespace);
    let listener = parent.section_name.as_ref();
    let listener = listener.map(|name| format!(", listener {name}"));
    let listener = listener.unwrap_or_default();
    format!("{kind} {namespace}/{}{listener}", parent.name)
}

fn certificate(instance: &Instance, observed: &Observed) -> Option<Blocker> {
    let exposure = instance.spec.exposure.as_ref()?;
    exposure.certificate.as_ref()?;
    let live = observed.optional.get(&OptionalApi::Certificate)?;
    let conditions = &live.data["status"]["conditions"];
    let ready = condition(live, conditions, "Ready");
    if ready.is_some_and(|ready| ready["status"] == "True") {
        return None;
    }
    // The last try says why it failed; `Ready` only that there is no certificate.
    let failed = condition(live, conditions, "Issuing");
    let failed = failed.filter(|issuing| issuing["status"] == "False");
    let cause = failed.or(ready).map_or_else(
        || "cert-manager has not looked at it: does it run?".to_owned(),
        said,
    );
    let message = format!("the Certificate is not issued yet: {cause}");
    Some(Blocker::new(Reason::WaitingForCertificate, message))
}

/// The condition of a type, if it is about the object as it is.
fn condition<'a>(live: &DynamicObject, conditions: &'a Value, type_: &str) -> Option<&'a Value> {
    let generation = live.metadata.generation.unwrap_or(0);
    let is_new = |condition: &&Value| {
        let observed = condition["observedGeneration"].as_i64();
        observed.is_none_or(|observed| observed >= generation)
    };
    list(conditions)
        .find(|condition| condition["type"] == type_)
        .filter(is_new)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Reason and message of a condition.
fn said(condition: &Value) -> String {
    let text = |field: &str| condition[field].as_str().unwrap_or_default().to_owned();
    format!("{}: {}", text("reason"), text("message"))
}
