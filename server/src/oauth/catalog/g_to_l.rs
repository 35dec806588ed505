//! The services from GitHub to LinkedIn.

use super::{base, extra};
use crate::oauth::service::{
    At, Exchange, IdTokenRules, Page, Pick, Profile, PromptRule, Scopes, Service, Source, Special,
    Verified,
};

pub(super) static GITHUB: Service = Service {
    id: "github",
    base: None,
    page: Page {
        url: "https://github.com/login/oauth/authorize",
        scopes: Scopes::Default(&["read:user", "user:email"]),
        pkce: true,
        login_hint: true,
        prompt: PromptRule::Setting,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://github.com/login/oauth/access_token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://api.github.com/user"),
        subject: Pick::Present(&[At::Place("/id")]),
        name: Pick::Truthy(&[At::Place("/name"), At::Place("/login")]),
        image: Pick::Present(&[At::Place("/avatar_url")]),
        verified: Verified::Never,
        ..Profile::OIDC
    },
    id_token: None,
    special: Some(Special::GitHub),
};

pub(super) static GITLAB: Service = Service {
    id: "gitlab",
    base: Some(base::gitlab),
    page: Page {
        url: "{}/oauth/authorize",
        scopes: Scopes::Default(&["read_user"]),
        pkce: true,
        login_hint: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "{}/oauth/token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("{}/api/v4/user"),
        require: &[("/state", "\"active\"")],
        subject: Pick::Present(&[At::Place("/id")]),
        name: Pick::Present(&[At::Place("/name"), At::Place("/username")]),
        image: Pick::Present(&[At::Place("/avatar_url")]),
        ..Profile::OIDC
    },
    id_token: None,
    special: Some(Special::GitLab),
};

pub(super) static GOOGLE: Service = Service {
    id: "google",
    base: None,
    page: Page {
        url: "https://accounts.google.com/o/oauth2/v2/auth",
        scopes: Scopes::Default(&["email", "profile", "openid"]),
        pkce: true,
        login_hint: true,
        prompt: PromptRule::Setting,
        takes_access_type: true,
        extra: Some(extra::google),
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://oauth2.googleapis.com/token",
        ..Exchange::STANDARD
    },
    profile: Profile::OIDC,
    id_token: Some(IdTokenRules {
        keys: "https://www.googleapis.com/oauth2/v3/certs",
        issuers: &["https://accounts.google.com", "accounts.google.com"],
        ..IdTokenRules::STANDARD
    }),
    special: Some(Special::Google),
};

pub(super) static HUGGINGFACE: Service = Service {
    id: "huggingface",
    base: None,
    page: Page {
        url: "https://huggingface.co/oauth/authorize",
        scopes: Scopes::Default(&["openid", "profile", "email"]),
        pkce: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://huggingface.co/oauth/token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://huggingface.co/oauth/userinfo"),
        name: Pick::Truthy(&[At::Place("/name"), At::Place("/preferred_username")]),
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static KAKAO: Service = Service {
    id: "kakao",
    base: None,
    page: Page {
        url: "https://kauth.kakao.com/oauth/authorize",
        scopes: Scopes::Default(&["account_email", "profile_image", "profile_nickname"]),
        login_hint: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://kauth.kakao.com/oauth/token",
        verifier: false,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://kapi.kakao.com/v2/user/me"),
        subject: Pick::Present(&[At::Place("/id")]),
        name: Pick::Truthy(&[
            At::Place("/kakao_account/profile/nickname"),
            At::Place("/kakao_account/name"),
        ]),
        email: Pick::Present(&[At::Place("/kakao_account/email")]),
        image: Pick::Truthy(&[
            At::Place("/kakao_account/profile/profile_image_url"),
            At::Place("/kakao_account/profile/thumbnail_image_url"),
        ]),
        verified: Verified::All(&[
            "/kakao_account/is_email_valid",
            "/kakao_account/is_email_verified",
        ]),
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static KICK: Service = Service {
    id: "kick",
    base: None,
    page: Page {
        url: "https://id.kick.com/oauth/authorize",
        scopes: Scopes::Default(&["user:read"]),
        pkce: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://id.kick.com/oauth/token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://api.kick.com/public/v1/users"),
        root: "/data/0",
        subject: Pick::Present(&[At::Place("/user_id")]),
        image: Pick::Present(&[At::Place("/profile_picture")]),
        verified: Verified::Never,
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static LINE: Service = Service {
    id: "line",
    base: None,
    page: Page {
        url: "https://access.line.me/oauth2/v2.1/authorize",
        scopes: Scopes::Default(&["openid", "profile", "email"]),
        pkce: true,
        login_hint: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://api.line.me/oauth2/v2.1/token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::IdTokenOr("https://api.line.me/oauth2/v2.1/userinfo"),
        verified: Verified::Never,
        ..Profile::OIDC
    },
    id_token: Some(IdTokenRules {
        keys: "https://api.line.me/oauth2/v2.1/verify",
        remote: true,
        ..IdTokenRules::STANDARD
    }),
    special: None,
};

pub(super) static LINEAR: Service = Service {
    id: "linear",
    base: None,
    page: Page {
        url: "https://linear.app/oauth/authorize",
        scopes: Scopes::Default(&["read"]),
        login_hint: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://api.linear.app/oauth/token",
        verifier: false,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::GraphQl(
            "https://api.linear.app/graphql",
            "query { viewer { id name email avatarUrl active createdAt updatedAt } }",
        ),
        root: "/data/viewer",
        subject: Pick::Present(&[At::Place("/id")]),
        image: Pick::Present(&[At::Place("/avatarUrl")]),
        verified: Verified::Never,
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static LINKEDIN: Service = Service {
    id: "linkedin",
    base: None,
    page: Page {
        url: "https://www.linkedin.com/oauth/v2/authorization",
        scopes: Scopes::Default(&["profile", "email", "openid"]),
        login_hint: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://www.linkedin.com/oauth/v2/accessToken",
        verifier: false,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://api.linkedin.com/v2/userinfo"),
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};
