use std::sync::Arc;

use serde_json::{Value, json};

use super::browser::{self, Browser, error_of, json_of};
use crate::support::{TestServer, eventually, http::Answer, service::Service};

/// Gives every user an account `id` at `provider`; `columns` and `values` are SQL and begin with a comma.
async fn add(server: &TestServer, id: &str, provider: &str, columns: &str, values: &str) {
    let sql = format!(
        r#"INSERT INTO account (id, "accountId", "providerId", "userId", "createdAt", "updatedAt"{columns})
           SELECT '{id}', 'subject-of-{id}', '{provider}', id, now(), now(){values} FROM "user""#
    );
    server.database.execute(&sql).await;
}

const TOKENS: &str = r#", "accessToken", "refreshToken", "accessTokenExpiresAt", scope"#;

/// An account at the service whose access token has ended.
async fn add_ended(server: &TestServer) {
    let ended = ", 'access', 'refresh', timestamp '2026-01-02 03:00', 'openid,email'";
    add(server, "s", "shop", TOKENS, ended).await;
}

async fn stage(settings: &str) -> (Service, TestServer, Browser) {
    let service = Service::start().await;
    let server = browser::server(&format!("{}{settings}", service.settings())).await;
    let browser = Browser::signed_up(&server, "ann").await;
    (service, server, browser)
}

/// The answers to `count` requests at once.
async fn at_once(browser: &Browser, count: usize, path: &str, bodies: &[Value]) -> Vec<Answer> {
    let requests = (0..count).map(|index| {
        let mut browser = browser.clone();
        let (path, body) = (path.to_owned(), bodies[index % bodies.len()].clone());
        tokio::spawn(async move { browser.post(&path, &body).await })
    });
    let requests: Vec<_> = requests.collect();
    let mut answers = Vec::new();
    for request in requests {
        answers.push(request.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn accounts_are_listed_with_their_scopes_and_without_password_and_tokens() {
    let (_service, server, mut browser) = stage("").await;
    add_ended(&server).await;
    let listed = json_of(&browser.get("/list-accounts").await);
    let listed = listed.as_array().unwrap();
    let one = listed.iter().find(|one| one["providerId"] == "shop");
    let mut one = one.unwrap().as_object().unwrap().clone();
    assert_eq!(listed.len(), 2);
    assert_eq!(one.remove("scopes"), Some(json!(["openid", "email"])));
    let names: Vec<_> = one.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "accountId",
            "createdAt",
            "id",
            "providerId",
            "updatedAt",
            "userId"
        ]
    );
}

#[tokio::test]
async fn the_last_account_stays_whatever_is_asked_for() {
    let (_service, _server, mut browser) = stage("").await;
    let answer = browser
        .post("/unlink-account", &json!({"accountId": "unknown"}))
        .await;
    assert_eq!(error_of(&answer), "400 FAILED_TO_UNLINK_LAST_ACCOUNT");
}

#[tokio::test]
async fn the_last_account_goes_where_the_settings_allow_it() {
    let settings = "account: {accountLinking: {allowUnlinkingAll: true}}";
    let (_service, _server, mut browser) = stage(settings).await;
    let body = json!({"providerId": "credential"});
    let answer = browser.post("/unlink-account", &body).await;
    assert_eq!(answer.body, r#"{"status":true}"#);
    assert_eq!(browser.get("/list-accounts").await.body, "[]");
}

#[tokio::test]
async fn of_20_requests_at_once_to_unlink_two_accounts_one_succeeds() {
    let (_service, server, browser) = stage("").await;
    server.database.execute("DELETE FROM account").await;
    add(&server, "a", "shop", "", "").await;
    add(&server, "b", "shop", "", "").await;
    let bodies = [json!({"accountId": "a"}), json!({"accountId": "b"})];
    let answers = at_once(&browser, 20, "/unlink-account", &bodies).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    let left = server.database.value("SELECT count(*)::text FROM account");
    assert_eq!((done, left.await), (1, "1".to_owned()));
}

#[tokio::test]
async fn an_account_is_unlinked_by_its_id_or_as_clients_of_1_6_name_it() {
    let (_service, server, mut browser) = stage("").await;
    for body in [
        json!({"accountId": "s"}),
        json!({"providerId": "shop"}),
        json!({"providerId": "shop", "accountId": "subject-of-s"}),
    ] {
        add_ended(&server).await;
        let answer = browser.post("/unlink-account", &body).await;
        assert_eq!(answer.body, r#"{"status":true}"#, "{body}");
    }
}

#[tokio::test]
async fn another_users_account_is_not_found() {
    let (_service, server, _) = stage("").await;
    add_ended(&server).await;
    let mut other = Browser::signed_up(&server, "bob").await;
    let mine = r#"INSERT INTO account (id, "accountId", "providerId", "userId", "createdAt", "updatedAt")
        SELECT 'mine', 'x', 'github', id, now(), now() FROM "user" WHERE name = 'bob'"#;
    server.database.execute(mine).await;
    for path in ["/unlink-account", "/get-access-token", "/refresh-token"] {
        let answer = other.post(path, &json!({"accountId": "s"})).await;
        assert_eq!(error_of(&answer), "400 ACCOUNT_NOT_FOUND", "{path}");
    }
    let answer = other.get("/account-info?accountId=s").await;
    assert_eq!(error_of(&answer), "400 ACCOUNT_NOT_FOUND");
}

#[tokio::test]
async fn tokens_are_for_nobody_without_a_session() {
    let (_service, server, _) = stage("").await;
    let mut nobody = Browser::new(&server);
    let body = json!({"accountId": "s", "userId": "ann"});
    for path in ["/get-access-token", "/refresh-token"] {
        let answer = nobody.post(path, &body).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, ""), "{path}");
    }
    let answer = nobody.get("/account-info?accountId=s").await;
    assert_eq!((answer.status, answer.body.as_str()), (401, ""));
}

#[tokio::test]
async fn an_access_token_with_less_than_five_seconds_left_is_refreshed_and_another_is_not() {
    let (service, server, mut browser) = stage("").await;
    // The server's clock says 03:04:05.678.
    for (ends, expected) in [("03:04:10.678", "access"), ("03:04:10.677", "access 1")] {
        server
            .database
            .execute("DELETE FROM account WHERE id = 's'")
            .await;
        let values = format!(", 'access', 'refresh', timestamp '2026-01-02 {ends}', ''");
        add(&server, "s", "shop", TOKENS, &values).await;
        let answer = browser
            .post("/get-access-token", &json!({"providerId": "shop"}))
            .await;
        assert_eq!(json_of(&answer)["accessToken"], expected, "{ends}");
    }
    assert_eq!(service.asked().len(), 1);
}

#[tokio::test]
async fn a_rotated_client_secret_is_sent_from_then_on() {
    let service = Service::start().await;
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("secrets");
    std::fs::create_dir_all(secrets.join("shop")).unwrap();
    let write = |value| std::fs::write(secrets.join("shop/client"), value).unwrap();
    let settings = service.settings().replace(
        "clientId: client,",
        "clientId: client, clientSecretRef: {name: shop, key: client},",
    );
    let config = folder.path().join("config.yaml");
    std::fs::write(&config, settings).unwrap();
    write("first-secret");
    let server = TestServer::with(&[
        ("AUTH_CONFIG", config.to_str().unwrap()),
        ("AUTH_SECRETS_DIR", secrets.to_str().unwrap()),
    ])
    .await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    add_ended(&server).await;
    for value in ["first-secret", "second-secret"] {
        write(value);
        let answer = browser
            .post("/refresh-token", &json!({"accountId": "s"}))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let asked = service.asked().pop().unwrap();
        assert!(asked.contains(&format!("client_secret={value}")), "{asked}");
    }
}

#[tokio::test]
async fn a_refresh_is_stored_and_answered_with_both_tokens() {
    let (service, server, mut browser) = stage("").await;
    add_ended(&server).await;
    let answer = browser
        .post("/refresh-token", &json!({"accountId": "s"}))
        .await;
    assert_eq!(
        json_of(&answer),
        json!({
            "accessToken": "access 1", "refreshToken": "refresh 1",
            "accessTokenExpiresAt": "2026-01-02T04:04:05.678Z", "refreshTokenExpiresAt": null,
            "scope": "openid,email", "idToken": null, "providerId": "shop", "accountId": "s",
        })
    );
    assert!(
        service.asked()[0].contains("refresh_token=refresh&"),
        "{:?}",
        service.asked()
    );
    let stored = r#"SELECT "accessToken" || ', ' || "refreshToken" || ', ' || scope FROM account WHERE id = 's'"#;
    assert_eq!(
        server.database.value(stored).await,
        "access 1, refresh 1, openid,email"
    );
}

#[tokio::test]
async fn of_12_requests_at_once_one_spends_the_refresh_token_and_all_get_what_it_brings() {
    for path in ["/get-access-token", "/refresh-token"] {
        let (service, server, browser) = stage("").await;
        add_ended(&server).await;
        let answers = at_once(&browser, 12, path, &[json!({"accountId": "s"})]).await;
        for answer in answers {
            assert_eq!(json_of(&answer)["accessToken"], "access 1", "{path}");
        }
        assert_eq!(service.asked().len(), 1, "{path}");
    }
}

#[tokio::test]
async fn of_requests_at_two_servers_at_once_one_spends_the_refresh_token() {
    let (service, server, browser) = stage("").await;
    add_ended(&server).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), service.settings()).unwrap();
    let config = ("AUTH_CONFIG", file.path().to_str().unwrap());
    let other = TestServer::on(Arc::clone(&server.database), &[config]).await;
    let mut there = Browser::new(&other);
    there.cookies.clone_from(&browser.cookies);
    let body = [json!({"accountId": "s"})];
    let here = at_once(&browser, 3, "/refresh-token", &body);
    let (here, there) = tokio::join!(here, at_once(&there, 3, "/refresh-token", &body));
    for answer in here.into_iter().chain(there) {
        assert_eq!(json_of(&answer)["accessToken"], "access 1");
    }
    assert_eq!(service.asked().len(), 1);
    let leases = server.database.value("SELECT count(*) FROM verification");
    assert_eq!(leases.await, "0");
}

/// A request for new tokens that the service has been asked for and has not given yet.
async fn being_asked(service: &Service, browser: &Browser) -> tokio::task::JoinHandle<Answer> {
    let mut browser = browser.clone();
    let request = async move {
        browser
            .post("/refresh-token", &json!({"accountId": "s"}))
            .await
    };
    let request = tokio::spawn(request);
    eventually("the service is asked", async || service.asked().len() == 1).await;
    request
}

#[tokio::test]
async fn while_a_service_is_asked_for_tokens_no_transaction_is_open() {
    let (service, server, browser) = stage("").await;
    add_ended(&server).await;
    let request = being_asked(&service, &browser).await;
    let open = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    assert_eq!(server.database.value(open).await, "0");
    assert_eq!(request.await.unwrap().status, 200);
}

#[tokio::test]
async fn tokens_that_nobody_waits_for_any_more_are_stored_before_the_server_has_stopped() {
    let (service, server, browser) = stage("").await;
    add_ended(&server).await;
    being_asked(&service, &browser).await.abort();
    let database = server.stop().await;
    let stored = r#"SELECT "refreshToken" FROM account WHERE id = 's'"#;
    assert_eq!(database.value(stored).await, "refresh 1");
}

#[tokio::test]
async fn tokens_of_an_account_that_was_linked_again_meanwhile_stay() {
    let (service, server, browser) = stage("").await;
    add_ended(&server).await;
    let request = being_asked(&service, &browser).await;
    let linked =
        r#"UPDATE account SET "accessToken" = 'new', "refreshToken" = 'newer' WHERE id = 's'"#;
    server.database.execute(linked).await;
    assert_eq!(json_of(&request.await.unwrap())["refreshToken"], "newer");
}

#[tokio::test]
async fn tokens_are_encrypted_where_the_settings_say_so() {
    let (_service, server, mut browser) = stage("account: {encryptOAuthTokens: true}").await;
    add_ended(&server).await;
    browser
        .post("/refresh-token", &json!({"accountId": "s"}))
        .await;
    let stored = r#"SELECT "accessToken" || "refreshToken" FROM account WHERE id = 's'"#;
    let stored = server.database.value(stored).await;
    assert!(
        stored.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{stored}"
    );
    let answer = browser
        .post("/get-access-token", &json!({"accountId": "s"}))
        .await;
    assert_eq!(json_of(&answer)["accessToken"], "access 1");
}

#[tokio::test]
async fn a_service_that_refuses_is_a_failure_of_its_own_and_changes_nothing() {
    let service = Service::answering(|_| json!({"error": "invalid_grant"})).await;
    let server = browser::server(&service.settings()).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    add_ended(&server).await;
    for (path, code) in [
        ("/get-access-token", "400 FAILED_TO_GET_ACCESS_TOKEN"),
        ("/refresh-token", "400 FAILED_TO_REFRESH_ACCESS_TOKEN"),
    ] {
        let answer = browser.post(path, &json!({"accountId": "s"})).await;
        assert_eq!(error_of(&answer), code);
    }
    let stored = r#"SELECT "accessToken" || "refreshToken" FROM account WHERE id = 's'"#;
    assert_eq!(server.database.value(stored).await, "accessrefresh");
}

#[tokio::test]
async fn account_info_is_what_the_service_tells() {
    let (_service, server, mut browser) = stage("").await;
    add_ended(&server).await;
    let answer = browser.get("/account-info?accountId=s").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let info = json_of(&answer);
    assert_eq!(info["data"]["id"], "ann-there");
    assert_eq!(
        (&info["user"], &info["account"]),
        (
            &json!({"name": "Ann", "email": "ann@there.example", "emailVerified": true}),
            &json!({"id": "s", "providerId": "shop", "accountId": "subject-of-s"}),
        )
    );
}
