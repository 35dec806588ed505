//! A secondary storage that is gone, comes back, has another password, or speaks TLS.

use std::fs;

use redis::cmd;
use serde_json::json;

use crate::{
    routes::browser::{Browser, error_of, json_of, server, sign_in},
    support::{Process, TestDatabase, eventually, http, redis::Redis},
};

#[tokio::test]
async fn without_it_nobody_is_signed_in_and_the_server_says_so_and_when_it_is_back_goes_on() {
    let mut redis = Redis::start().await;
    let server = server(&redis.settings()).await;
    let mut ann = Browser::signed_up(&server, "ann").await;
    redis.stop();
    let failed = ann.clone().get("/get-session").await;
    assert_eq!(error_of(&failed), "500 FAILED_TO_GET_SESSION");
    let failed = Browser::new(&server)
        .post("/sign-in/email", &sign_in("ann"))
        .await;
    assert_eq!((failed.status, failed.body.as_str()), (500, ""));
    assert_eq!(Browser::new(&server).get("/get-session").await.body, "null");
    let ready = http::get(server.admin(), "/readyz").await.unwrap();
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (503, "secondary storage not reachable\n")
    );
    redis.start_again().await;
    eventually("the server is ready again", || async {
        http::get(server.admin(), "/readyz").await.unwrap().status == 200
    })
    .await;
    assert_eq!(ann.get("/get-session").await.body, "null");
    let mut ann = Browser::signed_in(&server, "ann").await;
    assert_eq!(
        json_of(&ann.get("/get-session").await)["user"]["name"],
        "ann"
    );
}

#[tokio::test]
async fn a_connection_that_was_ended_is_made_again_within_the_request() {
    let redis = Redis::start().await;
    let server = server(&redis.settings()).await;
    let mut ann = Browser::signed_up(&server, "ann").await;
    for _ in 0..3 {
        let _: i64 = redis
            .run(
                cmd("CLIENT")
                    .arg("KILL")
                    .arg("TYPE")
                    .arg("normal")
                    .arg("SKIPME")
                    .arg("yes"),
            )
            .await;
        assert_eq!(
            json_of(&ann.get("/get-session").await)["user"]["name"],
            "ann"
        );
    }
}

#[tokio::test]
async fn passwords_are_guessed_no_faster_while_it_is_gone() {
    let mut redis = Redis::start().await;
    let server = server(&(redis.settings() + "rateLimit: {enabled: true}")).await;
    redis.stop();
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let headers = [
            ("content-type", "application/json"),
            ("x-forwarded-for", "192.0.2.1"),
        ];
        let body = sign_in("nobody").to_string();
        let answer = Browser::new(&server)
            .send("POST", "/sign-in/email", &headers, &body)
            .await;
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [401, 401, 401, 429]);
}

#[tokio::test]
async fn a_rotated_password_is_taken_up_and_none_is_told() {
    let redis = Redis::with(&["--requirepass", "first-pass-word"]).await;
    let secrets = tempfile::tempdir().unwrap();
    let file = secrets.path().join("cache").join("password");
    fs::create_dir(secrets.path().join("cache")).unwrap();
    fs::write(&file, "first-pass-word\n").unwrap();
    let config = secrets.path().join("config.yaml");
    let settings = format!(
        "secondaryStorage: {{redis: {{url: 'redis://127.0.0.1:{}', passwordRef: {{name: cache, key: password}}}}}}",
        redis.port()
    );
    fs::write(&config, settings).unwrap();
    let database = TestDatabase::migrated().await;
    let process = Process::serve_with(&[
        ("DATABASE_URL", database.url()),
        ("AUTH_CONFIG", config.to_str().unwrap()),
        ("AUTH_SECRETS_DIR", secrets.path().to_str().unwrap()),
    ])
    .await;
    let ready = || async { http::get(process.admin(), "/readyz").await.unwrap().status == 200 };
    eventually("the first password works", ready).await;
    let admin = redis::Client::open(format!(
        "redis://:first-pass-word@127.0.0.1:{}",
        redis.port()
    ));
    let mut admin = admin
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap();
    let mut change = cmd("CONFIG");
    change.arg("SET").arg("requirepass").arg("second-pass-word");
    change.exec_async(&mut admin).await.unwrap();
    fs::write(&file, "second-pass-word\n").unwrap();
    eventually("the password is replaced", || async {
        process
            .output()
            .contains("credentials of the secondary storage replaced")
    })
    .await;
    let mut kill = cmd("CLIENT");
    kill.arg("KILL")
        .arg("TYPE")
        .arg("normal")
        .arg("SKIPME")
        .arg("yes");
    let _: i64 = kill.query_async(&mut admin).await.unwrap();
    eventually("the second password works", ready).await;
    let body = json!({"email": "ann@shop.example", "name": "Ann", "password": "correct horse"});
    let request = http::post("/api/sign-up/email", &body.to_string());
    let answer = http::send(process.api(), &request).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(
        !process.output().contains("pass-word"),
        "{}",
        process.output()
    );
}

#[tokio::test]
async fn a_connection_with_tls_trusts_the_authority_that_is_named_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("cache")).unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let certificate = write("cache/mine", made.cert.pem());
    let key = write("key", made.signing_key.serialize_pem());
    write("cache/another", other.cert.pem());
    let tls_port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port().to_string()
    };
    let _redis = Redis::with(&[
        "--tls-port",
        &tls_port,
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-auth-clients",
        "no",
    ])
    .await;
    let database = TestDatabase::migrated().await;
    for (authority, expected) in [("mine", 200), ("another", 503)] {
        let settings = format!(
            "secondaryStorage: {{redis: {{url: 'rediss://localhost:{tls_port}', caRef: {{name: cache, key: {authority}}}}}}}"
        );
        let config = write(&format!("{authority}.yaml"), settings);
        let process = Process::serve_with(&[
            ("DATABASE_URL", database.url()),
            ("AUTH_CONFIG", &config),
            ("AUTH_SECRETS_DIR", folder.path().to_str().unwrap()),
        ])
        .await;
        let ready = http::get(process.admin(), "/readyz").await.unwrap();
        assert_eq!(ready.status, expected, "{authority}: {}", process.output());
    }
}
