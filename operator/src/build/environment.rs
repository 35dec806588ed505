//! Variables that the server and the migration have in common.

use k8s_openapi::api::core::v1::EnvVar;

use super::Instance;
use super::pod::variable;

/// The public URL, then `own`, then what the spec adds. The schema keeps `spec.env` from naming a variable that the
/// operator needs; those of traces it may replace.
pub fn of(instance: &Instance, mut own: Vec<EnvVar>) -> Vec<EnvVar> {
    let chosen = instance.spec.env.iter().flatten();
    own.retain(|own| {
        let mut chosen = chosen.clone();
        !own.name.starts_with("OTEL_") || chosen.all(|chosen| chosen.name != own.name)
    });
    std::iter::once(variable("AUTH_BASE_URL", &instance.spec.base_url))
        .chain(own)
        .chain(chosen.map(|chosen| variable(&chosen.name, &chosen.value)))
        .collect()
}
