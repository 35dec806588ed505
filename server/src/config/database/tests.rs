use std::{collections::HashMap, sync::Arc};

use proptest::prelude::*;

use super::{Database, SslMode, Target};
use crate::config::{MigrateConfig, Secret};

fn target(url: &str) -> Target {
    Database::from_url(url, 1).target().unwrap()
}

fn problem(url: &str) -> String {
    Database::from_url(url, 1).target().unwrap_err().to_string()
}

/// Loads the database from variables; the file `/password` holds `from a file`.
fn load(variables: &[(&str, &str)]) -> Result<Target, Vec<String>> {
    let variables: HashMap<_, _> = variables.iter().copied().collect();
    let reader = Arc::new(|path: &std::path::Path| match path.to_str() {
        Some("/password") => Ok("from a file\n".to_owned()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    });
    let lookup = |name: &str| variables.get(name).map(ToString::to_string);
    match MigrateConfig::load(&lookup, reader) {
        Ok(config) => Ok(config.database.target().unwrap()),
        Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
    }
}

#[test]
fn a_url_names_everything() {
    let target =
        target("postgres://us%65r:p%40ss%2Fword@db.example:6432/na%20me?sslmode=verify-full");
    assert_eq!(
        (target.host.as_str(), target.port, target.user.as_str()),
        ("db.example", 6432, "user")
    );
    assert_eq!(target.name.as_deref(), Some("na me"));
    assert_eq!(target.password, Some(Secret::new("p@ss/word")));
    assert_eq!(target.ssl_mode, SslMode::VerifyFull);
}

#[test]
fn what_a_url_leaves_out_has_the_defaults_of_libpq() {
    let target = target("postgresql://user@db.example");
    assert_eq!(
        (target.port, target.name, target.password),
        (5432, None, None)
    );
    assert_eq!(target.ssl_mode, SslMode::Prefer);
}

#[test]
fn the_query_of_a_url_wins_over_its_authority() {
    let target = target(
        "postgres://user@ignored/name?host=/run/postgresql&port=6000&user=other&password=word",
    );
    assert_eq!(
        (target.host.as_str(), target.port, target.user.as_str()),
        ("/run/postgresql", 6000, "other")
    );
    assert_eq!(target.password, Some(Secret::new("word")));
}

#[test]
fn an_ipv6_address_loses_its_brackets() {
    assert_eq!(target("postgres://user@[::1]:5432/name").host, "::1");
}

#[test]
fn session_parameters_are_taken_from_options() {
    let target = target(
        r"postgres://user@host/name?options=-c%20search_path%3Dauth%5C%20area%20--geqo%3Doff%20-ca%3Db",
    );
    let expected = [("search_path", "auth area"), ("geqo", "off"), ("a", "b")];
    assert_eq!(
        target.parameters,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[test]
fn parameters_of_other_clients_are_ignored_by_name() {
    let target = target("postgres://user@host/name?channel_binding=require&pgbouncer=true");
    assert_eq!(target.ignored, ["channel_binding", "pgbouncer"]);
}

#[test]
fn what_is_no_database_is_refused_without_repeating_it() {
    for url in [
        "",
        "hunter2",
        "mysql://user:hunter2@host/name",
        "postgres://user:hunter2@/name",
        "postgres://:hunter2@host/name",
        "postgres://user:hunter2@a,b/name",
        "postgres://user:hunter2@host:99999/name",
        "postgres://user:hunter2@host/name?sslmode=hunter2",
        "postgres://user:hunter2@host/name?port=0",
        "postgres://user:hunter2@host/name?sslrootcert=/hunter2",
        "postgres://user:hunter2@host/name?options=hunter2",
        "postgres://user:%ff@host/name",
    ] {
        let problem = problem(url);
        assert!(
            problem.starts_with("DATABASE_URL ") && !problem.contains("hunter2"),
            "{url}: {problem}"
        );
    }
}

#[test]
fn a_target_does_not_print_its_password() {
    let target = target("postgres://user:hunter2@host/name");
    assert!(!format!("{target:?} {}", target.address()).contains("hunter2"));
}

#[test]
fn the_parts_make_a_target() {
    let target = load(&[
        ("DATABASE_HOST", "db.example"),
        ("DATABASE_NAME", "shop"),
        ("DATABASE_USER", "app"),
        ("DATABASE_PASSWORD_FILE", "/password"),
        ("DATABASE_SSLMODE", "require"),
    ])
    .unwrap();
    assert_eq!(target.address(), "db.example:5432/shop");
    assert_eq!(
        (target.user.as_str(), target.password),
        ("app", Some(Secret::new("from a file")))
    );
    assert_eq!(target.ssl_mode, SslMode::Require);
}

#[test]
fn a_password_of_its_own_wins_over_that_of_the_url() {
    let target = load(&[
        ("DATABASE_URL", "postgres://a:b@c/d"),
        ("DATABASE_PASSWORD", "other"),
    ])
    .unwrap();
    assert_eq!(target.password, Some(Secret::new("other")));
}

#[test]
fn a_user_of_its_own_wins_over_that_of_the_url() {
    let target = load(&[
        ("DATABASE_URL", "postgres://app:word@db/shop"),
        ("DATABASE_USER", "owner"),
        ("DATABASE_PASSWORD_FILE", "/password"),
    ])
    .unwrap();
    assert_eq!(
        (target.user.as_str(), target.password.as_ref()),
        ("owner", Some(&Secret::new("from a file")))
    );
    assert_eq!(target.address(), "db:5432/shop");
}

#[test]
fn url_and_parts_exclude_each_other() {
    let url = ("DATABASE_URL", "postgres://a@b/c");
    for name in ["DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME"] {
        let problems = load(&[url, (name, "1")]).unwrap_err();
        assert_eq!(
            problems,
            [format!(
                "{name} cannot be set together with DATABASE_URL: unset one of them"
            )]
        );
    }
}

#[test]
fn a_missing_part_is_named() {
    let problems = load(&[("DATABASE_HOST", "db.example"), ("DATABASE_NAME", "shop")]).unwrap_err();
    assert_eq!(
        problems,
        ["DATABASE_USER is not set: DATABASE_HOST needs it beside it"]
    );
}

#[test]
fn the_size_of_the_pool_is_a_number_above_zero() {
    for size in ["0", "-1", "many", "1001"] {
        let problems = load(&[
            ("DATABASE_URL", "postgres://a@b/c"),
            ("DATABASE_MAX_CONNECTIONS", size),
        ]);
        assert_eq!(
            problems.unwrap_err(),
            ["DATABASE_MAX_CONNECTIONS must be a whole number from 1 to 1000"]
        );
    }
}

proptest! {
    #[test]
    fn parsing_never_panics_and_never_repeats_what_it_refuses(text in ".{0,60}") {
        let url = format!("postgres://user:hunter2@{text}");
        if let Err(problem) = Database::from_url(&url, 1).target() {
            prop_assert!(!problem.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn an_encoded_password_is_read_as_it_was(password in "\\PC{1,24}") {
        let encoded = percent_encoding::utf8_percent_encode(&password, percent_encoding::NON_ALPHANUMERIC);
        let target = target(&format!("postgres://user:{encoded}@host/name"));
        let read = target.password.unwrap();
        prop_assert_eq!(read.expose(), password);
    }
}
