//! Parts of the API that the settings switch on: one folder each, one line each in [`ALL`]. None imports another.

mod bearer;
mod jwt;
mod open_api;

use authbackend_crds::auth::AuthSettings;

use crate::{http::table::Route, routes};

pub use crate::http::plugin::Plugin;

/// Every plugin. Their hooks run in this order.
pub const ALL: &[&Plugin] = &[&bearer::PLUGIN, &jwt::PLUGIN, &open_api::PLUGIN];

/// Tag of the endpoints that are always there, as better-auth's OpenAPI document names it.
const CORE_TAG: &str = "Default";

/// The endpoints that `settings` ask for.
pub fn routes(settings: &AuthSettings) -> Vec<&'static [Route]> {
    let enabled = ALL.iter().filter(|plugin| (plugin.is_enabled)(settings));
    let plugins = enabled.map(|plugin| plugin.routes);
    routes::ALL.iter().copied().chain(plugins).collect()
}

/// Whether there is a plugin of this name, and `settings` switch it on.
pub fn is_enabled(name: &str, settings: &AuthSettings) -> bool {
    ALL.iter()
        .any(|plugin| plugin.name == name && (plugin.is_enabled)(settings))
}

/// The endpoints to describe, each with its tag: those that are always there, and those of the plugins that `is_chosen`
/// takes. A plugin that describes does not describe itself, as with better-auth.
pub fn described(is_chosen: impl Fn(&Plugin) -> bool) -> Vec<(&'static str, &'static Route)> {
    let core = routes::ALL.iter().copied().flatten();
    let core = core.map(|route| (CORE_TAG, route));
    let chosen = ALL
        .iter()
        .filter(|plugin| plugin.name != open_api::PLUGIN.name && is_chosen(plugin));
    let chosen =
        chosen.flat_map(|plugin| plugin.routes.iter().map(move |route| (plugin.tag, route)));
    core.chain(chosen).collect()
}
