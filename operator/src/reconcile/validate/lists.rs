//! Lists that the API knows the items of by a key: it answers one that names an item twice as an error of its own.

use authbackend_crds::v1alpha1::AuthBackendSpec;

/// Every item that is listed twice.
pub(super) fn problems(spec: &AuthBackendSpec) -> Vec<String> {
    let variables = spec.env.iter().flatten().map(|variable| &variable.name);
    let spreads = spec.topology_spread.iter().flatten().map(|spread| {
        let policy = spread.when_unsatisfiable.unwrap_or_default().as_str();
        format!("{}/{policy}", spread.topology_key)
    });
    let mut problems = twice("env", variables.cloned().collect());
    problems.extend(twice("topologySpread", spreads.collect()));
    problems
}

fn twice(list: &str, mut keys: Vec<String>) -> Vec<String> {
    keys.sort_unstable();
    let repeated = keys.chunk_by(|a, b| a == b).filter(|same| same.len() > 1);
    repeated
        .map(|same| format!("{list}[{}]: is listed twice: remove one of them", same[0]))
        .collect()
}
