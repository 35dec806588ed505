//! Whether something between here and the server hands out connections. `migrate` takes a lock that lasts as long as its
//! session, which a pooler in transaction mode does not keep.

use std::time::Duration;

use super::report::{Check, Finding, Severity};

/// Ports that poolers listen on by default: `PgBouncer`, and Supabase's.
const PORTS: [u16; 2] = [6432, 6543];

/// What names of poolers have in them, among them those that Supabase and Neon give theirs.
const WORDS: [&str; 3] = ["pooler", "bouncer", "pgcat"];

/// By how much the server's clock and ours may differ over the life of a connection.
const TOLERANCE: Duration = Duration::from_secs(2);

/// What is known about a connection.
#[derive(Clone, Debug)]
pub(super) struct Connection<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// Processes of the server that have answered.
    pub(super) backends: Vec<i32>,
    /// For how long the one that answered last has been there.
    pub(super) backend_age: Duration,
    /// For how long we are connected.
    pub(super) age: Duration,
}

pub(super) fn judge(connection: &Connection<'_>) -> Option<Finding> {
    let host = connection.host.to_ascii_lowercase();
    let (first, rest) = connection.backends.split_first()?;
    let evidence = if rest.iter().any(|backend| backend != first) {
        "several processes of the server have answered one connection".to_owned()
    } else if connection.backend_age > connection.age + TOLERANCE {
        "the server's process is older than the connection".to_owned()
    } else if let Some(word) = WORDS.iter().find(|word| host.contains(**word)) {
        format!("the host's name has {word} in it")
    } else if PORTS.contains(&connection.port) {
        format!("port {} is a pooler's", connection.port)
    } else {
        return None;
    };
    let message = format!("there seems to be a pooler in between: {evidence}");
    Some(
        Finding::new(Severity::Warning, Check::Pooler, message).remedy(
            "give `migrate` a direct connection, or a pooler in session mode: it takes a lock that must outlive a transaction",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECT: Connection<'_> = Connection {
        host: "db.example",
        port: 5432,
        backends: Vec::new(),
        backend_age: Duration::from_secs(1),
        age: Duration::from_secs(1),
    };

    fn told(connection: &Connection<'_>) -> Option<String> {
        let with_backends = Connection {
            backends: if connection.backends.is_empty() {
                vec![7, 7, 7]
            } else {
                connection.backends.clone()
            },
            ..connection.clone()
        };
        judge(&with_backends).map(|finding| finding.message)
    }

    #[test]
    fn a_direct_connection_is_not_suspected() {
        assert_eq!(told(&DIRECT), None);
    }

    #[test]
    fn what_only_poolers_do_or_are_called_is_told() {
        for (connection, evidence) in [
            (
                Connection {
                    backends: vec![7, 8, 7],
                    ..DIRECT
                },
                "several processes",
            ),
            (
                Connection {
                    backend_age: Duration::from_mins(1),
                    ..DIRECT
                },
                "older than the connection",
            ),
            (
                Connection {
                    host: "ep-cool-pooler.eu.example",
                    ..DIRECT
                },
                "pooler in it",
            ),
            (
                Connection {
                    port: 6432,
                    ..DIRECT
                },
                "port 6432",
            ),
        ] {
            let told = told(&connection).unwrap_or_default();
            assert!(told.contains(evidence), "{evidence:?} is not in {told:?}");
        }
    }
}
