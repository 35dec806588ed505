//! What served keeps serving.

use authbackend_crds::v1alpha1::Current;

use super::state::{Backend, Progress, Template};

/// The template that `current` served with, where it is kept.
pub fn put_back(backend: &Backend, current: &Current) -> Option<Template> {
    let served = current.template.as_ref()?;
    backend.templates().find(|it| it.text() == *served)
}

/// What served keeps serving: once the operator has seen that a rollout failed, the Deployment gets the template of before.
/// `stays` says that nobody has asked for another try by then.
pub fn keep_promise(
    before: &Backend,
    after: &mut Backend,
    rendered: Option<Template>,
    stays: bool,
) {
    let Some(deployed) = before.deployed.filter(|_| rendered == before.deployed) else {
        return;
    };
    if before.progress == Progress::Complete {
        after.proven = Some(deployed);
    }
    let proven = before
        .proven
        .filter(|it| before.templates().any(|kept| kept == *it));
    let Some(proven) = proven.filter(|it| *it != deployed) else {
        return;
    };
    if before.progress != Progress::Failed || before.suspended {
        return;
    }
    let deploy = after.intent.and_then(|intent| intent.deploy);
    if stays {
        assert_eq!(deploy, Some(proven), "what served is not put back");
    } else {
        assert!(deploy.is_some(), "what failed stays");
    }
    after.refused = stays.then_some(deployed);
}
