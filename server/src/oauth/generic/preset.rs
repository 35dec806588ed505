//! What better-auth's helpers know about services.

use authbackend_crds::auth::{GenericOAuthConfig, Preset};

use serde_json::Value;

use super::entra;
use crate::oauth::{
    service::{At, Pick, Profile, Source, Verified},
    transport::ServiceError,
};

/// A preset, as far as it is data.
struct Known {
    authorization_url: &'static str,
    token_url: &'static str,
    profile: &'static Profile,
}

static GUMROAD: Known = Known {
    authorization_url: "https://gumroad.com/oauth/authorize",
    token_url: "https://api.gumroad.com/oauth/token",
    profile: &Profile {
        source: Source::Get("https://api.gumroad.com/v2/user"),
        require: &[("/success", "true")],
        root: "/user",
        subject: Pick::Present(&[At::Place("/user_id")]),
        image: Pick::Present(&[At::Place("/profile_url")]),
        verified: Verified::Never,
        ..Profile::OIDC
    },
};

static HUBSPOT: Known = Known {
    authorization_url: "https://app.hubspot.com/oauth/authorize",
    token_url: "https://api.hubapi.com/oauth/v1/token",
    profile: &Profile {
        source: Source::GetOfToken("https://api.hubapi.com/oauth/v1/access-tokens/"),
        headers: &[("content-type", "application/json")],
        subject: Pick::Present(&[
            At::Place("/user_id"),
            At::Place("/signed_access_token/userId"),
        ]),
        name: Pick::Present(&[At::Place("/user")]),
        email: Pick::Present(&[At::Place("/user")]),
        image: Pick::Present(&[]),
        verified: Verified::Never,
        ..Profile::OIDC
    },
};

static LINE: Known = Known {
    authorization_url: "https://access.line.me/oauth2/v2.1/authorize",
    token_url: "https://api.line.me/oauth2/v2.1/token",
    profile: &Profile {
        source: Source::IdTokenOr("https://api.line.me/oauth2/v2.1/userinfo"),
        verified: Verified::Never,
        ..Profile::OIDC
    },
};

static PATREON: Known = Known {
    authorization_url: "https://www.patreon.com/oauth2/authorize",
    token_url: "https://www.patreon.com/api/oauth2/token",
    profile: &Profile {
        source: Source::Get(
            "https://www.patreon.com/api/oauth2/v2/identity?fields%5Buser%5D=email,full_name,image_url,is_email_verified",
        ),
        subject: Pick::Present(&[At::Place("/data/id")]),
        name: Pick::Present(&[At::Place("/data/attributes/full_name")]),
        email: Pick::Present(&[At::Place("/data/attributes/email")]),
        image: Pick::Present(&[At::Place("/data/attributes/image_url")]),
        verified: Verified::At("/data/attributes/is_email_verified"),
        ..Profile::OIDC
    },
};

static SLACK: Known = Known {
    authorization_url: "https://slack.com/openid/connect/authorize",
    token_url: "https://slack.com/api/openid.connect.token",
    profile: &Profile {
        source: Source::Get("https://slack.com/api/openid.connect.userInfo"),
        image: Pick::Present(&[
            At::Place("/picture"),
            At::Place("/https:~1~1slack.com~1user_image_512"),
        ]),
        ..Profile::OIDC
    },
};

static YANDEX: Known = Known {
    authorization_url: "https://oauth.yandex.com/authorize",
    token_url: "https://oauth.yandex.com/token",
    profile: &Profile {
        source: Source::GetAs("https://login.yandex.ru/info?format=json", "OAuth"),
        subject: Pick::Present(&[At::Place("/id")]),
        name: Pick::Present(&[
            At::Place("/display_name"),
            At::Place("/real_name"),
            At::Place("/first_name"),
            At::Place("/login"),
        ]),
        email: Pick::Present(&[At::Place("/default_email"), At::Place("/emails/0")]),
        image: Pick::Present(&[At::Place("/image_url")]),
        verified: Verified::Never,
        ..Profile::OIDC
    },
};

fn known(preset: Option<Preset>) -> Option<&'static Known> {
    match preset? {
        Preset::Gumroad => Some(&GUMROAD),
        Preset::Hubspot => Some(&HUBSPOT),
        Preset::Line => Some(&LINE),
        Preset::Patreon => Some(&PATREON),
        Preset::Slack => Some(&SLACK),
        Preset::Yandex => Some(&YANDEX),
        Preset::Auth0 | Preset::Keycloak | Preset::MicrosoftEntraId | Preset::Okta => None,
    }
}

/// Where the profile of a preset is.
pub(super) fn profile(preset: Option<Preset>) -> Option<&'static Profile> {
    known(preset).map(|known| known.profile)
}

/// Completes the profile of a preset, and refuses users who may not sign in.
pub(super) fn complete_profile(
    preset: Option<Preset>,
    mut data: Value,
) -> Result<Value, ServiceError> {
    if preset != Some(Preset::Yandex) {
        return Ok(data);
    }
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let email = match &data["default_email"] {
        Value::Null => &data["emails"][0],
        email => email,
    };
    if !text(email) {
        return Err(ServiceError::User("without an email address at Yandex"));
    }
    let is_empty = data
        .get("is_avatar_empty")
        .is_some_and(crate::identity::fields::is_truthy);
    if !is_empty && text(&data["default_avatar_id"]) {
        let avatar = data["default_avatar_id"].as_str().unwrap_or_default();
        data["image_url"] =
            format!("https://avatars.yandex.net/get-yapic/{avatar}/islands-200").into();
    }
    Ok(data)
}

/// The scopes of a preset.
pub(super) fn scopes(preset: Option<Preset>) -> Vec<String> {
    let scopes: &[&str] = match preset {
        None => &[],
        Some(Preset::Gumroad) => &["view_profile"],
        Some(Preset::Hubspot) => &["oauth"],
        Some(Preset::Yandex) => &["login:info", "login:email", "login:avatar"],
        Some(Preset::Patreon) => &["identity[email]"],
        Some(_) => &["openid", "profile", "email"],
    };
    scopes.iter().map(|scope| (*scope).to_owned()).collect()
}

/// The settings, with the URLs that the preset knows.
pub(super) fn complete(mut config: GenericOAuthConfig) -> GenericOAuthConfig {
    if let Some(known) = known(config.preset) {
        let url = |url: &str| Some(url.to_owned());
        config.authorization_url = config
            .authorization_url
            .or_else(|| url(known.authorization_url));
        config.token_url = config.token_url.or_else(|| url(known.token_url));
    }
    if config.preset == Some(Preset::MicrosoftEntraId) {
        entra::complete(&mut config);
    }
    let issuer = match config.preset {
        Some(Preset::Auth0) => config.domain.as_deref().map(|domain| {
            let domain = domain
                .split_once("://")
                .map_or(domain, |(_, domain)| domain);
            format!("https://{}", domain.split('/').next().unwrap_or_default())
        }),
        Some(Preset::Keycloak | Preset::Okta) => config.issuer.clone(),
        _ => None,
    };
    if let Some(issuer) = issuer {
        let issuer = issuer.strip_suffix('/').unwrap_or(&issuer);
        let url = format!("{issuer}/.well-known/openid-configuration");
        config.discovery_url = config.discovery_url.or(Some(url));
    }
    config
}
