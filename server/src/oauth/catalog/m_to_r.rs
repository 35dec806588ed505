//! The services from Microsoft to Roblox.

use super::base;
use crate::oauth::service::{
    At, ClientAuth, Exchange, IdTokenRules, Page, Pick, Profile, PromptRule, Refresh, Scopes,
    Service, Source, Special, Verified,
};

pub(super) static MICROSOFT: Service = Service {
    id: "microsoft",
    base: Some(base::microsoft),
    page: Page {
        url: "{}/oauth2/v2.0/authorize",
        scopes: Scopes::Default(&["openid", "profile", "email", "User.Read", "offline_access"]),
        pkce: true,
        login_hint: true,
        prompt: PromptRule::Setting,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "{}/oauth2/v2.0/token",
        refresh: Refresh::WithScopes,
        ..Exchange::STANDARD
    },
    profile: Profile {
        subject: Pick::Present(&[At::Place("/oid")]),
        ..Profile::OIDC
    },
    id_token: Some(IdTokenRules {
        base: Some(base::microsoft),
        keys: "{}/discovery/v2.0/keys",
        ..IdTokenRules::STANDARD
    }),
    special: Some(Special::Microsoft),
};

pub(super) static NAVER: Service = Service {
    id: "naver",
    base: None,
    page: Page {
        url: "https://nid.naver.com/oauth2.0/authorize",
        scopes: Scopes::Default(&["profile", "email"]),
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://nid.naver.com/oauth2.0/token",
        verifier: false,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://openapi.naver.com/v1/nid/me"),
        require: &[("/resultcode", "\"00\"")],
        subject: Pick::Present(&[At::Place("/response/id")]),
        name: Pick::Truthy(&[At::Place("/response/name"), At::Place("/response/nickname")]),
        email: Pick::Present(&[At::Place("/response/email")]),
        image: Pick::Present(&[At::Place("/response/profile_image")]),
        verified: Verified::Never,
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static NOTION: Service = Service {
    id: "notion",
    base: None,
    page: Page {
        url: "https://api.notion.com/v1/oauth/authorize",
        login_hint: true,
        fixed: &[("owner", "user")],
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://api.notion.com/v1/oauth/token",
        auth: ClientAuth::Basic,
        verifier: false,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://api.notion.com/v1/users/me"),
        headers: &[("notion-version", "2022-06-28")],
        root: "/bot/owner/user",
        subject: Pick::Present(&[At::Place("/id")]),
        email: Pick::Truthy(&[At::Place("/person/email")]),
        image: Pick::Present(&[At::Place("/avatar_url")]),
        verified: Verified::Never,
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static PAYBIN: Service = Service {
    id: "paybin",
    base: Some(base::paybin),
    page: Page {
        url: "{}/oauth2/authorize",
        scopes: Scopes::Default(&["openid", "email", "profile"]),
        pkce: true,
        login_hint: true,
        prompt: PromptRule::Setting,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "{}/oauth2/token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        name: Pick::Truthy(&[At::Place("/name"), At::Place("/preferred_username")]),
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static PAYPAL: Service = Service {
    id: "paypal",
    base: Some(base::paypal),
    page: Page {
        url: "https://www.{}paypal.com/signin/authorize",
        scopes: Scopes::Ignored,
        pkce: true,
        prompt: PromptRule::Setting,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://api-m.{}paypal.com/v1/oauth2/token",
        auth: ClientAuth::Basic,
        refresh_auth: ClientAuth::Basic,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get(
            "https://api-m.{}paypal.com/v1/identity/oauth2/userinfo?schema=paypalv1.1",
        ),
        headers: &[("accept", "application/json")],
        subject: Pick::Present(&[At::Place("/user_id")]),
        ..Profile::OIDC
    },
    id_token: None,
    special: Some(Special::PayPal),
};

pub(super) static POLAR: Service = Service {
    id: "polar",
    base: None,
    page: Page {
        url: "https://polar.sh/oauth2/authorize",
        scopes: Scopes::Default(&["openid", "profile", "email"]),
        pkce: true,
        prompt: PromptRule::Setting,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://api.polar.sh/v1/oauth2/token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://api.polar.sh/v1/oauth2/userinfo"),
        subject: Pick::Present(&[At::Place("/id")]),
        name: Pick::Truthy(&[At::Place("/public_name"), At::Place("/username")]),
        image: Pick::Present(&[At::Place("/avatar_url")]),
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static RAILWAY: Service = Service {
    id: "railway",
    base: None,
    page: Page {
        url: "https://backboard.railway.com/oauth/auth",
        scopes: Scopes::Default(&["openid", "email", "profile"]),
        pkce: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://backboard.railway.com/oauth/token",
        auth: ClientAuth::Basic,
        refresh_auth: ClientAuth::Basic,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://backboard.railway.com/oauth/me"),
        verified: Verified::Never,
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static REDDIT: Service = Service {
    id: "reddit",
    base: None,
    page: Page {
        url: "https://www.reddit.com/api/v1/authorize",
        scopes: Scopes::Default(&["identity"]),
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://www.reddit.com/api/v1/access_token",
        auth: ClientAuth::Basic,
        refresh_auth: ClientAuth::Basic,
        verifier: false,
        headers: &[("accept", "text/plain")],
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://oauth.reddit.com/api/v1/me"),
        subject: Pick::Present(&[At::Place("/id")]),
        email: Pick::Present(&[]),
        image: Pick::Present(&[At::WithoutQuery("/icon_img")]),
        verified: Verified::Never,
        placeholder_email: true,
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static ROBLOX: Service = Service {
    id: "roblox",
    base: None,
    page: Page {
        url: "https://apis.roblox.com/oauth/v1/authorize",
        scopes: Scopes::Default(&["openid", "profile"]),
        prompt: PromptRule::SettingOr("select_account consent"),
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://apis.roblox.com/oauth/v1/token",
        verifier: false,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://apis.roblox.com/oauth/v1/userinfo"),
        name: Pick::Truthy(&[At::Place("/nickname"), At::Place("/preferred_username")]),
        email: Pick::Present(&[]),
        verified: Verified::Never,
        placeholder_email: true,
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};
