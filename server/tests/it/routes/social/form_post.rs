//! Providers that send the browser back with a form, as Apple does.

use serde_json::json;
use url::form_urlencoded;

use super::{Browser, Stage, location, user_of};
use crate::support::oidc::{CLIENT, Oidc};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn apple() -> Stage {
    let oidc = Oidc::start().await;
    let url = oidc.url();
    let settings = format!(
        "socialProviders: {{apple: {{clientId: {CLIENT}, clientSecretRef: {{name: shop, key: secret}}, \
         authorizationEndpoint: '{url}/authorize', tokenEndpoint: '{url}/token', jwksEndpoint: '{url}/jwks'}}}}\n"
    );
    Stage::with_settings(oidc, &settings).await
}

#[tokio::test]
async fn a_form_of_the_provider_leads_to_the_callback_with_what_it_holds() {
    let stage = apple().await;
    let mut browser = Browser::new(&stage.server);
    let page = stage
        .begin(&mut browser, &json!({"provider": "apple"}))
        .await;
    assert!(page.contains("response_mode=form_post"), "{page}");
    let url = stage.oidc.agree(&page).await;
    let user = json!({"name": {"firstName": "Ännchen", "lastName": "Apple"}}).to_string();
    let form = form_urlencoded::Serializer::new(url.query().unwrap().to_owned())
        .append_pair("user", &user)
        .finish();
    // The browser sends no cookies with a form of another site.
    let headers = [FORM, ("origin", "https://appleid.apple.com")];
    let answer = Browser::new(&stage.server)
        .send("POST", "/callback/apple", &headers, &form)
        .await;
    let again = location(&answer)
        .strip_prefix("http://localhost:8100/api")
        .unwrap();
    let answer = browser.get(again).await;
    assert_eq!(location(&answer), "/in");
    assert_eq!(user_of(&mut browser).await["name"], "Ännchen Apple");
}

#[tokio::test]
async fn a_form_signs_nobody_in_without_the_browser_that_began() {
    let stage = apple().await;
    let page = stage
        .begin(
            &mut Browser::new(&stage.server),
            &json!({"provider": "apple"}),
        )
        .await;
    let url = stage.oidc.agree(&page).await;
    let mut victim = Browser::new(&stage.server);
    let answer = victim
        .send("POST", "/callback/apple", &[FORM], url.query().unwrap())
        .await;
    let again = location(&answer)
        .strip_prefix("http://localhost:8100/api")
        .unwrap()
        .to_owned();
    assert!(location(&victim.get(&again).await).ends_with("error=state_mismatch"));
    assert_eq!(stage.counts().await, "0 0 0");
}

#[tokio::test]
async fn a_form_leads_to_the_own_api_whatever_is_in_the_path_and_in_the_form() {
    let stage = apple().await;
    for path in [
        "/callback/%2e%2e%2f%2e%2e%2fevil",
        "/callback/%0d%0aSet-Cookie:%20a=b",
        "/callback/%C3%B9",
    ] {
        let body = "code=%0d%0aSet-Cookie:%20a=b&state=//evil.example";
        let answer = Browser::new(&stage.server)
            .send("POST", path, &[FORM], body)
            .await;
        let location = location(&answer);
        assert!(
            location.starts_with("http://localhost:8100/api/callback/"),
            "{location}"
        );
        assert!(location.is_ascii(), "{location}");
        assert_eq!(answer.header("set-cookie"), None);
    }
}
