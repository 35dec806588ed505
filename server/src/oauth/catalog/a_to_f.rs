//! The services from Apple to Figma.

use super::{base, extra};
use crate::oauth::service::{
    At, ClientAuth, Exchange, Form, IdTokenRules, Page, Pick, Profile, PromptRule, Scopes, Service,
    Source, Special, Verified,
};

pub(super) static APPLE: Service = Service {
    id: "apple",
    base: None,
    page: Page {
        url: "https://appleid.apple.com/auth/authorize",
        scopes: Scopes::Default(&["email", "name"]),
        pkce: true,
        response_type: "code id_token",
        response_mode: Some("form_post"),
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://appleid.apple.com/auth/token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        image: Pick::Present(&[]),
        ..Profile::OIDC
    },
    id_token: Some(IdTokenRules {
        keys: "https://appleid.apple.com/auth/keys",
        issuers: &["https://appleid.apple.com"],
        hashed_nonce: true,
        ..IdTokenRules::STANDARD
    }),
    special: Some(Special::Apple),
};

pub(super) static ATLASSIAN: Service = Service {
    id: "atlassian",
    base: None,
    page: Page {
        url: "https://auth.atlassian.com/authorize",
        scopes: Scopes::Default(&["read:jira-user", "offline_access"]),
        pkce: true,
        prompt: PromptRule::Setting,
        fixed: &[("audience", "api.atlassian.com")],
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://auth.atlassian.com/oauth/token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://api.atlassian.com/me"),
        subject: Pick::Present(&[At::Place("/account_id")]),
        verified: Verified::Never,
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static CLOUDFLARE: Service = Service {
    id: "cloudflare",
    base: None,
    page: Page {
        url: "https://dash.cloudflare.com/oauth2/auth",
        scopes: Scopes::Distinct(&["user-details.read"]),
        pkce: true,
        additional: false,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://dash.cloudflare.com/oauth2/token",
        auth: ClientAuth::Setting,
        refresh_auth: ClientAuth::Setting,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://api.cloudflare.com/client/v4/user"),
        require: &[("/success", "true")],
        root: "/result",
        subject: Pick::Present(&[At::Place("/id")]),
        name: Pick::Truthy(&[
            At::Words(&["/first_name", "/last_name"]),
            At::Place("/email"),
        ]),
        image: Pick::Present(&[]),
        verified: Verified::Never,
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static COGNITO: Service = Service {
    id: "cognito",
    base: Some(base::cognito),
    page: Page {
        url: "https://{}/oauth2/authorize",
        scopes: Scopes::Default(&["openid", "profile", "email"]),
        pkce: true,
        prompt: PromptRule::Setting,
        extra: Some(extra::cognito),
        form: Form::ScopeLast,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://{}/oauth2/token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::IdTokenOr("https://{}/oauth2/userinfo"),
        name: Pick::Truthy(&[
            At::Place("/name"),
            At::Place("/given_name"),
            At::Place("/username"),
        ]),
        ..Profile::OIDC
    },
    id_token: Some(IdTokenRules {
        base: Some(base::cognito_issuer),
        keys: "{}/.well-known/jwks.json",
        issuers: &["{}"],
        ..IdTokenRules::STANDARD
    }),
    special: Some(Special::Cognito),
};

pub(super) static DISCORD: Service = Service {
    id: "discord",
    base: None,
    page: Page {
        url: "https://discord.com/api/oauth2/authorize",
        scopes: Scopes::Default(&["identify", "email"]),
        request_scopes_first: true,
        prompt: PromptRule::SettingOr("none"),
        extra: Some(extra::discord),
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://discord.com/api/oauth2/token",
        verifier: false,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://discord.com/api/users/@me"),
        subject: Pick::Present(&[At::Place("/id")]),
        name: Pick::Truthy(&[At::Place("/global_name"), At::Place("/username")]),
        image: Pick::Present(&[At::Place("/image_url")]),
        verified: Verified::At("/verified"),
        ..Profile::OIDC
    },
    id_token: None,
    special: Some(Special::Discord),
};

pub(super) static DROPBOX: Service = Service {
    id: "dropbox",
    base: None,
    page: Page {
        url: "https://www.dropbox.com/oauth2/authorize",
        scopes: Scopes::Default(&["account_info.read"]),
        pkce: true,
        extra: Some(extra::dropbox),
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://api.dropboxapi.com/oauth2/token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Post("https://api.dropboxapi.com/2/users/get_current_account"),
        subject: Pick::Present(&[At::Place("/account_id")]),
        name: Pick::Present(&[At::Place("/name/display_name")]),
        image: Pick::Present(&[At::Place("/profile_photo_url")]),
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static FACEBOOK: Service = Service {
    id: "facebook",
    base: None,
    page: Page {
        url: "https://www.facebook.com/v24.0/dialog/oauth",
        scopes: Scopes::Default(&["email", "public_profile"]),
        login_hint: true,
        extra: Some(extra::facebook),
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://graph.facebook.com/v24.0/oauth/access_token",
        verifier: false,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://graph.facebook.com/me"),
        subject: Pick::Present(&[At::Place("/sub"), At::Place("/id")]),
        image: Pick::Present(&[At::Place("/picture/data/url"), At::Place("/picture")]),
        ..Profile::OIDC
    },
    id_token: Some(IdTokenRules {
        keys: "https://limited.facebook.com/.well-known/oauth/openid/jwks/",
        issuers: &["https://www.facebook.com"],
        max_age: None,
        opaque: true,
        ..IdTokenRules::STANDARD
    }),
    special: Some(Special::Facebook),
};

pub(super) static FIGMA: Service = Service {
    id: "figma",
    base: None,
    page: Page {
        url: "https://www.figma.com/oauth",
        scopes: Scopes::Default(&["current_user:read"]),
        pkce: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://api.figma.com/v1/oauth/token",
        auth: ClientAuth::Basic,
        refresh_auth: ClientAuth::Basic,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://api.figma.com/v1/me"),
        subject: Pick::Present(&[At::Place("/id")]),
        name: Pick::Present(&[At::Place("/handle")]),
        image: Pick::Present(&[At::Place("/img_url")]),
        verified: Verified::Never,
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};
