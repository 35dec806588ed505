//! Where the database is and how to sign in to it, from a URL or from its parts, each perhaps in a file.

mod parts;
mod target;
mod url;

pub use target::{SslMode, Target};

use super::{environment::Environment, problem::Problem, value::Value};

/// Connections per process unless `DATABASE_MAX_CONNECTIONS` says otherwise: twice the cores of a small database.
const DEFAULT_MAX_CONNECTIONS: u32 = 8;

/// Settings of the one pool. The credentials stay where they are and are read again by [`Database::target`].
#[derive(Clone, Debug)]
pub struct Database {
    location: Location,
    overrides: Overrides,
    max_connections: u32,
}

#[derive(Clone, Debug)]
enum Location {
    Url(Value),
    Parts {
        host: Value,
        port: Option<Value>,
        name: Option<Value>,
        user: Option<Value>,
    },
}

/// What may be given besides a URL, and then wins over it.
#[derive(Clone, Debug, Default)]
struct Overrides {
    user: Option<Value>,
    password: Option<Value>,
    ssl_mode: Option<Value>,
    certificate_authority: Option<Value>,
}

impl Database {
    /// A database at a fixed `url`, with at most `max_connections` connections.
    pub fn from_url(url: &str, max_connections: u32) -> Self {
        Self {
            location: Location::Url(Value::literal("DATABASE_URL", url)),
            overrides: Overrides::default(),
            max_connections,
        }
    }

    /// Reads the `DATABASE_*` variables; `None` when problems were added.
    pub(super) fn load(environment: &mut Environment<'_>) -> Option<Self> {
        let count = environment.problem_count();
        let location = Location::load(environment);
        // Beside a host the user is a part of the location.
        let user = match &location {
            Some(Location::Url(_)) => environment.value("DATABASE_USER"),
            Some(Location::Parts { .. }) | None => None,
        };
        let overrides = Overrides {
            user,
            password: environment.value("DATABASE_PASSWORD"),
            ssl_mode: environment.value("DATABASE_SSLMODE"),
            certificate_authority: environment.path("DATABASE_CA_FILE"),
        };
        let max_connections = environment.number(
            "DATABASE_MAX_CONNECTIONS",
            DEFAULT_MAX_CONNECTIONS,
            1..=1000,
        );
        if environment.problem_count() > count {
            return None;
        }
        let database = Self {
            location: location?,
            overrides,
            max_connections,
        };
        match database.target() {
            Ok(_) => Some(database),
            Err(problem) => {
                environment.report(problem);
                None
            }
        }
    }

    /// Size of the pool: connections of this process at any time.
    pub fn max_connections(&self) -> u32 {
        self.max_connections
    }

    /// The same database with another pool size.
    #[must_use]
    pub fn with_max_connections(mut self, max_connections: u32) -> Self {
        self.max_connections = max_connections;
        self
    }

    /// Whether any part is read from a file and may change while the process runs.
    pub fn may_change(&self) -> bool {
        let Overrides {
            user,
            password,
            ssl_mode,
            certificate_authority,
        } = &self.overrides;
        let overrides = [user, password, ssl_mode, certificate_authority];
        let location = match &self.location {
            Location::Url(url) => vec![url],
            Location::Parts {
                host,
                port,
                name,
                user,
            } => [Some(host), port.as_ref(), name.as_ref(), user.as_ref()]
                .into_iter()
                .flatten()
                .collect(),
        };
        location
            .into_iter()
            .chain(overrides.into_iter().flatten())
            .any(Value::is_file)
    }

    /// Reads where to connect now. Compare with an earlier answer to learn whether it changed.
    pub fn target(&self) -> Result<Target, Problem> {
        let mut target = match &self.location {
            Location::Url(value) => url::parse(&value.read()?, value.name())?,
            Location::Parts {
                host,
                port,
                name,
                user,
            } => parts::read(host, port.as_ref(), name.as_ref(), user.as_ref())?,
        };
        self.overrides.apply(&mut target)?;
        Ok(target)
    }
}

impl Location {
    fn load(environment: &mut Environment<'_>) -> Option<Self> {
        let url = environment.value("DATABASE_URL");
        let host = environment.value("DATABASE_HOST");
        let port = environment.value("DATABASE_PORT");
        let name = environment.value("DATABASE_NAME");
        let user = environment.value("DATABASE_USER");
        match (url, host) {
            (Some(url), None) => {
                for part in [port, name].iter().flatten() {
                    environment.report(Problem::new(
                        part.name(),
                        format!(
                            "cannot be set together with {}: unset one of them",
                            url.name()
                        ),
                    ));
                }
                Some(Self::Url(url))
            }
            (Some(url), Some(host)) => {
                environment.report(Problem::new(
                    host.name(),
                    format!(
                        "cannot be set together with {}: unset one of them",
                        url.name()
                    ),
                ));
                None
            }
            (None, Some(host)) => Some(Self::Parts {
                host,
                port,
                name,
                user,
            }),
            (None, None) => {
                environment.report(Problem::new(
                    "DATABASE_URL",
                    "is not set: set it to the database, e.g. postgres://user:password@host:5432/name",
                ));
                None
            }
        }
    }
}

impl Overrides {
    fn apply(&self, target: &mut Target) -> Result<(), Problem> {
        if let Some(user) = &self.user {
            target.user = user.read()?;
            if target.user.is_empty() {
                return Err(Problem::new(user.name(), "is empty"));
            }
        }
        if let Some(password) = &self.password {
            target.password = Some(super::Secret::new(password.read()?));
        }
        if let Some(mode) = &self.ssl_mode {
            target.ssl_mode = SslMode::parse(&mode.read()?)
                .ok_or_else(|| Problem::new(mode.name(), SslMode::REMEDY))?;
        }
        if let Some(authority) = &self.certificate_authority {
            target.certificate_authority = Some(authority.read()?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
