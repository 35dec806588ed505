//! Which service needs and knows which settings.

use serde_json::{Map, Value};

use super::SocialProvider;
use crate::auth::problem::Problem;

/// The services that better-auth has built in.
pub const PROVIDER_IDS: [&str; 36] = [
    "apple",
    "atlassian",
    "cloudflare",
    "cognito",
    "discord",
    "dropbox",
    "facebook",
    "figma",
    "github",
    "gitlab",
    "google",
    "huggingface",
    "kakao",
    "kick",
    "line",
    "linear",
    "linkedin",
    "microsoft",
    "naver",
    "notion",
    "paybin",
    "paypal",
    "polar",
    "railway",
    "reddit",
    "roblox",
    "salesforce",
    "slack",
    "spotify",
    "tiktok",
    "twitch",
    "twitter",
    "vercel",
    "vk",
    "wechat",
    "zoom",
];

/// Services that sign nobody in without a client secret.
const NEED_SECRET: [&str; 14] = [
    "apple",
    "atlassian",
    "facebook",
    "figma",
    "google",
    "notion",
    "paybin",
    "paypal",
    "railway",
    "reddit",
    "salesforce",
    "tiktok",
    "twitter",
    "wechat",
];

/// Settings that only some services know.
const SPECIAL: [(&str, &[&str]); 25] = [
    ("accessType", &["google", "dropbox"]),
    ("appBundleIdentifier", &["apple"]),
    ("audience", &["apple"]),
    ("authority", &["microsoft"]),
    ("claims", &["twitch"]),
    ("clientKey", &["tiktok"]),
    ("configId", &["facebook"]),
    ("disableProfilePhoto", &["microsoft"]),
    ("display", &["google"]),
    ("domain", &["cognito"]),
    ("duration", &["reddit"]),
    ("environment", &["paypal", "salesforce"]),
    ("fields", &["facebook"]),
    ("hd", &["google"]),
    ("identityProvider", &["cognito"]),
    ("includeGrantedScopes", &["google"]),
    ("issuer", &["gitlab", "paybin"]),
    ("lang", &["wechat"]),
    ("loginUrl", &["salesforce"]),
    ("permissions", &["discord"]),
    ("pkce", &["zoom"]),
    ("profilePhotoSize", &["microsoft"]),
    ("tenantId", &["microsoft"]),
    ("tokenEndpointAuthMethod", &["cloudflare"]),
    ("userPoolId", &["cognito"]),
];

/// Settings whose value is one of a few.
const CHOICES: [(&str, &str, &[&str]); 5] = [
    ("dropbox", "accessType", &["offline", "online", "legacy"]),
    ("google", "accessType", &["offline", "online"]),
    ("paypal", "environment", &["sandbox", "live"]),
    ("reddit", "duration", &["permanent", "temporary"]),
    ("salesforce", "environment", &["sandbox", "production"]),
];

/// Settings that are URLs.
const URLS: [&str; 7] = [
    "authority",
    "authorizationEndpoint",
    "issuer",
    "jwksEndpoint",
    "redirectURI",
    "tokenEndpoint",
    "userInfoEndpoint",
];

pub(super) fn check(id: &str, provider: &SocialProvider, problems: &mut Vec<Problem>) {
    let path = |field: &str| format!("socialProviders.{id}.{field}");
    if !PROVIDER_IDS.contains(&id) {
        problems.push(Problem::new(
            format!("socialProviders.{id}"),
            format!(
                "is not a service known here: name one of {}, or describe it in plugins.genericOAuth.config",
                PROVIDER_IDS.join(", ")
            ),
        ));
        return;
    }
    if provider.enabled == Some(false) {
        return;
    }
    for field in missing(id, provider) {
        problems.push(Problem::new(
            path(field),
            format!("is not set: {id} signs nobody in without it"),
        ));
    }
    // Settings are texts, numbers, flags and lists of texts, so that they always serialize.
    let Ok(Value::Object(set)) = serde_json::to_value(provider) else {
        return;
    };
    for (field, services) in SPECIAL {
        if set.contains_key(field) && !services.contains(&id) {
            let remedy = format!("is a setting of {} only: remove it", services.join(" and "));
            problems.push(Problem::new(path(field), remedy));
        }
    }
    for (service, field, choices) in CHOICES {
        let value = text(&set, field).filter(|_| service == id);
        if value.is_some_and(|value| !choices.contains(&value)) {
            let remedy = format!("must be one of {}", choices.join(", "));
            problems.push(Problem::new(path(field), remedy));
        }
    }
    for field in URLS {
        if text(&set, field).is_some_and(|url| !is_url(url)) {
            let remedy = "must be a URL that begins with https:// (or http://, for a test)";
            problems.push(Problem::new(path(field), remedy));
        }
    }
}

/// The settings without which the service cannot work, as far as they are not there.
fn missing(id: &str, provider: &SocialProvider) -> Vec<&'static str> {
    let is_absent = |text: &Option<String>| text.as_deref().unwrap_or_default().is_empty();
    let has_client_id = || {
        provider
            .client_id
            .as_ref()
            .is_some_and(|id| !id.primary().is_empty())
    };
    let needs_secret = NEED_SECRET.contains(&id) || provider.require_client_secret == Some(true);
    let mut missing = Vec::new();
    if id == "tiktok" {
        missing.extend(is_absent(&provider.client_key).then_some("clientKey"));
    } else {
        missing.extend((!has_client_id()).then_some("clientId"));
    }
    missing.extend(
        (needs_secret && provider.client_secret_ref.is_none()).then_some("clientSecretRef"),
    );
    if id == "cognito" {
        missing.extend(is_absent(&provider.domain).then_some("domain"));
        missing.extend(is_absent(&provider.region).then_some("region"));
        missing.extend(is_absent(&provider.user_pool_id).then_some("userPoolId"));
    }
    missing
}

fn text<'a>(set: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    set.get(field)?.as_str()
}

pub(in crate::auth) fn is_url(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| {
        text.strip_prefix(scheme).is_some_and(|rest| {
            !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace)
        })
    })
}
