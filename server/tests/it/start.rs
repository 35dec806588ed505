//! A start that cannot succeed ends with one line per problem and no secret in it.

use crate::support::{Process, SECRET, TestDatabase, http, process::run};

const GOOD: [(&str, &str); 3] = [
    ("AUTH_BASE_URL", "https://shop.example/api"),
    ("AUTH_SECRET", SECRET),
    (
        "DATABASE_URL",
        "postgres://shop:hunter2hunter2@db.example/shop",
    ),
];

/// The good settings with `name` left out.
fn without(name: &str) -> Vec<(&'static str, &'static str)> {
    GOOD.into_iter()
        .filter(|(known, _)| *known != name)
        .collect()
}

/// The good settings with these instead.
fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = GOOD
        .into_iter()
        .filter(|(known, _)| changes.iter().all(|(name, _)| name != known));
    kept.chain(changes.iter().copied()).collect()
}

fn file(content: &str) -> tempfile::TempPath {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, content).unwrap();
    file.into_temp_path()
}

#[tokio::test]
async fn a_missing_base_url_is_named_in_one_line_with_the_remedy() {
    let exit = run(&["serve"], &without("AUTH_BASE_URL")).await;
    assert_eq!(exit.code, Some(78));
    assert_eq!(
        exit.only_line(),
        "auth-server: AUTH_BASE_URL is not set: set it to the public URL of the API, e.g. https://shop.example/api"
    );
}

#[tokio::test]
async fn a_missing_database_is_named_in_one_line_by_serve_and_by_migrate() {
    for command in ["serve", "migrate"] {
        let exit = run(&[command], &without("DATABASE_URL")).await;
        assert_eq!(exit.code, Some(78));
        assert!(
            exit.only_line()
                .starts_with("auth-server: DATABASE_URL is not set: "),
            "{exit:?}"
        );
    }
}

#[tokio::test]
async fn a_missing_secret_is_named_in_one_line() {
    let exit = run(&["serve"], &without("AUTH_SECRET")).await;
    assert_eq!(exit.code, Some(78));
    assert!(
        exit.only_line()
            .starts_with("auth-server: AUTH_SECRET is not set: "),
        "{exit:?}"
    );
}

#[tokio::test]
async fn every_problem_is_told_at_once() {
    let exit = run(
        &["serve"],
        &[("LOG_FORMAT", "xml"), ("LISTEN_ADDR", "here")],
    )
    .await;
    assert_eq!(exit.code, Some(78));
    let named: Vec<_> = exit
        .stderr
        .iter()
        .map(|line| line.split(' ').nth(1).unwrap())
        .collect();
    assert_eq!(
        named,
        [
            "AUTH_BASE_URL",
            "AUTH_SECRET",
            "DATABASE_URL",
            "LISTEN_ADDR",
            "LOG_FORMAT"
        ]
    );
}

#[tokio::test]
async fn a_variable_and_its_file_exclude_each_other() {
    let secret = file(SECRET);
    let url = file("postgres://a@b/c");
    let exit = run(
        &["serve"],
        &with(&[
            ("AUTH_SECRET", SECRET),
            ("AUTH_SECRET_FILE", secret.to_str().unwrap()),
            ("DATABASE_URL", GOOD[2].1),
            ("DATABASE_URL_FILE", url.to_str().unwrap()),
        ]),
    )
    .await;
    assert_eq!(exit.code, Some(78));
    assert!(
        exit.stderr[0].contains("AUTH_SECRET and AUTH_SECRET_FILE are both set"),
        "{exit:?}"
    );
    assert!(
        exit.stderr[1].contains("DATABASE_URL and DATABASE_URL_FILE are both set"),
        "{exit:?}"
    );
}

#[tokio::test]
async fn what_may_hold_a_secret_is_not_repeated() {
    for changes in [
        [("AUTH_SECRET", "hunter2-short")],
        [("AUTH_BASE_URL", "https://user:hunter2@shop.example")],
        [("DATABASE_URL", "mysql://shop:hunter2@db.example/shop")],
        [("DATABASE_URL", "postgres://shop:hunter2@db example/shop")],
        [(
            "DATABASE_URL",
            "postgres://shop:hunter2@db.example/shop?sslmode=hunter2",
        )],
    ] {
        let exit = run(&["serve"], &with(&changes)).await;
        assert_eq!(exit.code, Some(78), "{changes:?}");
        let line = exit.only_line();
        assert!(
            line.contains(changes[0].0) && !line.contains("hunter2"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_missing_file_is_named_with_its_variable() {
    let exit = run(&["migrate"], &[("DATABASE_URL_FILE", "/does/not/exist")]).await;
    assert_eq!(exit.code, Some(78));
    let line = exit.only_line();
    assert!(
        line.contains("DATABASE_URL_FILE cannot be read from /does/not/exist"),
        "{line}"
    );
}

#[tokio::test]
async fn a_bad_setting_is_named_with_its_path() {
    for (settings, path) in [
        ("session:\n  expiresIn: soon\n", "session.expiresIn"),
        ("session:\n  expiresIn: 1\n", "session.expiresIn"),
        (
            "trustedOrigins:\n  - ' https://a.example'\n",
            "trustedOrigins[0]",
        ),
        ("emailAndPassword: [1]\n", "emailAndPassword"),
    ] {
        let settings = file(settings);
        let exit = run(
            &["serve"],
            &with(&[("AUTH_CONFIG", settings.to_str().unwrap())]),
        )
        .await;
        assert_eq!(exit.code, Some(78));
        let line = exit.only_line();
        assert!(
            line.contains(&format!("{}: {path} ", settings.display())),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_setting_of_a_newer_release_is_a_warning_for_serve() {
    let settings = file("session:\n  newThing: 1\n");
    let database = TestDatabase::empty().await;
    let process = Process::serve(&database, &[("AUTH_CONFIG", settings.to_str().unwrap())]).await;
    let warning = process
        .logged("ignoring a setting that this version does not know")
        .unwrap();
    assert_eq!(
        (&warning["level"], &warning["path"]),
        (&"WARN".into(), &"session.newThing".into())
    );
}

#[tokio::test]
async fn an_address_in_use_ends_the_start_with_the_code_for_trying_again() {
    let database = TestDatabase::empty().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let variables = with(&[("DATABASE_URL", database.url()), ("LISTEN_ADDR", &address)]);
    let exit = run(&["serve"], &variables).await;
    assert_eq!(exit.code, Some(1));
    let line = exit.only_line();
    assert!(
        line.contains(&format!("LISTEN_ADDR {address} cannot be listened on")),
        "{line}"
    );
}

#[tokio::test]
async fn a_wrong_command_line_has_its_own_code() {
    assert_eq!(run(&["sreve"], &GOOD).await.code, Some(2));
    assert_eq!(run(&["migrate", "--wet-run"], &GOOD).await.code, Some(2));
}

#[tokio::test]
async fn the_version_is_told() {
    let exit = run(&["--version"], &[]).await;
    assert_eq!(
        exit.stdout,
        [format!("auth-server {}", env!("CARGO_PKG_VERSION"))]
    );
}

#[tokio::test]
async fn the_database_may_be_given_in_parts_each_in_a_file() {
    let database = TestDatabase::migrated().await;
    let password = "pass word/with@everything:%?#";
    let role = database.role(password).await;
    let target = database.target();
    let (host, name, user, word) = (
        file(&target.host),
        file(database.name()),
        file(&format!("{role}\n")),
        file(&format!("{password}\n")),
    );
    let port = target.port.to_string();
    let process = Process::serve_with(&[
        ("DATABASE_HOST_FILE", host.to_str().unwrap()),
        ("DATABASE_PORT", &port),
        ("DATABASE_NAME_FILE", name.to_str().unwrap()),
        ("DATABASE_USER_FILE", user.to_str().unwrap()),
        ("DATABASE_PASSWORD_FILE", word.to_str().unwrap()),
    ])
    .await;
    assert_eq!(
        http::get(process.admin(), "/readyz").await.unwrap().status,
        200,
        "{}",
        process.output()
    );
}
