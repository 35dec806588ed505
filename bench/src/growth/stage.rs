//! A database with users, and who serves it.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::fill::{self, Users};
use super::steady::Steady;
use super::{Arguments, microseconds, power};
use crate::report::Report;
use crate::server::contestants::{Contestant, Programs};

/// A database with users, and who serves it.
pub(super) struct Stage<'a> {
    pub(super) arguments: &'a Arguments,
    database: String,
    pub(super) users: Users,
}

impl<'a> Stage<'a> {
    /// A database called `name`, without users.
    pub(super) async fn new(arguments: &'a Arguments, name: &str) -> Result<Self> {
        let database = fill::create(&arguments.database, name).await?;
        programs(arguments, &database).migrate()?;
        Ok(Self {
            arguments,
            users: Users::connect(&database).await?,
            database,
        })
    }

    pub(super) async fn serve(&self, settings: &Value) -> Result<Contestant> {
        let programs = programs(self.arguments, &self.database);
        programs.ours_with(settings).await
    }

    /// Session checks of random ones of the first `users` users.
    pub(super) async fn steady(&self, server: &Contestant, users: u64) -> Result<Steady> {
        let tokens = self.users.tokens(users).await?;
        Ok(Steady::new(server.port, self.arguments.rate, &tokens))
    }

    /// What the database does for a session check and for a sign-in before the password is hashed. Returns the bytes of a user
    /// in the tables and in their indexes.
    pub(super) async fn report_statements(
        &self,
        report: &mut Report,
        users: u64,
    ) -> Result<[u64; 2]> {
        let name = power(users);
        let check = self.users.pages_of_session(users).await?;
        let sign_in = self.users.pages_of_sign_in(users).await?;
        report.add(
            &format!("{name} users: pages read"),
            format!("{:.1} a session check", check.all),
            format!(
                "{:.1} of them not in shared_buffers; {:.1} for the statements of a sign-in, {:.1} of them not",
                check.fetched, sign_in.all, sign_in.fetched
            ),
        );
        let (latencies, cpu) = self.users.time_sessions(users).await?;
        report.add(
            &format!("{name} users: the statement of a check"),
            format!("p50 {}", microseconds(latencies.quantile(500))),
            format!(
                "p99 {}; {} of a core of Postgres",
                microseconds(latencies.quantile(990)),
                microseconds(cpu)
            ),
        );
        let latencies = self.users.time_sign_ins(users).await?;
        report.add(
            &format!("{name} users: the statements of a sign-in"),
            format!("p50 {}", microseconds(latencies.quantile(500))),
            format!("p99 {}", microseconds(latencies.quantile(990))),
        );
        let [table, indexes] = self.users.bytes().await?.map(|bytes| bytes / users);
        report.add(
            &format!("{name} users: on disk"),
            format!("{} bytes a user", table + indexes),
            format!("with an account and a session; {indexes} of it indexes"),
        );
        Ok([table, indexes])
    }
}

fn programs<'a>(arguments: &'a Arguments, database: &'a str) -> Programs<'a> {
    Programs {
        auth_server: &arguments.auth_server,
        conformance: Path::new(""),
        database,
    }
}
