//! The server in the test's own process, with a clock that the test steps.

use std::{net::SocketAddr, path::Path, sync::Arc};

use auth_server::{
    clock::Clock,
    config::{Config, FileReader},
    run::Server,
};

use authbackend_crds::auth::RateLimit;

use super::{SECRET, TestDatabase};

/// A server on a database of its own.
pub(crate) struct TestServer {
    pub(crate) clock: Clock,
    pub(crate) database: Arc<TestDatabase>,
    server: Server,
}

impl TestServer {
    /// Starts a server with default settings on a migrated database.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts a server with these further environment variables.
    pub(crate) async fn with(variables: &[(&str, &str)]) -> Self {
        Self::on(TestDatabase::migrated().await, variables).await
    }

    /// Starts a server with these further environment variables on this database.
    pub(crate) async fn on(
        database: impl Into<Arc<TestDatabase>>,
        variables: &[(&str, &str)],
    ) -> Self {
        let database = database.into();
        let lookup = |name: &str| {
            let given = variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned());
            let has_file = variables
                .iter()
                .any(|(known, _)| *known == format!("{name}_FILE"));
            given.or_else(|| default(name, &database).filter(|_| !has_file))
        };
        let reader: FileReader = Arc::new(|path: &Path| std::fs::read_to_string(path));
        let mut config = Config::load(&lookup, reader).unwrap();
        // Most tests send more requests than a client may.
        config.settings.rate_limit.get_or_insert(RateLimit {
            enabled: Some(false),
            ..RateLimit::default()
        });
        let clock = Clock::fixed(time::macros::datetime!(2026-01-02 03:04:05.678 UTC));
        let server = Server::start(config, clock.clone()).await.unwrap();
        Self {
            clock,
            database,
            server,
        }
    }

    /// Where the API listens.
    pub(crate) fn api(&self) -> SocketAddr {
        self.server.api_address()
    }

    /// Ends as a server does that is told to.
    pub(crate) async fn stop(self) -> Arc<TestDatabase> {
        self.server.stop().await;
        self.database
    }

    /// Where the admin port listens.
    pub(crate) fn admin(&self) -> SocketAddr {
        self.server.admin_address()
    }
}

fn default(name: &str, database: &TestDatabase) -> Option<String> {
    Some(match name {
        "AUTH_BASE_URL" => "http://localhost:8100/api".to_owned(),
        "AUTH_SECRET" => SECRET.to_owned(),
        "DATABASE_URL" => database.url().to_owned(),
        "DATABASE_MAX_CONNECTIONS" => "4".to_owned(),
        "LISTEN_ADDR" | "ADMIN_LISTEN_ADDR" => "127.0.0.1:0".to_owned(),
        _ => return None,
    })
}
