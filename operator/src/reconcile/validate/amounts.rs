//! Amounts of resources: the API takes any text for one until an object is made of it.

use authbackend_crds::v1alpha1::AuthBackendSpec;
use k8s_openapi::api::core::v1::ResourceRequirements;

use crate::quantity;

/// Every amount that is none.
pub(super) fn problems(spec: &AuthBackendSpec) -> Vec<String> {
    let managed = spec.database.managed.as_ref();
    let migration = spec.migration.as_ref();
    let mut problems = Vec::new();
    for (path, resources) in [
        ("resources", spec.resources.as_ref()),
        (
            "migration.resources",
            migration.and_then(|migration| migration.resources.as_ref()),
        ),
        (
            "database.managed.resources",
            managed.and_then(|managed| managed.resources.as_ref()),
        ),
    ] {
        problems.extend(resources.into_iter().flat_map(|found| of(path, found)));
    }
    let size = managed.and_then(|managed| managed.storage.as_ref()?.size.as_ref());
    if size.is_some_and(|size| quantity::nanos(&size.0).is_none_or(|amount| amount <= 0)) {
        problems.push(
            "database.managed.storage.size: must be an amount above zero such as 10Gi".to_owned(),
        );
    }
    problems
}

fn of(path: &str, resources: &ResourceRequirements) -> Vec<String> {
    let lists = [
        ("requests", &resources.requests),
        ("limits", &resources.limits),
    ];
    let amounts = lists.into_iter().flat_map(|(list, amounts)| {
        let amounts = amounts.iter().flatten();
        amounts.map(move |(kind, amount)| (list, kind, amount))
    });
    amounts
        .filter(|(_, _, amount)| quantity::nanos(&amount.0).is_none_or(|amount| amount < 0))
        .map(|(list, kind, _)| {
            format!("{path}.{list}[{kind}]: must be an amount such as 500m or 1Gi")
        })
        .collect()
}
