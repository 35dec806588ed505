//! The Secrets that the operator generates: each once, and another one only when somebody asks for it.
//!
//! What was made with a value is lost with it: sessions, keys that it encrypts, the way into a database. So a Secret goes on
//! record before anything is made that uses it, because the status is written first; and one that is on record and gone is
//! missed, not replaced. Nothing has used one that is not on record yet, so that an operator that ends between making it and
//! recording it has lost nothing, whatever becomes of it.

use authbackend_crds::v1alpha1::{APPROVE_REPLACEMENT_ANNOTATION, AuthBackend, RecordedSecret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::{Resource as _, ResourceExt as _};

use super::needs::Blocker;
use super::types::GeneratedSecret;
use super::view::approval;
use crate::build::{Instance, postgres, signing_secret};
use crate::names;
use crate::reconcile::observed::{Observed, ObservedSecret};
use crate::reconcile::reason::Reason;

/// What is to be done about a Secret that the operator generates.
enum State<'a> {
    /// It can be used.
    Present(&'a ObservedSecret),
    /// It goes with a deleted AuthBackend of the same name, unless it is taken over before.
    Leaving,
    /// Nothing has used one yet, or another one is asked for.
    Due,
    /// The one on record is gone.
    Lost(&'a RecordedSecret),
}

/// Those to create now.
pub fn due(instance: &Instance, observed: &Observed) -> Vec<GeneratedSecret> {
    let mut due = wanted(instance);
    due.retain(|secret| {
        let name = secret.secret.name_any();
        matches!(state(observed, &name), State::Due)
    });
    due
}

/// Those to have on record.
pub fn recorded(instance: &Instance, observed: &Observed) -> Vec<RecordedSecret> {
    let record = |name: String| match state(observed, &name) {
        State::Present(secret) => Some(RecordedSecret {
            uid: secret.metadata.uid.clone().unwrap_or_default(),
            name,
        }),
        State::Leaving | State::Due | State::Lost(_) => on_record(observed, &name).cloned(),
    };
    let names = wanted(instance)
        .into_iter()
        .map(|secret| secret.secret.name_any());
    names.filter_map(record).collect()
}

/// Whether the credentials of a managed database are there, and will be on record before what this plan makes.
pub fn has_database_credentials(instance: &Instance, observed: &Observed) -> bool {
    let name = names::postgres(&instance.name);
    matches!(state(observed, &name), State::Present(_))
}

/// Why the Secret `name` cannot be used yet, if it is one that the operator generates.
pub fn blocker(instance: &Instance, observed: &Observed, name: &str) -> Option<Blocker> {
    let is_it = |secret: &GeneratedSecret| secret.secret.name_any() == name;
    wanted(instance).iter().find(|secret| is_it(secret))?;
    let namespace = &instance.namespace;
    let (reason, message) = match state(observed, name) {
        State::Present(_) => return None,
        State::Due => (
            Reason::Applying,
            format!("Secret {namespace}/{name} is generated"),
        ),
        State::Leaving => (
            Reason::Applying,
            format!("Secret {namespace}/{name} is taken over from an AuthBackend that was deleted"),
        ),
        State::Lost(lost) => (Reason::SecretLost, lost_message(instance, observed, lost)),
    };
    Some(Blocker::new(reason, message))
}

/// What to say of the first that is gone.
pub fn lost(instance: &Instance, observed: &Observed) -> Option<Blocker> {
    let blockers = wanted(instance)
        .into_iter()
        .filter_map(|secret| blocker(instance, observed, &secret.secret.name_any()));
    let mut blockers = blockers.filter(|blocker| blocker.reason == Reason::SecretLost);
    blockers.next()
}

fn lost_message(instance: &Instance, observed: &Observed, lost: &RecordedSecret) -> String {
    let (namespace, name) = (&instance.namespace, &lost.name);
    let cost = if *name == names::postgres(&instance.name) {
        "nobody can sign in to the database until its role has the new password"
    } else {
        "everybody is signed out, and what was encrypted with it stays unreadable"
    };
    let command = approval(
        &observed.auth_backend,
        APPROVE_REPLACEMENT_ANNOTATION,
        &lost.uid,
    );
    format!(
        "Secret {namespace}/{name} is gone and has been used: restore it. With another one {cost}; to have one generated: {command}"
    )
}

/// Those that the spec leaves to the operator.
fn wanted(instance: &Instance) -> Vec<GeneratedSecret> {
    let signing = instance.spec.secret_refs.is_none();
    let managed = instance.spec.database.managed.is_some();
    [
        signing.then(|| signing_secret::generated(instance)),
        managed.then(|| postgres::secret::generated(instance)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn state<'a>(observed: &'a Observed, name: &str) -> State<'a> {
    if let Some(secret) = observed.secrets.get(name) {
        return if is_leaving(secret, &observed.auth_backend) {
            State::Leaving
        } else {
            State::Present(secret)
        };
    }
    let annotations = observed.auth_backend.annotations();
    let approved = annotations.get(APPROVE_REPLACEMENT_ANNOTATION);
    match on_record(observed, name) {
        // The uid makes it an approval for once: the Secret that follows has another one.
        Some(lost) if approved != Some(&lost.uid) => State::Lost(lost),
        _ => State::Due,
    }
}

fn on_record<'a>(observed: &'a Observed, name: &str) -> Option<&'a RecordedSecret> {
    let status = observed.auth_backend.status.as_ref()?;
    status
        .generated_secrets
        .iter()
        .find(|recorded| recorded.name == name)
}

/// Whether the garbage collector is about to delete `secret`, as that of an AuthBackend of before.
fn is_leaving(secret: &ObservedSecret, auth_backend: &AuthBackend) -> bool {
    let uid = auth_backend.metadata.uid.as_ref();
    let owners = secret.metadata.owner_references.iter().flatten();
    let mut owners = owners
        .filter(|owner| owner.kind == AuthBackend::kind(&()))
        .peekable();
    let is_ours = |owner: &OwnerReference| Some(&owner.uid) == uid;
    owners.peek().is_some() && !owners.any(is_ours)
}
