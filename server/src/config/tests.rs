use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{Config, FileReader, Problem};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Files by path, which a test may change.
type Files = Arc<Mutex<HashMap<String, String>>>;

fn reader(files: &Files) -> FileReader {
    let files = Arc::clone(files);
    Arc::new(move |path: &Path| {
        let files = files.lock().unwrap();
        files
            .get(path.to_str().unwrap())
            .cloned()
            .ok_or_else(|| std::io::ErrorKind::NotFound.into())
    })
}

fn load_with(files: &Files, changes: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
    let mut variables = HashMap::from([
        ("AUTH_BASE_URL", "https://shop.example/api"),
        ("AUTH_SECRET", SECRET),
        ("DATABASE_URL", "postgres://user:hunter2@host/name"),
    ]);
    variables.extend(changes.iter().copied());
    Config::load(
        &|name| variables.get(name).map(ToString::to_string),
        reader(files),
    )
}

fn load(changes: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
    load_with(&Files::default(), changes)
}

fn only_problem(changes: &[(&str, &str)]) -> String {
    let problems = load(changes).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].to_string()
}

#[test]
fn what_is_not_set_has_a_default() {
    let config = load(&[]).unwrap();
    assert_eq!(config.listen.to_string(), "[::]:8100");
    assert_eq!(config.admin_listen.to_string(), "[::]:8101");
    assert_eq!(config.shutdown_delay, Duration::ZERO);
    assert_eq!(config.shutdown_timeout, Duration::from_secs(25));
    assert_eq!(config.database.max_connections(), 8);
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    assert_eq!(load(&[("LISTEN_ADDR", "")]).unwrap().listen.port(), 8100);
    assert!(only_problem(&[("AUTH_BASE_URL", "")]).starts_with("AUTH_BASE_URL is not set"));
}

#[test]
fn an_address_has_an_ip_address_and_a_port() {
    assert_eq!(
        load(&[("LISTEN_ADDR", "[::]:3000")])
            .unwrap()
            .listen
            .to_string(),
        "[::]:3000"
    );
    for address in ["3000", "localhost:3000", "0.0.0.0", "0.0.0.0:99999"] {
        assert!(
            only_problem(&[("LISTEN_ADDR", address)]).starts_with("LISTEN_ADDR must be"),
            "{address}"
        );
    }
}

#[test]
fn a_time_is_a_whole_number_of_seconds() {
    assert_eq!(
        load(&[("SHUTDOWN_DELAY", "5")]).unwrap().shutdown_delay,
        Duration::from_secs(5)
    );
    for time in ["5s", "-1", "0.5", "3601"] {
        let problem = only_problem(&[("SHUTDOWN_DELAY", time)]);
        assert_eq!(
            problem,
            "SHUTDOWN_DELAY must be a whole number from 0 to 3600"
        );
    }
}

#[test]
fn the_memory_is_what_is_set_else_the_least_limit_of_the_control_groups() {
    let limit = |files: &[(&str, &str)], changes: &[(&str, &str)]| {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        let files: Files = Arc::new(Mutex::new(files.collect()));
        load_with(&files, changes).unwrap().memory_limit
    };
    let within = |group| ("/proc/self/cgroup", group);
    assert_eq!(limit(&[], &[]), None);
    let container = [
        within("0::/\n"),
        ("/sys/fs/cgroup/memory.max", "268435456\n"),
    ];
    assert_eq!(limit(&container, &[]), Some(268_435_456));
    assert_eq!(
        limit(&container, &[("MEMORY_LIMIT", "64")]),
        Some(67_108_864)
    );
    let nested = [
        within("0::/a.slice/b.service"),
        ("/sys/fs/cgroup/a.slice/b.service/memory.max", "max"),
        ("/sys/fs/cgroup/a.slice/memory.max", "1000"),
        ("/sys/fs/cgroup/memory.max", "2000"),
    ];
    assert_eq!(limit(&nested, &[]), Some(1000));
    let first_version = [
        within("5:cpu:/pod\n4:memory:/pod\n0::/"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "3000"),
    ];
    assert_eq!(limit(&first_version, &[]), Some(3000));
    let problem = only_problem(&[("MEMORY_LIMIT", "64Mi")]);
    assert!(problem.starts_with("MEMORY_LIMIT must be"), "{problem}");
}

#[test]
fn a_secret_of_less_than_32_characters_is_refused() {
    let problem = only_problem(&[("AUTH_SECRET", &SECRET[1..])]);
    assert!(
        problem.starts_with("AUTH_SECRET is shorter than 32 characters"),
        "{problem}"
    );
}

#[test]
fn of_several_secret_files_the_first_signs_and_all_verify() {
    let second = SECRET.to_uppercase();
    let files: Files = Arc::new(Mutex::new(HashMap::from([
        ("/a".to_owned(), format!("{SECRET}\n")),
        ("/b".to_owned(), format!("{second}\r\n")),
    ])));
    let config = load_with(
        &files,
        &[("AUTH_SECRET", ""), ("AUTH_SECRET_FILE", "/a, /b")],
    )
    .unwrap();
    let secrets = config.secrets.current();
    assert_eq!(
        secrets
            .iter()
            .map(super::Secret::expose)
            .collect::<Vec<_>>(),
        [SECRET, second.as_str()]
    );
}

#[test]
fn changed_secret_files_are_taken_up_and_bad_ones_are_not() {
    let files: Files = Arc::new(Mutex::new(HashMap::from([(
        "/a".to_owned(),
        SECRET.to_owned(),
    )])));
    let secrets = load_with(&files, &[("AUTH_SECRET", ""), ("AUTH_SECRET_FILE", "/a")])
        .unwrap()
        .secrets;
    assert_eq!(secrets.refresh(), Ok(false));
    files
        .lock()
        .unwrap()
        .insert("/a".to_owned(), "short".to_owned());
    assert!(secrets.refresh().is_err());
    assert_eq!(secrets.current()[0].expose(), SECRET);
    let revision = secrets.revision();
    files
        .lock()
        .unwrap()
        .insert("/a".to_owned(), SECRET.to_uppercase());
    assert_eq!(secrets.refresh(), Ok(true));
    assert_eq!(secrets.current()[0].expose(), SECRET.to_uppercase());
    assert_ne!(secrets.revision(), revision);
    let revision = secrets.revision();
    assert_eq!(secrets.refresh(), Ok(false));
    assert_eq!(secrets.revision(), revision);
}

#[test]
fn no_secret_is_in_the_debug_form() {
    let text = format!("{:?}", load(&[]).unwrap());
    assert!(
        !text.contains(SECRET) && !text.contains("hunter2"),
        "{text}"
    );
}

#[test]
fn a_problem_is_one_line_whatever_it_quotes() {
    let problem = Problem::new("AUTH_CONFIG", "has\na problem\r\n\tin it");
    assert_eq!(problem.to_string(), "AUTH_CONFIG has a problem in it");
}
