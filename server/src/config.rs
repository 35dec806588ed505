//! Configuration: the environment for what differs per deployment, one YAML file for the rest.
//!
//! Every problem is found at once, each told in one line that names the variable or the field and the remedy.
//! No secret is printed: types that hold one have a redacted `Debug`, and problems never repeat a value that
//! could contain one.

mod base_url;
mod database;
mod environment;
mod logging;
mod memory;
mod problem;
mod secret_files;
mod secrets;
mod settings;
mod tracing;
mod value;

use std::{
    net::{Ipv6Addr, SocketAddr},
    time::Duration,
};

use authbackend_crds::auth::AuthSettings;

pub use base_url::BaseUrl;
pub use database::{Database, SslMode, Target};
pub use logging::{LogFormat, Logging};
pub use problem::Problem;
pub use secret_files::SecretFiles;
pub use secrets::{Secret, Secrets};
pub use settings::read_settings;
pub use value::FileReader;

use environment::Environment;

/// The port of the API in a container.
const API_PORT: u16 = 8100;
/// The port of `/livez`, `/readyz` and `/metrics` in a container.
const ADMIN_PORT: u16 = 8101;

/// Everything that `serve` needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// `AUTH_BASE_URL`: the public URL of the API.
    pub base_url: BaseUrl,
    /// `AUTH_SECRET`: the signing secrets.
    pub secrets: Secrets,
    /// The content of the file `AUTH_CONFIG`.
    pub settings: AuthSettings,
    /// Paths in that file that this version does not know, for a warning.
    pub unknown_settings: Vec<String>,
    /// `AUTH_SECRETS_DIR`: the Secrets that the settings refer to.
    pub secret_files: SecretFiles,
    /// `DATABASE_*`.
    pub database: Database,
    /// `AUTH_MIGRATIONS_DIR`: further migrations of a derived image, which says what schema it can work with.
    pub migrations: Option<std::path::PathBuf>,
    /// `LISTEN_ADDR`: where the API listens.
    pub listen: SocketAddr,
    /// `ADMIN_LISTEN_ADDR`: where `/livez`, `/readyz` and `/metrics` listen.
    pub admin_listen: SocketAddr,
    /// `SHUTDOWN_DELAY`: time between the signal to stop and closing the listener, for load balancers to notice.
    pub shutdown_delay: Duration,
    /// `SHUTDOWN_TIMEOUT`: how long requests may take to finish after that.
    pub shutdown_timeout: Duration,
    /// `MEMORY_LIMIT`, else that of the control group: the bytes that this process may take, if that is known.
    pub memory_limit: Option<u64>,
    /// `OTEL_*`: where traces go, if anywhere.
    pub tracing: Option<authbackend_otlp::Settings>,
}

impl Config {
    /// Loads the configuration of `serve`. `variable` looks an environment variable up, `reader` reads a file.
    pub fn load(
        variable: &dyn Fn(&str) -> Option<String>,
        reader: FileReader,
    ) -> Result<Self, Vec<Problem>> {
        let mut environment = Environment::new(variable, reader);
        let base_url = load_base_url(&mut environment);
        let secrets = load_secrets(&mut environment);
        let settings = settings::load(&mut environment);
        let secret_files = SecretFiles::load(&environment);
        let database = Database::load(&mut environment);
        let migrations = environment.literal("AUTH_MIGRATIONS_DIR").map(Into::into);
        let listen = listen_address(&mut environment, "LISTEN_ADDR", API_PORT);
        let admin_listen = listen_address(&mut environment, "ADMIN_LISTEN_ADDR", ADMIN_PORT);
        let shutdown_delay = seconds(&mut environment, "SHUTDOWN_DELAY", 0);
        let shutdown_timeout = seconds(&mut environment, "SHUTDOWN_TIMEOUT", 25);
        let memory_limit = memory::load(&mut environment);
        let tracing = tracing::load(&mut environment);
        let problems = environment.into_problems();
        match (base_url, secrets, settings, database) {
            (Some(base_url), Some(secrets), Some(settings), Some(database))
                if problems.is_empty() =>
            {
                Ok(Self {
                    base_url,
                    secrets,
                    settings: settings.settings,
                    unknown_settings: settings.unknown,
                    secret_files,
                    database,
                    migrations,
                    listen,
                    admin_listen,
                    shutdown_delay,
                    shutdown_timeout,
                    memory_limit,
                    tracing,
                })
            }
            _ => Err(problems),
        }
    }
}

/// The variable `name` of this process, where its value is text.
pub fn process_variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What `migrate` needs to know.
#[derive(Clone, Debug)]
pub struct MigrateConfig {
    /// `DATABASE_*`.
    pub database: Database,
    /// The content of the file `AUTH_CONFIG`, of which the schema depends on some.
    pub settings: AuthSettings,
    /// `AUTH_MIGRATIONS_DIR`: further migrations of a derived image.
    pub directory: Option<std::path::PathBuf>,
    /// `TERMINATION_MESSAGE_PATH`: where the outcome is written for Kubernetes.
    pub termination_message: Option<std::path::PathBuf>,
}

impl MigrateConfig {
    /// Loads the configuration of `migrate`; see [`Config::load`].
    pub fn load(
        variable: &dyn Fn(&str) -> Option<String>,
        reader: FileReader,
    ) -> Result<Self, Vec<Problem>> {
        let mut environment = Environment::new(variable, reader);
        let database = Database::load(&mut environment);
        let directory = environment.literal("AUTH_MIGRATIONS_DIR").map(Into::into);
        let termination_message = environment
            .literal("TERMINATION_MESSAGE_PATH")
            .map(Into::into);
        let settings = settings::load(&mut environment);
        match (database, settings) {
            (Some(database), Some(settings)) => Ok(Self {
                database,
                settings: settings.settings,
                directory,
                termination_message,
            }),
            _ => Err(environment.into_problems()),
        }
    }
}

fn load_base_url(environment: &mut Environment<'_>) -> Option<BaseUrl> {
    const NAME: &str = "AUTH_BASE_URL";
    let count = environment.problem_count();
    let Some(text) = environment.text(NAME) else {
        if environment.problem_count() == count {
            let remedy =
                "is not set: set it to the public URL of the API, e.g. https://shop.example/api";
            environment.report(Problem::new(NAME, remedy));
        }
        return None;
    };
    match BaseUrl::parse(&text) {
        Ok(url) => Some(url),
        Err(remedy) => {
            environment.report(Problem::new(NAME, remedy));
            None
        }
    }
}

fn load_secrets(environment: &mut Environment<'_>) -> Option<Secrets> {
    const NAME: &str = "AUTH_SECRET";
    const FILE_NAME: &str = "AUTH_SECRET_FILE";
    let sources = match (environment.literal(NAME), environment.literal(FILE_NAME)) {
        (Some(text), None) => vec![value::Value::literal(NAME, text)],
        (None, Some(paths)) => paths
            .split(',')
            .map(str::trim)
            .filter(|path| !path.is_empty())
            .map(|path| value::Value::file(FILE_NAME, path, environment.reader()))
            .collect(),
        _ => Vec::new(),
    };
    if sources.is_empty() {
        let remedy = if environment.literal(NAME).is_some() {
            "and AUTH_SECRET_FILE are both set: unset one of them"
        } else {
            "is not set: set it to at least 32 random characters, e.g. from `openssl rand -base64 32`"
        };
        environment.report(Problem::new(NAME, remedy));
        return None;
    }
    let name = if sources.iter().any(value::Value::is_file) {
        FILE_NAME
    } else {
        NAME
    };
    match Secrets::read(sources, name) {
        Ok(secrets) => Some(secrets),
        Err(problems) => {
            environment.report_all(problems);
            None
        }
    }
}

fn listen_address(environment: &mut Environment<'_>, name: &str, port: u16) -> SocketAddr {
    let default = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
    environment.parsed(
        name,
        default,
        "must be an IP address and a port, e.g. [::]:8100 or 127.0.0.1:8100",
    )
}

/// At most an hour, so that a mistyped number of milliseconds is noticed.
fn seconds(environment: &mut Environment<'_>, name: &str, default: u64) -> Duration {
    Duration::from_secs(environment.number(name, default, 0..=3600))
}

#[cfg(test)]
mod tests;
