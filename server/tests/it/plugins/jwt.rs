use auth_server::crypto::jws::{self, Algorithm, Jwks, Verified};
use serde_json::{Value, json};
use time::Duration;

use crate::{
    routes::browser::{Browser, error_of, json_of, server},
    support::{
        Process, TestDatabase, TestServer,
        http::{self, Answer},
    },
};

const JWT: &str = "plugins: {jwt: {}}";

async fn jwks(server: &TestServer) -> Value {
    json_of(&Browser::new(server).get("/jwks").await)
}

async fn token(browser: &mut Browser) -> String {
    let answer = browser.get("/token").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    json_of(&answer)["token"].as_str().unwrap().to_owned()
}

/// The token verified by the keys that the server publishes.
async fn verify(server: &TestServer, token: &str) -> Verified {
    let keys: Jwks = serde_json::from_value(jwks(server).await).unwrap();
    jws::verify(&keys, token, &Algorithm::ALL).unwrap()
}

fn set_auth_jwt(answer: &Answer) -> Option<&str> {
    answer.header("set-auth-jwt")
}

#[tokio::test]
async fn a_token_is_verified_by_the_published_keys_whatever_the_algorithm() {
    for name in ["EdDSA", "ES256", "ES512", "PS256", "RS256"] {
        let settings = format!("plugins: {{jwt: {{jwks: {{keyPairConfig: {{alg: {name}}}}}}}}}");
        let server = server(&settings).await;
        let mut browser = Browser::signed_up(&server, "ann").await;
        let verified = verify(&server, &token(&mut browser).await).await;
        assert_eq!(verified.header["alg"], name);
        assert_eq!(verified.claims["email"], "ann@example.com");
        assert_eq!(verified.claims["aud"], "http://localhost:8100");
    }
}

#[tokio::test]
async fn a_token_needs_a_session() {
    let server = server(JWT).await;
    let answer = Browser::new(&server).get("/token").await;
    assert_eq!(error_of(&answer), "401 UNAUTHORIZED");
}

#[tokio::test]
async fn reading_the_session_tells_a_token() {
    let server = server(JWT).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.get("/get-session").await;
    let verified = verify(&server, set_auth_jwt(&answer).unwrap()).await;
    assert_eq!(verified.claims["sub"], json_of(&answer)["user"]["id"]);
    let exposed = answer.header("access-control-expose-headers");
    assert_eq!(exposed, Some("set-auth-jwt"));
    let nobody = Browser::new(&server).get("/get-session").await;
    assert_eq!(set_auth_jwt(&nobody), None);
}

#[tokio::test]
async fn a_session_out_of_the_cookie_cache_tells_a_token_too() {
    let settings = "{session: {cookieCache: {enabled: true}}, plugins: {jwt: {}}}";
    let server = server(settings).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.database.execute("DELETE FROM session").await;
    let answer = browser.get("/get-session").await;
    assert!(set_auth_jwt(&answer).is_some());
}

#[tokio::test]
async fn the_settings_may_leave_the_header_out() {
    let server = server("plugins: {jwt: {disableSettingJwtHeader: true}}").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    assert_eq!(set_auth_jwt(&browser.get("/get-session").await), None);
}

#[tokio::test]
async fn the_private_key_is_stored_encrypted_unless_the_settings_say_otherwise() {
    for (settings, is_clear) in [
        (JWT, false),
        (
            "plugins: {jwt: {jwks: {disablePrivateKeyEncryption: true}}}",
            true,
        ),
    ] {
        let server = server(settings).await;
        jwks(&server).await;
        let stored = server
            .database
            .value(r#"SELECT "privateKey" FROM jwks"#)
            .await;
        let stored: Value = serde_json::from_str(&stored).unwrap();
        assert_eq!(stored.is_object(), is_clear, "{settings}");
        assert_eq!(stored.is_string(), !is_clear, "{settings}");
    }
}

#[tokio::test]
async fn requests_that_need_the_first_key_at_once_make_one() {
    let server = server(JWT).await;
    let browser = Browser::signed_up(&server, "ann").await;
    let requests = (0..8).map(|_| {
        let mut browser = browser.clone();
        async move {
            (
                browser.get("/token").await.status,
                browser.get("/jwks").await.status,
            )
        }
    });
    let mut tasks = tokio::task::JoinSet::new();
    requests.for_each(|request| {
        tasks.spawn(request);
    });
    for statuses in tasks.join_all().await {
        assert_eq!(statuses, (200, 200));
    }
    let count = server.database.value("SELECT count(*) FROM jwks").await;
    assert_eq!(count, "1");
}

#[tokio::test]
async fn keys_rotate_and_the_old_one_is_published_for_its_grace_period() {
    let settings = "plugins: {jwt: {jwks: {rotationInterval: 3600, gracePeriod: 600}}}";
    let server = server(settings).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let old = token(&mut browser).await;
    server.clock.step(Duration::seconds(3599));
    let kid = verify(&server, &old).await.header["kid"].clone();
    let same = token(&mut browser).await;
    assert_eq!(verify(&server, &same).await.header["kid"], kid);
    server.clock.step(Duration::SECOND);
    let new = token(&mut browser).await;
    assert_ne!(verify(&server, &new).await.header["kid"], kid);
    assert_eq!(verify(&server, &old).await.header["kid"], kid);
    server.clock.step(Duration::seconds(600));
    let keys = jwks(&server).await;
    let published: Vec<_> = keys["keys"].as_array().unwrap().iter().collect();
    assert!(published.iter().all(|key| key["kid"] != kid));
    assert_eq!(published.len(), 1);
}

#[tokio::test]
async fn a_key_stored_without_its_algorithm_is_of_that_of_the_settings() {
    let server = server(JWT).await;
    let first = jwks(&server).await["keys"][0].clone();
    assert_eq!(
        (&first["alg"], &first["crv"]),
        (&json!("EdDSA"), &json!("Ed25519"))
    );
    // Of a better-auth that stored no algorithm: it is that of the settings.
    server
        .database
        .execute("UPDATE jwks SET alg = NULL, crv = NULL")
        .await;
    let legacy = jwks(&server).await["keys"][0].clone();
    assert_eq!(legacy, first);
}

#[tokio::test]
async fn a_key_of_an_unknown_secret_is_an_error_that_says_nothing_to_the_client() {
    let server = server(JWT).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    jwks(&server).await;
    let sealed = r#"UPDATE jwks SET "privateKey" = '"2148c5266ba29e91311895992d70be01e2b38d8e5d205fa4742b8dc9de420f1c44695db414cb718996337747cee3e0afd1cd14a9"'"#;
    server.database.execute(sealed).await;
    let answer = browser.get("/token").await;
    assert_eq!((answer.status, answer.body.as_str()), (500, ""));
}

#[tokio::test]
async fn the_keys_may_have_another_path_or_another_place() {
    let server = server("plugins: {jwt: {jwks: {jwksPath: /.well-known/jwks.json}}}").await;
    let mut browser = Browser::new(&server);
    assert_eq!(browser.get("/.well-known/jwks.json").await.status, 200);
    assert_eq!(browser.get("/jwks").await.status, 404);
    let remote = "{remoteUrl: 'https://keys.example', keyPairConfig: {alg: EdDSA}}";
    let server =
        crate::routes::browser::server(&format!("plugins: {{jwt: {{jwks: {remote}}}}}")).await;
    assert_eq!(Browser::new(&server).get("/jwks").await.status, 404);
}

#[tokio::test]
async fn without_the_plugin_there_are_neither_keys_nor_tokens() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    assert_eq!(browser.get("/jwks").await.status, 404);
    assert_eq!(browser.get("/token").await.status, 404);
}

#[tokio::test]
async fn of_20_who_ask_at_once_for_keys_that_are_not_there_one_makes_them() {
    let settings = "plugins: {jwt: {jwks: {keyPairConfig: {alg: RS256}}}}";
    let database = TestDatabase::migrated_for(settings).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), settings).unwrap();
    let config = ("AUTH_CONFIG", file.path().to_str().unwrap());
    let process = Process::serve(&database, &[config]).await;
    let api = process.api();
    let requests = (0..20).map(|_| tokio::spawn(http::get(api, "/api/jwks")));
    for request in requests.collect::<Vec<_>>() {
        assert_eq!(request.await.unwrap().unwrap().status, 200);
    }
    process.terminate().await;
    let output = process.exit().await.output();
    assert_eq!(
        output.matches("making a signing key").count(),
        1,
        "{output}"
    );
}
