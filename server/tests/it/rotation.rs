//! Credentials and signing secrets that change while the server runs.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use tokio::task::JoinSet;

use crate::support::{Process, SECRET, TestDatabase, eventually, http};

const READ: &str = "cookie: better-auth.session_token=none\r\n";

/// Files as Kubernetes mounts them: each a link through `..data`, which is swapped as a whole.
struct Mount(tempfile::TempDir);

impl Mount {
    fn new(content: &str) -> Self {
        let mount = Self(tempfile::tempdir().unwrap());
        mount.replace(content);
        std::os::unix::fs::symlink("..data/value", mount.path()).unwrap();
        mount
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("value")
    }

    fn replace(&self, content: &str) {
        let version = tempfile::Builder::new()
            .prefix("..")
            .tempdir_in(self.0.path())
            .unwrap()
            .keep();
        std::fs::write(version.join("value"), content).unwrap();
        let link = self.0.path().join("..data_tmp");
        std::os::unix::fs::symlink(&version, &link).unwrap();
        std::fs::rename(&link, self.0.path().join("..data")).unwrap();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Reads sessions until told to stop; answers with the number of requests and of failures.
struct Load {
    stop: Arc<AtomicBool>,
    failures: Arc<AtomicU32>,
    workers: JoinSet<()>,
}

impl Load {
    fn on(process: &Process) -> Self {
        let (stop, failures) = (Arc::<AtomicBool>::default(), Arc::<AtomicU32>::default());
        let mut workers = JoinSet::new();
        for worker in 0..8_u8 {
            let (api, stop, failures) = (process.api(), Arc::clone(&stop), Arc::clone(&failures));
            workers.spawn(async move {
                for number in 0_u16.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    // Each request comes from another client, so that none comes too often.
                    let [high, low] = number.to_be_bytes();
                    let client = format!("x-forwarded-for: 10.{worker}.{high}.{low}\r\n");
                    let body = r#"{"email":"nobody@shop.example","password":"x"}"#;
                    let read = http::send(
                        api,
                        &http::request("GET", "/api/get-session", &[READ, &client].concat(), ""),
                    )
                    .await;
                    let headers = format!("content-type: application/json\r\n{client}");
                    let request = http::request("POST", "/api/sign-in/email", &headers, body);
                    let sign_in = http::send(api, &request).await;
                    let is_good = read.is_ok_and(|answer| answer.status == 200)
                        && sign_in.is_ok_and(|answer| answer.status == 401);
                    failures.fetch_add(u32::from(!is_good), Ordering::Relaxed);
                }
            });
        }
        Self {
            stop,
            failures,
            workers,
        }
    }

    async fn end(mut self) -> u32 {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(worker) = self.workers.join_next().await {
            worker.unwrap();
        }
        self.failures.load(Ordering::Relaxed)
    }
}

/// The rotation failed no request, took no more connections than allowed, and left no password in the log.
async fn is_unnoticed(database: &TestDatabase, load: Load, process: &Process) {
    assert!(database.backends().await <= 4);
    assert_eq!(load.end().await, 0, "{}", process.output());
    assert!(
        !process.output().contains("pass-word"),
        "{}",
        process.output()
    );
}

#[tokio::test]
async fn a_rotated_database_password_is_taken_up_under_load_without_an_error() {
    let database = TestDatabase::migrated().await;
    let role = database.role("first-pass-word").await;
    let mount = Mount::new(&database.url_of(&role, "first-pass-word"));
    let path = mount.path();
    let process = Process::serve_with(&[
        ("DATABASE_URL_FILE", text(&path)),
        ("DATABASE_MAX_CONNECTIONS", "4"),
    ])
    .await;
    let load = Load::on(&process);
    eventually("there is load", async || database.backends().await > 0).await;

    database
        .execute(&format!("ALTER ROLE {role} PASSWORD 'second-pass-word'"))
        .await;
    mount.replace(&format!("{}\n", database.url_of(&role, "second-pass-word")));
    eventually("the credentials are replaced", async || {
        process.logged("database credentials replaced").is_some()
    })
    .await;
    is_unnoticed(&database, load, &process).await;
}

/// As a token of a cloud's access management, which is written again every few minutes and ends a while later.
#[tokio::test]
async fn a_password_that_changes_again_and_again_is_followed_under_load_without_an_error() {
    let database = TestDatabase::migrated().await;
    let role = database.role("token-pass-word-0").await;
    let mount = Mount::new("token-pass-word-0");
    let path = mount.path();
    let process = Process::serve_with(&[
        ("DATABASE_URL", &database.url_of(&role, "")),
        ("DATABASE_PASSWORD_FILE", text(&path)),
        ("DATABASE_MAX_CONNECTIONS", "4"),
    ])
    .await;
    let load = Load::on(&process);
    eventually("there is load", async || database.backends().await > 0).await;
    for number in 1..=4 {
        let token = format!("token-pass-word-{number}");
        database
            .execute(&format!("ALTER ROLE {role} PASSWORD '{token}'"))
            .await;
        mount.replace(&token);
        let replaced = || {
            let lines = process.log().into_iter();
            lines
                .filter(|line| line["message"] == "database credentials replaced")
                .count()
        };
        eventually("the newest token is in use", async || replaced() == number).await;
    }
    is_unnoticed(&database, load, &process).await;
}

/// The keys of `secretRefs` stay, their values move on by one. With several servers the new value comes second first.
#[tokio::test]
async fn signing_secrets_that_move_on_by_one_sign_nobody_out() {
    let database = TestDatabase::migrated().await;
    let (first, second) = (Mount::new(SECRET), Mount::new(SECRET));
    let files = format!("{},{}", first.path().display(), second.path().display());
    let process = Process::serve(&database, &[("AUTH_SECRET_FILE", &files)]).await;
    let sign_up = r#"{"name":"Ann","email":"ann@shop.example","password":"correct horse"}"#;
    let answer = http::send(process.api(), &http::post("/api/sign-up/email", sign_up))
        .await
        .unwrap();
    let cookie = answer.header("set-cookie").unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let session = http::request(
        "GET",
        "/api/get-session",
        &format!("cookie: {cookie}\r\n"),
        "",
    );
    second.replace(SECRET);
    first.replace("another-signing-secret-of-the-tests-0123");
    eventually("the secrets are replaced", async || {
        process.logged("signing secrets replaced").is_some()
    })
    .await;
    for _ in 0..3 {
        let answer = http::send(process.api(), &session).await.unwrap();
        assert!(answer.body.contains("ann@shop.example"), "{answer:?}");
    }
}

#[tokio::test]
async fn connections_of_the_old_password_are_closed() {
    let database = TestDatabase::migrated().await;
    let role = database.role("first-pass-word").await;
    let mount = Mount::new("first-pass-word");
    let path = mount.path();
    let url = database.url_of(&role, "");
    let process = Process::serve_with(&[
        ("DATABASE_URL", &url),
        ("DATABASE_PASSWORD_FILE", text(&path)),
    ])
    .await;
    http::get(process.admin(), "/readyz").await.unwrap();
    let pids = "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'auth-server'";
    let before = database.value(pids).await;
    database
        .execute(&format!("ALTER ROLE {role} PASSWORD 'second-pass-word'"))
        .await;
    mount.replace("second-pass-word");
    eventually("the old connection is closed", async || {
        database.value(pids).await != before
    })
    .await;
    assert_eq!(
        http::get(process.admin(), "/readyz").await.unwrap().status,
        200
    );
}

#[tokio::test]
async fn new_credentials_that_do_not_work_leave_the_old_ones_in_use_and_are_told_once() {
    let database = TestDatabase::migrated().await;
    let unmigrated = TestDatabase::empty().await;
    let role = database.role("first-pass-word").await;
    let mount = Mount::new(&database.url_of(&role, "first-pass-word"));
    let path = mount.path();
    let process = Process::serve_with(&[("DATABASE_URL_FILE", text(&path))]).await;
    let load = Load::on(&process);
    let refused = || {
        let lines = process.log().into_iter();
        lines
            .filter(|line| {
                line["message"] == "new database credentials do not work, the old ones stay in use"
            })
            .count()
    };
    let bad = [
        database.url_of(&role, "wrong-pass-word"),
        "no URL".to_owned(),
        unmigrated.url().to_owned(),
    ];
    for (told, url) in bad.iter().enumerate() {
        mount.replace(url);
        eventually("the refusal is told", async || refused() == told + 1).await;
    }
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(refused(), 3);
    assert_eq!(load.end().await, 0, "{}", process.output());
}

#[tokio::test]
async fn a_file_that_is_written_before_the_password_is_changed_is_taken_up_later() {
    let database = TestDatabase::migrated().await;
    let role = database.role("first-pass-word").await;
    let mount = Mount::new(&database.url_of(&role, "first-pass-word"));
    let path = mount.path();
    let process = Process::serve_with(&[("DATABASE_URL_FILE", text(&path))]).await;
    mount.replace(&database.url_of(&role, "second-pass-word"));
    eventually("it is refused", async || {
        process
            .logged("new database credentials do not work, the old ones stay in use")
            .is_some()
    })
    .await;
    database
        .execute(&format!("ALTER ROLE {role} PASSWORD 'second-pass-word'"))
        .await;
    eventually("it is taken up", async || {
        process.logged("database credentials replaced").is_some()
    })
    .await;
}

#[tokio::test]
async fn a_new_signing_secret_signs_and_the_old_one_still_verifies() {
    let database = TestDatabase::migrated().await;
    let (new, old) = (Mount::new(SECRET), Mount::new(SECRET));
    let files = format!("{},{}", new.path().display(), old.path().display());
    let process = Process::serve(&database, &[("AUTH_SECRET_FILE", &files)]).await;
    let sign_up = r#"{"name":"Ann","email":"ann@shop.example","password":"correct horse"}"#;
    let answer = http::send(process.api(), &http::post("/api/sign-up/email", sign_up))
        .await
        .unwrap();
    let cookie = answer
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();

    new.replace("another-signing-secret-of-the-tests-0123");
    eventually("the secrets are replaced", async || {
        process.logged("signing secrets replaced").is_some()
    })
    .await;
    let session = http::request(
        "GET",
        "/api/get-session",
        &format!("cookie: {cookie}\r\n"),
        "",
    );
    let answer = http::send(process.api(), &session).await.unwrap();
    assert!(answer.body.contains("ann@shop.example"), "{answer:?}");

    old.replace("a-third-signing-secret-of-the-tests-0123");
    let is_signed_out = async || http::send(process.api(), &session).await.unwrap().body == "null";
    eventually("the old secret verifies no more", is_signed_out).await;
}
