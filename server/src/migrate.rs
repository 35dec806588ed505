//! Migrations of the schema.
//!
//! A migrator takes an advisory lock, compares the files that it knows with the bookkeeping in the database, and
//! applies what is missing, each file in a transaction together with its bookkeeping. It never waits long for a
//! table that others use: behind a waiting `ALTER TABLE` every query of that table would wait too.

mod apply;
mod catalog;
mod compare;
mod desired;
mod difference;
pub mod doctor;
mod effects;
mod error;
mod file_name;
mod history;
mod lock;
mod model;
mod plan;
mod probe;
mod releases;
mod report;
mod source;
mod statements;

use std::time::Duration;

use serde::Serialize;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, raw_sql};

pub use desired::Desired;
pub use difference::{Action, Difference};
pub use effects::{Effects, Lock, objections};
pub use error::MigrateError;
pub use file_name::{Class, FileName};
pub(crate) use history::MIN_SERVER_VERSION;
pub use plan::Plan;
pub use releases::{RELEASES, Release};
pub use report::Report;
pub use source::{Migration, REQUIRED_VERSION, embedded, known_versions, with_directory};

use crate::{config::Target, db};
use model::BASELINE_VERSION;
pub(crate) use model::columns_in_use;

/// How long to wait for what.
#[derive(Clone, Debug)]
pub struct Limits {
    /// For another migrator to end.
    pub migrator_wait: Duration,
    /// For a lock on a table, at each try.
    pub lock_timeout: Duration,
    /// Tries per migration.
    pub lock_attempts: u32,
    /// Before the second try; doubled before each further one.
    pub first_pause: Duration,
    /// The longest time between two tries.
    pub last_pause: Duration,
}

impl Default for Limits {
    /// Queries that wait behind a migration wait at most three seconds; all tries together take two minutes.
    fn default() -> Self {
        Self {
            migrator_wait: Duration::from_mins(10),
            lock_timeout: Duration::from_secs(3),
            lock_attempts: 12,
            first_pause: Duration::from_secs(1),
            last_pause: Duration::from_secs(10),
        }
    }
}

/// What a migrator did. Serializes to the termination message of a migration Job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The newest migration that the database has now.
    pub schema_version: i64,
    /// The versions applied, in order.
    pub applied: Vec<i64>,
    /// The versions of the contract migrations that wait until they are asked for.
    pub pending_contracts: Vec<i64>,
}

/// Brings a database to the newest of the migrations that it knows.
#[derive(Debug)]
pub struct Migrator {
    migrations: Vec<Migration>,
    desired: Desired,
    limits: Limits,
    expected: Option<String>,
}

impl Migrator {
    /// A migrator that knows `migrations`, sorted by version.
    pub fn new(migrations: Vec<Migration>) -> Self {
        Self {
            migrations,
            desired: Desired::default(),
            limits: Limits::default(),
            expected: None,
        }
    }

    /// The same, which does nothing when the plan is another one than that with the hash `expected`.
    #[must_use]
    pub fn expecting(self, expected: Option<String>) -> Self {
        Self { expected, ..self }
    }

    /// The same for the schema that settings want.
    #[must_use]
    pub fn for_schema(self, desired: Desired) -> Self {
        Self { desired, ..self }
    }

    /// The same with other `limits`.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What [`Migrator::run`] would do now. Writes nothing.
    pub async fn plan(&self, target: &Target) -> Result<Plan, MigrateError> {
        let mut connection = db::connect(target).await?;
        let plan = self.read_plan(&mut connection).await;
        goodbye(connection).await;
        plan
    }

    /// What `plan` does to those who use the database meanwhile.
    pub fn report<'a>(&'a self, plan: &'a Plan) -> Report<'a> {
        Report::new(plan, self.desired.tables())
    }

    /// Migrates the database, apart from contracts. Waits for another migrator, and finds its work done.
    pub async fn run(&self, target: &Target) -> Result<Outcome, MigrateError> {
        let mut connection = db::connect(target).await?;
        let outcome = match refuse_pooler(&mut connection, target).await {
            Ok(()) => self.run_on(&mut connection).await,
            Err(error) => Err(error),
        };
        // The lock ends with the connection.
        goodbye(connection).await;
        outcome
    }

    /// Applies the contract migrations: removes what servers of before use, which must not run any longer. Afterwards
    /// they are refused.
    pub async fn contract(&self, target: &Target) -> Result<Outcome, MigrateError> {
        let mut connection = db::connect(target).await?;
        let outcome = match refuse_pooler(&mut connection, target).await {
            Ok(()) => self.contract_on(&mut connection).await,
            Err(error) => Err(error),
        };
        goodbye(connection).await;
        outcome
    }

    async fn run_on(&self, connection: &mut PgConnection) -> Result<Outcome, MigrateError> {
        let plan = self.begin(connection).await?;
        self.refuse_other(&plan)?;
        if plan.is_work() {
            apply::update_bookkeeping(connection, &self.limits).await?;
        }
        if plan.adopt {
            let is_baseline = |known: &&Migration| known.version <= BASELINE_VERSION;
            let baseline: Vec<_> = self
                .migrations
                .iter()
                .filter(is_baseline)
                .cloned()
                .collect();
            apply::adopt(connection, &baseline).await?;
            tracing::info!("existing better-auth tables adopted");
        }
        let (first, rest): (Vec<_>, Vec<_>) = plan
            .pending
            .iter()
            .partition(|migration| migration.version <= BASELINE_VERSION);
        self.apply_all(connection, &first).await?;
        for difference in plan.changes() {
            apply::change(connection, difference, &self.limits).await?;
            tracing::info!(%difference, "changed");
        }
        self.apply_all(connection, &rest).await?;
        Ok(Outcome {
            schema_version: plan.target_version,
            applied: report::versions(&plan.pending),
            pending_contracts: report::versions(&plan.contracts),
        })
    }

    async fn contract_on(&self, connection: &mut PgConnection) -> Result<Outcome, MigrateError> {
        let plan = self.begin(connection).await?;
        if plan.is_work() {
            return Err(MigrateError::NotExpanded);
        }
        if !plan.contracts.is_empty() {
            apply::update_bookkeeping(connection, &self.limits).await?;
        }
        let contracts: Vec<_> = plan.contracts.iter().collect();
        self.apply_all(connection, &contracts).await?;
        let applied = report::versions(&plan.contracts);
        let newest = applied.iter().copied().max().unwrap_or(0);
        Ok(Outcome {
            schema_version: plan.current_version.max(newest),
            applied,
            pending_contracts: Vec::new(),
        })
    }

    /// Becomes the only migrator and looks what there is to do.
    async fn begin(&self, connection: &mut PgConnection) -> Result<Plan, MigrateError> {
        prepare_session(connection, &self.limits).await?;
        lock::acquire(connection, self.limits.migrator_wait).await?;
        let plan = self.read_plan(connection).await?;
        let blockers = plan.blockers();
        if blockers.is_empty() {
            Ok(plan)
        } else {
            Err(MigrateError::Drift(blockers))
        }
    }

    /// Refuses a plan that is not the one that was asked for. Nothing to do is always right: another try finds that when
    /// the one before was lost after its work.
    fn refuse_other(&self, plan: &Plan) -> Result<(), MigrateError> {
        let found = self.report(plan).hash();
        match &self.expected {
            Some(expected) if plan.is_work() && *expected != found => {
                Err(MigrateError::PlanChanged {
                    expected: expected.clone(),
                    found,
                })
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn apply_all(
        &self,
        connection: &mut PgConnection,
        migrations: &[&Migration],
    ) -> Result<(), MigrateError> {
        for migration in migrations {
            apply::apply(connection, migration, self.desired.tables(), &self.limits).await?;
            tracing::info!(migration = migration.label(), class = %migration.class, "migration applied");
        }
        Ok(())
    }

    async fn read_plan(&self, connection: &mut PgConnection) -> Result<Plan, MigrateError> {
        let history = history::read(connection).await?;
        let baseline = self
            .migrations
            .iter()
            .find(|migration| migration.version == BASELINE_VERSION);
        let existing = compare::compare(connection, &self.desired, baseline).await?;
        Plan::new(&self.migrations, &history, existing)
    }
}

/// Refuses a pooler that would leave the lock and the settings of the migrator on a connection that others use.
async fn refuse_pooler(connection: &mut PgConnection, target: &Target) -> Result<(), MigrateError> {
    if db::has_pooler(connection, target).await? {
        return Err(MigrateError::Pooled);
    }
    Ok(())
}

/// Settings of the migrator's own session: it waits shortly for locks and as long as needed for statements, and the
/// notes about what exists already are of no interest.
async fn prepare_session(connection: &mut PgConnection, limits: &Limits) -> sqlx::Result<()> {
    let statements = format!(
        "SET lock_timeout = {}; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
         SET client_min_messages = warning",
        limits.lock_timeout.as_millis()
    );
    raw_sql(AssertSqlSafe(statements))
        .execute(connection)
        .await?;
    Ok(())
}

/// A connection that cannot be closed is closed by the server.
async fn goodbye(connection: PgConnection) {
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "the connection did not close");
    }
}
