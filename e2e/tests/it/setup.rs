//! What the tests begin with.

use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use anyhow::{Context as _, Result};
use authbackend_e2e::cluster::Namespace;
use authbackend_e2e::load::Load;
use authbackend_e2e::postgres::Database;
use authbackend_e2e::resource::{self, AuthBackend, BASE_URL};
use authbackend_e2e::{image, operator};
use serde_json::{Value, json};

/// The operator that all tests use; true while it is installed with the chart's default values.
static OPERATOR: RwLock<bool> = RwLock::new(false);

/// The operator with default values, for as long as the guard lives. Other tests may use it too.
pub fn operator() -> Result<RwLockReadGuard<'static, bool>> {
    loop {
        let installed = OPERATOR.read().unwrap_or_else(PoisonError::into_inner);
        if *installed {
            return Ok(installed);
        }
        drop(installed);
        let mut installed = OPERATOR.write().unwrap_or_else(PoisonError::into_inner);
        operator::install(&[])?;
        *installed = true;
    }
}

/// The operator, for a test that changes or kills it: no other test runs meanwhile. It ends with default values.
pub struct Alone {
    installed: RwLockWriteGuard<'static, bool>,
}

/// The operator with default values, for as long as the guard lives, and for this test only.
pub fn operator_alone() -> Result<Alone> {
    let mut installed = OPERATOR.write().unwrap_or_else(PoisonError::into_inner);
    if !*installed {
        operator::install(&[])?;
        *installed = true;
    }
    Ok(Alone { installed })
}

impl Drop for Alone {
    fn drop(&mut self) {
        let restored = operator::install(&[]);
        *self.installed = restored.is_ok();
        if let Err(error) = restored {
            eprintln!("cannot restore the operator: {error:#}");
        }
    }
}

/// The Secret with the URL of the database, and its key.
pub const SECRET: &str = "shop-db";
pub const KEY: &str = "uri";

/// An `AuthBackend` that is ready, in a namespace and on a database of its own.
pub struct Stage<'a> {
    pub namespace: &'a Namespace,
    pub backend: AuthBackend<'a>,
    pub database: Database,
}

impl<'a> Stage<'a> {
    /// Writes the database's URL into its Secret.
    pub fn write_secret(&self) -> Result<()> {
        write_secret(self.namespace, &self.database)
    }

    /// Starts the load.
    pub fn load(&self) -> Result<Load<'a>> {
        load(self.namespace)
    }

    /// What the API server's view of this namespace and the operator's log say, in one text.
    pub fn everything(&self) -> Result<String> {
        Ok(self.namespace.describe()? + &operator::log()?)
    }
}

/// Runs a test on an `AuthBackend` that is ready, with `spec` besides the database. The operator is what [`operator`] or
/// [`operator_alone`] returned.
pub fn on_stage<Guard>(
    _operator: &Guard,
    name: &str,
    spec: &Value,
    test: impl FnOnce(&mut Stage<'_>) -> Result<()>,
) -> Result<()> {
    Namespace::with(name, |namespace| {
        let database = Database::create(name, "old-Pa55word-of-the-role")?;
        write_secret(namespace, &database)?;
        let backend = AuthBackend::ready(namespace, &by_url(), spec)?;
        test(&mut Stage {
            namespace,
            backend,
            database,
        })
    })
}

/// `spec.database` that refers to the Secret with the URL.
pub fn by_url() -> Value {
    json!({"secretRef": {"name": SECRET, "key": KEY}})
}

/// Writes a database's URL into the Secret.
pub fn write_secret(namespace: &Namespace, database: &Database) -> Result<()> {
    namespace.secret(SECRET, &[(KEY, &database.uri())])
}

/// Starts the load in a namespace.
pub fn load(namespace: &Namespace) -> Result<Load<'_>> {
    static IMAGE: Mutex<Option<String>> = Mutex::new(None);
    let mut built = IMAGE.lock().unwrap_or_else(PoisonError::into_inner);
    if built.is_none() {
        *built = Some(image::load(Path::new(env!("CARGO_BIN_EXE_e2e-load")))?);
    }
    let image = built.as_deref().context("no image")?;
    Load::start(namespace, image, resource::NAME, BASE_URL)
}

/// The server of the next release: it brings a column, as its schema's next version.
pub fn next_release() -> Result<String> {
    image::server_with_migration("9001_note", r#"ALTER TABLE "user" ADD COLUMN "note" text;"#)
}

/// The server of a release that adds a column, and removes it when that is asked for.
pub fn contracting_release() -> Result<String> {
    image::server_with_migrations(&[
        (
            "9001_note.expand.sql",
            r#"ALTER TABLE "user" ADD COLUMN "note" text;"#,
        ),
        (
            "9002_note.contract.sql",
            r#"ALTER TABLE "user" DROP COLUMN "note";"#,
        ),
    ])
}

/// The server of a release whose migration is wrong.
pub fn broken_release() -> Result<String> {
    image::server_with_migration(
        "9001_note",
        r#"ALTER TABLE "no_such_table" ADD COLUMN "note" text;"#,
    )
}

/// The server of a release whose migration takes its time.
pub fn slow_release() -> Result<String> {
    image::server_with_migrations(&[SLOW])
}

/// The server of the release after [`slow_release`].
pub fn release_after_slow() -> Result<String> {
    image::server_with_migrations(&[SLOW, AFTER_SLOW])
}

/// The server of the release after that, whose migration is wrong.
pub fn broken_release_after_slow() -> Result<String> {
    let broken = r#"ALTER TABLE "no_such_table" ADD COLUMN "note" text;"#;
    image::server_with_migrations(&[SLOW, AFTER_SLOW, ("9003_broken.expand.sql", broken)])
}

const SLOW: (&str, &str) = (
    "9001_note.expand.sql",
    r#"SELECT pg_sleep(6); ALTER TABLE "user" ADD COLUMN "note" text;"#,
);
const AFTER_SLOW: (&str, &str) = (
    "9002_remark.expand.sql",
    r#"ALTER TABLE "user" ADD COLUMN "remark" text;"#,
);
