//! Patterns of trusted origins that can never match.

use authbackend_crds::auth::AuthSettings;
use url::Url;

use crate::{config::Problem, http::origin::TrustedOrigins};

/// Each entry of `trustedOrigins` that no origin can match, with what was probably meant. better-auth ignores these
/// silently, and so does `serve`.
pub fn malformed_origins(settings: &AuthSettings) -> Vec<Problem> {
    let origins = settings.trusted_origins.iter().flatten().enumerate();
    let problem = |(index, text): (usize, &String)| {
        let remedy = remedy(text)?;
        Some(Problem::new(format!("trustedOrigins[{index}]"), remedy))
    };
    origins.filter_map(problem).collect()
}

fn remedy(text: &str) -> Option<String> {
    if TrustedOrigins::new("http://localhost", &[text.to_owned()]).is_err() {
        return Some(format!("is {text:?}, which is no pattern of an origin"));
    }
    let scheme = text
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_web = scheme
        .as_deref()
        .is_none_or(|it| matches!(it, "http" | "https"));
    if text.contains(['*', '?']) {
        let authority = text.split_once("://").map_or(text, |(_, rest)| rest);
        let matches_nothing =
            authority.contains(['/', '@']) || text.chars().any(char::is_uppercase);
        return (is_web && matches_nothing).then(|| {
            format!(
                "is {text:?}, which matches no origin: use lower case, and neither path nor user"
            )
        });
    }
    if !is_web || (scheme.is_none() && is_custom_scheme(text)) {
        return None;
    }
    let Some(url) = Url::parse(text).ok().filter(|_| scheme.is_some()) else {
        return Some(format!(
            "is {text:?}, which matches no origin: write it with its scheme, such as https://{text}"
        ));
    };
    let origin = url.origin().ascii_serialization();
    (origin != text).then(|| format!("is {text:?}, which matches no origin: write {origin}"))
}

/// `myapp:` without slashes. What a dot is in is rather a host with a port.
fn is_custom_scheme(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(scheme, rest)| !scheme.contains('.') && rest.parse::<u16>().is_err())
}
