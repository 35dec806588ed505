//! The services from Salesforce to Zoom.

use super::{base, extra};
use crate::oauth::service::{
    At, ClientAuth, Exchange, Form, Page, Pick, Profile, Refresh, Scopes, Service, Source, Special,
    Verified,
};

pub(super) static SALESFORCE: Service = Service {
    id: "salesforce",
    base: Some(base::salesforce),
    page: Page {
        url: "https://{}/services/oauth2/authorize",
        scopes: Scopes::Default(&["openid", "email", "profile"]),
        pkce: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://{}/services/oauth2/token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://{}/services/oauth2/userinfo"),
        subject: Pick::Present(&[At::Place("/user_id")]),
        image: Pick::Truthy(&[At::Place("/photos/picture"), At::Place("/photos/thumbnail")]),
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static SLACK: Service = Service {
    id: "slack",
    base: None,
    page: Page {
        url: "https://slack.com/openid/connect/authorize",
        scopes: Scopes::Default(&["openid", "profile", "email"]),
        request_scopes_first: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://slack.com/api/openid.connect.token",
        verifier: false,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://slack.com/api/openid.connect.userInfo"),
        subject: Pick::Present(&[At::Place("/https:~1~1slack.com~1user_id")]),
        image: Pick::Truthy(&[
            At::Place("/picture"),
            At::Place("/https:~1~1slack.com~1user_image_512"),
        ]),
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static SPOTIFY: Service = Service {
    id: "spotify",
    base: None,
    page: Page {
        url: "https://accounts.spotify.com/authorize",
        scopes: Scopes::Default(&["user-read-email"]),
        pkce: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://accounts.spotify.com/api/token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://api.spotify.com/v1/me"),
        subject: Pick::Present(&[At::Place("/id")]),
        name: Pick::Present(&[At::Place("/display_name")]),
        image: Pick::Present(&[At::Place("/images/0/url")]),
        verified: Verified::Never,
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static TIKTOK: Service = Service {
    id: "tiktok",
    base: None,
    page: Page {
        url: "https://www.tiktok.com/v2/auth/authorize",
        scopes: Scopes::Default(&["user.info.profile"]),
        separator: ",",
        form: Form::Tiktok,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://open.tiktokapis.com/v2/oauth/token/",
        auth: ClientAuth::ClientKey,
        refresh_auth: ClientAuth::ClientKey,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get(
            "https://open.tiktokapis.com/v2/user/info/?fields=open_id,avatar_large_url,display_name,username",
        ),
        subject: Pick::Present(&[At::Place("/data/user/open_id")]),
        name: Pick::Truthy(&[
            At::Place("/data/user/display_name"),
            At::Place("/data/user/username"),
        ]),
        email: Pick::Truthy(&[At::Place("/data/user/email")]),
        image: Pick::Present(&[At::Place("/data/user/avatar_large_url")]),
        verified: Verified::Never,
        placeholder_email: true,
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static TWITCH: Service = Service {
    id: "twitch",
    base: None,
    page: Page {
        url: "https://id.twitch.tv/oauth2/authorize",
        scopes: Scopes::Default(&["user:read:email", "openid"]),
        extra: Some(extra::twitch),
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://id.twitch.tv/oauth2/token",
        verifier: false,
        ..Exchange::STANDARD
    },
    profile: Profile {
        name: Pick::Present(&[At::Place("/preferred_username")]),
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static TWITTER: Service = Service {
    id: "twitter",
    base: None,
    page: Page {
        url: "https://x.com/i/oauth2/authorize",
        scopes: Scopes::Default(&["users.read", "tweet.read", "offline.access", "users.email"]),
        pkce: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://api.x.com/2/oauth2/token",
        auth: ClientAuth::Basic,
        refresh_auth: ClientAuth::Basic,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://api.x.com/2/users/me?user.fields=profile_image_url"),
        subject: Pick::Present(&[At::Place("/data/id")]),
        name: Pick::Present(&[At::Place("/data/name")]),
        email: Pick::Truthy(&[At::Place("/data/email")]),
        image: Pick::Present(&[At::Place("/data/profile_image_url")]),
        verified: Verified::Never,
        placeholder_email: true,
        ..Profile::OIDC
    },
    id_token: None,
    special: Some(Special::Twitter),
};

pub(super) static VERCEL: Service = Service {
    id: "vercel",
    base: None,
    page: Page {
        url: "https://vercel.com/oauth/authorize",
        pkce: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://api.vercel.com/login/oauth/token",
        refresh: Refresh::Never,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://api.vercel.com/login/oauth/userinfo"),
        name: Pick::Present(&[At::Place("/name"), At::Place("/preferred_username")]),
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};

pub(super) static VK: Service = Service {
    id: "vk",
    base: None,
    page: Page {
        url: "https://id.vk.com/authorize",
        scopes: Scopes::Default(&["email", "phone"]),
        pkce: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://id.vk.com/oauth2/auth",
        device_id: true,
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::PostForm("https://id.vk.com/oauth2/user_info"),
        subject: Pick::Present(&[At::Place("/user/user_id")]),
        name: Pick::Present(&[At::Words(&["/user/first_name", "/user/last_name"])]),
        email: Pick::Present(&[At::Place("/user/email")]),
        image: Pick::Present(&[At::Place("/user/avatar")]),
        verified: Verified::Never,
        ..Profile::OIDC
    },
    id_token: None,
    special: Some(Special::Vk),
};

pub(super) static WECHAT: Service = Service {
    id: "wechat",
    base: None,
    page: Page {
        url: "https://open.weixin.qq.com/connect/qrconnect",
        scopes: Scopes::Default(&["snsapi_login"]),
        separator: ",",
        form: Form::Wechat,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://api.weixin.qq.com/sns/oauth2/access_token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://api.weixin.qq.com/sns/userinfo"),
        subject: Pick::Truthy(&[At::Place("/unionid"), At::Place("/openid")]),
        name: Pick::Present(&[At::Place("/nickname")]),
        email: Pick::Truthy(&[At::Place("/email")]),
        image: Pick::Present(&[At::Place("/headimgurl")]),
        verified: Verified::Never,
        placeholder_email: true,
        ..Profile::OIDC
    },
    id_token: None,
    special: Some(Special::Wechat),
};

pub(super) static ZOOM: Service = Service {
    id: "zoom",
    base: None,
    page: Page {
        url: "https://zoom.us/oauth/authorize",
        scopes: Scopes::Ignored,
        pkce: true,
        ..Page::STANDARD
    },
    exchange: Exchange {
        url: "https://zoom.us/oauth/token",
        ..Exchange::STANDARD
    },
    profile: Profile {
        source: Source::Get("https://api.zoom.us/v2/users/me"),
        subject: Pick::Present(&[At::Place("/id")]),
        name: Pick::Present(&[At::Place("/display_name")]),
        image: Pick::Present(&[At::Place("/pic_url")]),
        verified: Verified::All(&["/verified"]),
        ..Profile::OIDC
    },
    id_token: None,
    special: None,
};
