//! Sign-in through a service, with a provider that speaks OpenID Connect.

mod binding;
mod events;
mod failure;
mod form_post;
mod id_token;
mod linking;
mod sign_up;

use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::browser::{Browser, ORIGIN, json_of};
use crate::support::{
    TestDatabase, TestServer,
    http::Answer,
    oidc::{CLIENT, CLIENT_SECRET, Oidc},
};

/// A provider, and a server that knows it as `shop`.
pub(crate) struct Stage {
    pub(crate) oidc: Oidc,
    pub(crate) server: TestServer,
    /// Deleted with this.
    _folder: TempDir,
}

impl Stage {
    /// With the settings `yaml`, and `provider` among those of the provider; both of a flow style end with a comma.
    pub(crate) async fn new(yaml: &str, provider: &str) -> Self {
        let oidc = Oidc::start().await;
        Self::with(oidc, yaml, provider).await
    }

    pub(crate) async fn with(oidc: Oidc, yaml: &str, provider: &str) -> Self {
        let url = oidc.url();
        let settings = format!(
            "plugins: {{genericOAuth: {{config: [{{providerId: shop, clientId: {CLIENT}, \
             clientSecretRef: {{name: shop, key: secret}}, {provider} \
             discoveryUrl: '{url}/.well-known/openid-configuration'}}]}}}}\n{yaml}"
        );
        Self::with_settings(oidc, &settings).await
    }

    /// With these settings and no others.
    pub(crate) async fn with_settings(oidc: Oidc, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("auth.yaml");
        std::fs::write(&file, settings).unwrap();
        std::fs::create_dir(folder.path().join("shop")).unwrap();
        std::fs::write(folder.path().join("shop/secret"), CLIENT_SECRET).unwrap();
        let variables = [
            ("AUTH_CONFIG", file.to_str().unwrap()),
            ("AUTH_SECRETS_DIR", folder.path().to_str().unwrap()),
        ];
        let database = TestDatabase::migrated_for(settings).await;
        let server = TestServer::on(database, &variables).await;
        Self {
            oidc,
            server,
            _folder: folder,
        }
    }

    pub(crate) async fn value(&self, sql: &str) -> String {
        self.server.database.value(sql).await
    }

    /// How many users, accounts at the service and sessions there are.
    pub(crate) async fn counts(&self) -> String {
        let sql = r#"concat_ws(' ', (SELECT count(*) FROM "user"),
            (SELECT count(*) FROM account WHERE "providerId" <> 'credential'), (SELECT count(*) FROM session))"#;
        self.value(sql).await
    }

    /// The kinds of all events in the audit log, in their order.
    pub(crate) async fn kinds(&self) -> String {
        self.value("(SELECT string_agg(event, ' ' ORDER BY id) FROM authbackend_audit)")
            .await
    }

    /// The page of the provider to which a sign-in leads.
    pub(crate) async fn begin(&self, browser: &mut Browser, more: &Value) -> String {
        begin(browser, "/sign-in/social", more).await
    }

    /// A whole sign-in: the answer to the browser that comes back.
    pub(crate) async fn sign_in(&self, browser: &mut Browser, more: &Value) -> Answer {
        let page = self.begin(browser, more).await;
        self.come_back(browser, &page).await
    }

    /// The user agrees on `page` and comes back.
    pub(crate) async fn come_back(&self, browser: &mut Browser, page: &str) -> Answer {
        browser.get(&path_of(&self.oidc.agree(page).await)).await
    }

    /// The same for linking.
    pub(crate) async fn link(&self, browser: &mut Browser, more: &Value) -> Answer {
        let page = begin(browser, "/link-social", more).await;
        self.come_back(browser, &page).await
    }
}

async fn begin(browser: &mut Browser, path: &str, more: &Value) -> String {
    let mut body = json!({"provider": "shop", "callbackURL": "/in", "errorCallbackURL": "/oops"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let answer = browser.post(path, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    json_of(&answer)["url"].as_str().unwrap().to_owned()
}

/// The path below the API, with the query.
pub(crate) fn path_of(url: &Url) -> String {
    let url = url.as_str().strip_prefix(ORIGIN).unwrap();
    url.strip_prefix("/api").unwrap().to_owned()
}

/// Where an answer leads.
pub(crate) fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, 302, "{}", answer.body);
    answer.header("location").unwrap()
}

/// Whether the browser has a session that holds.
pub(crate) async fn is_signed_in(browser: &mut Browser) -> bool {
    json_of(&browser.get("/get-session").await) != Value::Null
}

/// The user of the browser's session.
pub(crate) async fn user_of(browser: &mut Browser) -> Value {
    json_of(&browser.get("/get-session").await)["user"].clone()
}
