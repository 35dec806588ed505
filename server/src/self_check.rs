//! What browsers will do with the session cookie on pages of each trusted origin, told before a user finds out.
//!
//! Most complaints about "the session is not set" come from a page and an API on different sites. Which hosts are of
//! one site is what the public suffix list says.

mod patterns;
mod site;

use authbackend_crds::auth::{AuthSettings, SameSite};

use crate::{
    config::BaseUrl,
    http::cookie::{Attributes, Cookies, serialize},
};
pub use patterns::malformed_origins;
use site::{Page, is_local, is_public_suffix, same_site};

/// What was found about one origin, or about the cookie itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// What it is about: the server's URL, or an entry of `trustedOrigins`.
    pub subject: String,
    /// What holds: the cookie's attributes, or how the page relates to the API.
    pub fact: String,
    /// What browsers will refuse, each with a remedy.
    pub warnings: Vec<String>,
}

/// Looks at the session cookie of a server at `base_url`, then at each trusted origin.
pub fn check(settings: &AuthSettings, base_url: &BaseUrl) -> Vec<Finding> {
    let cookie = Cookies::new(settings, base_url).session_token;
    let shown = serialize(&cookie.name, "*", &cookie.attributes);
    let mut attributes = cookie.attributes;
    // What is written: some attributes imply others.
    attributes.secure = shown.split("; ").any(|part| part == "Secure");
    let Some(api) = Page::new(base_url.origin()) else {
        return Vec::new();
    };
    let own = Finding {
        subject: base_url.as_str().to_owned(),
        fact: format!("sets {shown}"),
        warnings: check_cookie(&attributes, &api, base_url.mount_path()),
    };
    let origins = settings.trusted_origins.iter().flatten();
    let origins = origins.map(|origin| check_origin(origin, &attributes, &api));
    std::iter::once(own).chain(origins).collect()
}

/// What browsers refuse whatever page is open.
fn check_cookie(cookie: &Attributes, api: &Page, mount_path: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    if cookie.secure && !api.is_https && is_local(&api.host) {
        warnings.push(
            "Safari refuses a Secure cookie over http, even of localhost: set advanced.useSecureCookies to false \
             for development, or use https"
                .to_owned(),
        );
    } else if cookie.secure && !api.is_https {
        warnings.push(
            "browsers refuse a Secure cookie over http: use https, or set advanced.useSecureCookies to false"
                .to_owned(),
        );
    }
    if !cookie.secure && api.is_https {
        warnings.push(
            "the cookie also travels over plain http: remove useSecureCookies: false or secure: false".to_owned(),
        );
    }
    if let Some(domain) = &cookie.domain {
        let domain = domain.trim_start_matches('.').to_ascii_lowercase();
        if !covers(&domain, &api.host) {
            warnings.push(format!(
                "browsers refuse Domain={domain} from {}: name the host or a domain above it",
                api.host
            ));
        } else if domain != api.host && is_public_suffix(&domain) {
            warnings.push(format!(
                "browsers refuse Domain={domain}, under which anybody may have a name: name one of your own"
            ));
        }
    }
    let path = cookie.path.as_deref().unwrap_or("/").trim_end_matches('/');
    let is_sent = mount_path
        .strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if !is_sent {
        warnings.push(format!(
            "browsers never send a cookie with Path={path} to {mount_path}: use a path above it, such as /"
        ));
    }
    warnings
}

/// Whether a cookie with this `Domain` is one of `host`.
fn covers(domain: &str, host: &str) -> bool {
    host == domain
        || (host.parse::<std::net::IpAddr>().is_err()
            && host
                .strip_suffix(domain)
                .is_some_and(|rest| rest.ends_with('.')))
}

/// What becomes of the cookie when a page of `origin`, a pattern, calls the API.
fn check_origin(origin: &str, cookie: &Attributes, api: &Page) -> Finding {
    let finding = |fact: &str, warnings| Finding {
        subject: origin.to_owned(),
        fact: fact.to_owned(),
        warnings,
    };
    let Some(page) = Page::of_pattern(origin, api) else {
        return finding(
            "no page of a browser: cookies are the application's affair",
            vec![],
        );
    };
    let mut warnings = Vec::new();
    if page.is_any_of_suffix() {
        warnings.push(
            "trusts names that anybody may register: name your own domain in the pattern"
                .to_owned(),
        );
    }
    if page.is_same_origin(api) {
        return finding("same origin", warnings);
    }
    if same_site(&page, api) {
        if let Some(domain) = &cookie.domain {
            let domain = domain.trim_start_matches('.').to_ascii_lowercase();
            if !covers(&domain, &page.host) {
                warnings.push(format!(
                    "Domain={domain} does not cover {}: what renders pages there gets no cookie",
                    page.host
                ));
            }
        }
        return finding("same site: cookies are sent", warnings);
    }
    let is_other_scheme = page.is_https != api.is_https && page.is_same_domain(api);
    if is_other_scheme {
        warnings.push("http and https count as two sites: serve both over https".to_owned());
    }
    match cookie.same_site {
        Some(SameSite::None) if cookie.partitioned => {}
        Some(SameSite::None) => warnings.push(
            "Safari, Firefox and private windows refuse third-party cookies without Partitioned: set \
             advanced.defaultCookieAttributes.partitioned, or serve page and API from one site"
                .to_owned(),
        ),
        _ => warnings.push(
            "browsers neither keep nor send the cookie on requests of another site unless SameSite is None: serve \
             page and API from one site, or set advanced.defaultCookieAttributes to \
             {sameSite: none, partitioned: true}, or use the bearer plugin"
                .to_owned(),
        ),
    }
    finding("cross-site", warnings)
}

#[cfg(test)]
mod tests;
