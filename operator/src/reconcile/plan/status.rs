//! The status: what was found, in the words of conditions.

use authbackend_crds::v1alpha1::{
    APPROVE_CONTRACT_ANNOTATION, AuthBackendStatus, Current, DEFAULT_MOUNT_PATH, MigrationPhase,
};
use kube::ResourceExt as _;

use super::generated;
use super::rollout::Rollout;
use super::verdict::{State, Verdict};
use super::view::View;
use crate::build::Instance;
use crate::labels::{self, Component};
use crate::reconcile::conditions::{self, Finding, Holds, Type};
use crate::reconcile::reason::Reason;

/// The complete status.
pub fn status(view: &View<'_>, verdict: &Verdict) -> AuthBackendStatus {
    let auth_backend = &view.observed.auth_backend;
    let before = auth_backend.status.clone().unwrap_or_default();
    let generation = auth_backend.metadata.generation;
    let deployment = view.observed.deployment.as_deref();
    let count = deployment.map(|live| live.status.clone().unwrap_or_default());
    let mut current = view.decision.current.clone();
    if let Some(current) = current.as_mut().filter(|_| runs_what_is_rendered(view)) {
        record_settings(current, view.instance.as_ref());
    }
    let decision = &view.decision;
    AuthBackendStatus {
        observed_generation: generation,
        conditions: conditions::merge(
            &before.conditions,
            &findings(view, verdict),
            generation,
            view.now,
        ),
        current,
        previous: decision.previous.clone(),
        rejected: decision.rejected.clone(),
        migration: decision.migration.clone(),
        contract: decision.contract.clone(),
        generated_secrets: match &view.instance {
            Some(instance) => generated::recorded(instance, view.observed),
            None => before.generated_secrets,
        },
        url: Some(url(&auth_backend.spec.base_url)),
        replicas: Some(count.as_ref().and_then(|count| count.replicas).unwrap_or(0)),
        ready_replicas: Some(
            count
                .as_ref()
                .and_then(|count| count.ready_replicas)
                .unwrap_or(0),
        ),
        selector: Some(labels::selector_text(
            &auth_backend.name_any(),
            Component::Server,
        )),
    }
}

/// Whether there are pods, and every one runs the template that the spec asks for.
fn runs_what_is_rendered(view: &View<'_>) -> bool {
    matches!(view.rollout, Rollout::Complete { pods } if pods > 0) && !view.keeps_template()
}

/// Every pod runs with the settings that were rendered last.
fn record_settings(current: &mut Current, instance: Option<&Instance>) {
    let served = instance.and_then(|instance| {
        let serving = instance.serving(current)?;
        Some((serving.config_hash.to_owned(), serving.secret_refs.to_vec()))
    });
    if let Some((hash, secret_refs)) = served {
        current.config_hash = Some(hash);
        current.secret_refs = secret_refs;
    }
}

/// The public URL with the mount path: that of `base_url`, else better-auth's.
fn url(base_url: &str) -> String {
    let after_scheme = base_url
        .split_once("://")
        .map_or(base_url, |(_, rest)| rest);
    if after_scheme.contains('/') {
        return base_url.to_owned();
    }
    format!("{base_url}{DEFAULT_MOUNT_PATH}")
}

fn findings(view: &View<'_>, verdict: &Verdict) -> Vec<Finding> {
    let finding = |type_, holds: bool| Finding {
        type_,
        holds: holds.into(),
        reason: verdict.reason,
        message: verdict.message.clone(),
    };
    let moving = verdict.state == State::Moving;
    let mut findings = vec![
        finding(Type::Ready, verdict.state == State::Done),
        available(view),
        migrated(view, verdict),
        database(view, verdict),
        finding(Type::Progressing, moving),
    ];
    if moving {
        findings.push(finding(Type::Reconciling, true));
    }
    if verdict.state == State::Stalled {
        findings.push(finding(Type::Stalled, true));
    }
    findings
}

fn found(
    type_: Type,
    holds: impl Into<Holds>,
    reason: Reason,
    message: impl Into<String>,
) -> Finding {
    Finding {
        type_,
        holds: holds.into(),
        reason,
        message: message.into(),
    }
}

fn available(view: &View<'_>) -> Finding {
    let found =
        |holds: bool, reason, message: String| found(Type::Available, holds, reason, message);
    let image = view
        .decision
        .current
        .as_ref()
        .map(|current| current.image.as_str());
    if view.available() > 0 {
        let image = image.map(|image| format!(" {image}")).unwrap_or_default();
        if view.serves_previous() {
            return found(
                true,
                Reason::ServingPreviousVersion,
                format!("the version before serves:{image}"),
            );
        }
        if view.decision.rejected.is_some() {
            let message = format!(
                "the pod template of before serves:{image}; that of the spec does not start"
            );
            return found(true, Reason::ServingPreviousVersion, message);
        }
        if matches!(view.rollout, Rollout::Failed { .. }) {
            let message = format!("pods of before serve, those of{image} do not start");
            return found(true, Reason::ServingPreviousVersion, message);
        }
        return found(true, Reason::Serving, format!("serves:{image}"));
    }
    match &view.rollout {
        Rollout::Absent => found(
            false,
            Reason::NotDeployed,
            "there is no Deployment yet".to_owned(),
        ),
        Rollout::Complete { pods: 0 } => found(
            false,
            Reason::ScaledToZero,
            "0 pods, as asked for".to_owned(),
        ),
        _ => {
            let problem = view
                .problem(Component::Server)
                .map(|problem| format!("; {problem}"));
            let message = format!("no pod is available{}", problem.unwrap_or_default());
            found(false, Reason::NoPodAvailable, message)
        }
    }
}

fn migrated(view: &View<'_>, verdict: &Verdict) -> Finding {
    if view.serves_target() {
        let version = view
            .decision
            .current
            .as_ref()
            .and_then(|current| current.schema_version);
        let version = version
            .map(|version| format!(" (version {version})"))
            .unwrap_or_default();
        let contract = waiting_contract(view)
            .map(|waiting| format!("; {waiting}"))
            .unwrap_or_default();
        let message = format!("the schema is what the image needs{version}{contract}");
        return found(Type::Migrated, true, Reason::SchemaUpToDate, message);
    }
    // While the spec's database is not known, nothing can be said of what was migrated before.
    let unknown = view.target.is_err() && view.decision.current.is_some();
    let holds = if unknown {
        Holds::Unknown
    } else {
        Holds::False
    };
    found(Type::Migrated, holds, verdict.reason, &verdict.message)
}

/// What a contract waits for, or why it failed.
fn waiting_contract(view: &View<'_>) -> Option<String> {
    let contract = view.decision.contract.as_ref()?;
    let versions: Vec<_> = contract.versions.iter().map(ToString::to_string).collect();
    let what = format!(
        "migration {}, which removes what earlier versions use,",
        versions.join(", ")
    );
    match contract.phase {
        MigrationPhase::AwaitingApproval => {
            let by_itself = view.decision.wake.map_or("", |_| " or for its time");
            let command = view.approval(APPROVE_CONTRACT_ANNOTATION, &contract.hash);
            Some(format!(
                "{what} waits for an approval{by_itself}: {command}"
            ))
        }
        MigrationPhase::Failed => {
            let said = contract.message.as_deref().unwrap_or_default();
            Some(format!("{what} failed (Job {}): {said}", contract.job))
        }
        _ => None,
    }
}

/// Whether the database that the spec names accepts connections, as far as somebody tried.
fn database(view: &View<'_>, verdict: &Verdict) -> Finding {
    let found =
        |holds, reason, message: &str| found(Type::DatabaseReachable, holds, reason, message);
    let target = match &view.target {
        Ok(target) => target,
        Err(blocker) if blocker.reason == Reason::InvalidSpec => {
            return found(Holds::Unknown, blocker.reason, &blocker.message);
        }
        Err(blocker) => return found(Holds::False, blocker.reason, &blocker.message),
    };
    if let Some(blocker) = &view.unready_database {
        return found(Holds::False, blocker.reason, &blocker.message);
    }
    let current = view.decision.current.as_ref();
    let serves = current.is_some_and(|current| current.database_hash == target.database_hash)
        && view.available() > 0;
    if serves {
        // Said where everyone looks who asks how the database is.
        let managed = target.database.managed.is_some();
        let message = if managed {
            "ready pods are connected; database.managed has neither replicas nor backups: it is not for production"
        } else {
            "ready pods are connected"
        };
        return found(Holds::True, Reason::Connected, message);
    }
    let migration = view
        .decision
        .migration
        .as_ref()
        .filter(|migration| migration.database_hash == target.database_hash);
    match migration.map(|migration| migration.phase) {
        Some(MigrationPhase::Succeeded)
            if migration.is_some_and(|migration| migration.started_at.is_some()) =>
        {
            found(
                Holds::True,
                Reason::Connected,
                "the migration was connected",
            )
        }
        Some(MigrationPhase::Failed) => found(Holds::Unknown, verdict.reason, &verdict.message),
        _ => found(
            Holds::Unknown,
            Reason::NotChecked,
            "nothing has connected yet",
        ),
    }
}
