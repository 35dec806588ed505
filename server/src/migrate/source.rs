//! The migrations that this binary knows: embedded ones, and further ones of a derived image.

use std::{borrow::Cow, fs, path::Path};

use sha2::{Digest as _, Sha256};

use super::file_name::{Class, FileName};
use crate::{config::Problem, db::Tables};

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// The newest migration without which this version of the server cannot serve. It needs no contract migration:
/// those remove what it no longer uses.
pub const REQUIRED_VERSION: i64 = REQUIRED;

/// A file of `migrations/`.
struct Embedded {
    version: i64,
    name: &'static str,
    class: Class,
    sql: &'static str,
}

/// First line of a migration that cannot run in a transaction, such as `CREATE INDEX CONCURRENTLY`.
const NO_TRANSACTION: &str = "-- no-transaction";

/// Start of a line, before the first statement of a contract migration, with the oldest migration that a server must know
/// to serve afterwards.
const MIN_SERVER_VERSION: &str = "-- min-server-version:";

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Position in the order, from 1.
    pub version: i64,
    /// From the file's name.
    pub name: String,
    /// What it does to servers of the version before.
    pub class: Class,
    /// SHA-256 of the file, in hexadecimal.
    pub checksum: String,
    /// The file's content.
    pub sql: String,
    /// Whether the content is a template of [`Tables::script`].
    pub is_template: bool,
}

impl Migration {
    /// Makes a migration of a file's name and content.
    pub fn new(
        version: i64,
        name: impl Into<String>,
        class: Class,
        sql: impl Into<String>,
    ) -> Self {
        let sql = sql.into();
        let digest: [u8; 32] = Sha256::digest(sql.as_bytes()).into();
        let checksum = digest.map(|byte| format!("{byte:02x}")).concat();
        Self {
            version,
            name: name.into(),
            class,
            checksum,
            sql,
            is_template: false,
        }
    }

    /// A migration of this server, in which names of tables and types of ids stand for those that the settings choose.
    /// Its checksum is that of the script for better-auth's own names.
    fn template(file: &Embedded) -> Self {
        let script = Tables::default().script(file.sql);
        Self {
            sql: file.sql.to_owned(),
            is_template: true,
            ..Self::new(file.version, file.name, file.class, script)
        }
    }

    /// What is run where tables are called as in `tables`.
    pub fn script(&self, tables: &Tables) -> Cow<'_, str> {
        if self.is_template {
            Cow::Owned(tables.script(&self.sql))
        } else {
            Cow::Borrowed(&self.sql)
        }
    }

    /// Whether it runs in a transaction together with its bookkeeping.
    pub fn is_transactional(&self) -> bool {
        self.sql
            .lines()
            .next()
            .is_none_or(|line| line.trim_end() != NO_TRANSACTION)
    }

    /// The migration that a server must know to serve once this one was applied; `None` where every server may. A contract
    /// removes what servers of before use, so unless its file says otherwise they must know the contract itself.
    pub fn min_server_version(&self) -> Option<i64> {
        if self.class != Class::Contract {
            return None;
        }
        let comments = self.sql.lines().take_while(|line| line.starts_with("--"));
        let stated = comments
            .filter_map(|line| line.strip_prefix(MIN_SERVER_VERSION))
            .find_map(|stated| stated.trim().parse().ok());
        Some(stated.unwrap_or(self.version))
    }

    /// "1 (initial)", for people.
    pub fn label(&self) -> String {
        format!("{} ({})", self.version, self.name)
    }
}

/// The embedded migrations, by version.
pub fn embedded() -> Vec<Migration> {
    EMBEDDED.iter().map(Migration::template).collect()
}

/// The versions of the embedded migrations and of those of `directory`: what a server is known to be able to work with.
pub fn known_versions(directory: Option<&Path>) -> Result<Vec<i64>, Problem> {
    let migrations = with_directory(directory)?;
    Ok(migrations
        .iter()
        .map(|migration| migration.version)
        .collect())
}

/// The embedded migrations followed by those of `directory` (`AUTH_MIGRATIONS_DIR`), by version.
pub fn with_directory(directory: Option<&Path>) -> Result<Vec<Migration>, Problem> {
    let mut migrations = embedded();
    let Some(directory) = directory else {
        return Ok(migrations);
    };
    let last_embedded = migrations.last().map_or(0, |migration| migration.version);
    let mut further = read_directory(directory)?;
    further.sort_by_key(|migration| migration.version);
    for migration in further {
        let problem = |remedy: String| {
            Problem::new(
                "AUTH_MIGRATIONS_DIR",
                format!("has migration {} {remedy}", migration.label()),
            )
        };
        if migration.version <= last_embedded {
            return Err(problem(format!(
                "but versions up to {last_embedded} are the server's own: use a higher one"
            )));
        }
        if migrations
            .last()
            .is_some_and(|last| last.version == migration.version)
        {
            return Err(problem(
                "and another one of the same version: renumber one".to_owned(),
            ));
        }
        migrations.push(migration);
    }
    Ok(migrations)
}

fn read_directory(directory: &Path) -> Result<Vec<Migration>, Problem> {
    let unreadable = |error: std::io::Error| {
        Problem::new(
            "AUTH_MIGRATIONS_DIR",
            format!("cannot be read from {}: {error}", directory.display()),
        )
    };
    let mut migrations = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Kubernetes mounts hold `..data` beside the files.
        if name.starts_with('.') {
            continue;
        }
        let FileName {
            version,
            name,
            class,
        } = FileName::parse(&name).map_err(|remedy| {
            Problem::new(
                "AUTH_MIGRATIONS_DIR",
                format!("holds {name}, which {remedy}"),
            )
        })?;
        let sql = fs::read_to_string(&path).map_err(unreadable)?;
        migrations.push(Migration::new(version, name, class, sql));
    }
    Ok(migrations)
}

#[cfg(test)]
mod tests {
    use super::{Class, Migration};

    fn contract(sql: &str) -> Option<i64> {
        Migration::new(9, "drop", Class::Contract, sql).min_server_version()
    }

    #[test]
    fn after_a_contract_only_servers_that_know_it_serve() {
        assert_eq!(contract("DROP TABLE a"), Some(9));
        assert_eq!(
            contract("-- min-server-version: soon\nDROP TABLE a"),
            Some(9)
        );
    }

    #[test]
    fn a_contract_may_let_older_servers_serve() {
        let sql = "-- no-transaction\n-- min-server-version: 7\nDROP TABLE a";
        assert_eq!(contract(sql), Some(7));
    }

    #[test]
    fn other_migrations_let_every_server_serve() {
        for class in [Class::Expand, Class::Backfill] {
            let sql = "-- min-server-version: 7\nSELECT 1";
            let migration = Migration::new(9, "add", class, sql);
            assert_eq!(migration.min_server_version(), None);
        }
    }
}
