//! Sign-in through other services: `socialProviders`.

mod provider;
mod rules;

use std::collections::BTreeMap;

pub use provider::{ClientId, Prompt, SocialProvider, TokenEndpointAuthMethod};
pub use rules::PROVIDER_IDS;
pub(super) use rules::is_url;

use super::problem::Problem;

/// The services by the name that better-auth gives them, for example `google`.
pub type SocialProviders = BTreeMap<String, SocialProvider>;

pub(super) fn validate(providers: &SocialProviders, problems: &mut Vec<Problem>) {
    for (id, provider) in providers {
        rules::check(id, provider, problems);
    }
}

#[cfg(test)]
mod tests;
