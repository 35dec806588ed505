//! The plan for programs: in full, and short enough for a termination message.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};
use sha2::{Digest as _, Sha256};

use super::{
    Migration, Plan,
    difference::Difference,
    effects::{Effects, Lock},
    file_name::Class,
};
use crate::db::Tables;

/// Hexadecimal digits of a plan's hash: enough to tell plans apart, few enough to type.
const HASH_DIGITS: usize = 16;

/// A plan with what it does to those who use the database meanwhile. Serializes to what `migrate --dry-run --json` prints.
#[derive(Debug)]
pub struct Report<'a> {
    plan: &'a Plan,
    tables: &'a Tables,
}

/// A migration that is pending.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pending<'a> {
    version: i64,
    name: &'a str,
    class: &'static str,
    checksum: &'a str,
    destructive: bool,
    locks: BTreeSet<Lock>,
}

/// The plan in as many bytes as fit.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    hash: String,
    current_version: i64,
    target_version: i64,
    adopt: bool,
    destructive: bool,
    pending: Vec<Item>,
    changes: Vec<String>,
    contracts: Vec<i64>,
    /// Entries of `pending` and `changes` that did not fit.
    omitted: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    version: i64,
    name: String,
    class: &'static str,
    destructive: bool,
    locks: Vec<String>,
}

impl<'a> Report<'a> {
    /// A report on `plan` where tables are called as in `tables`.
    pub fn new(plan: &'a Plan, tables: &'a Tables) -> Self {
        Self { plan, tables }
    }

    /// Identifies what will be done: the migrations with their content, the changes and whether tables are taken over.
    pub fn hash(&self) -> String {
        let pending = self.plan.pending.iter();
        let pending: Vec<_> = pending.map(|it| (it.version, &it.checksum)).collect();
        let changes: Vec<_> = self.plan.changes().map(|it| &it.statements).collect();
        let content = (self.plan.adopt, pending, changes);
        // Only numbers, texts and lists, which always serialize.
        let json = serde_json::to_vec(&content).unwrap_or_default();
        let digest: [u8; 32] = Sha256::digest(json).into();
        let mut hash = digest.map(|byte| format!("{byte:02x}")).concat();
        hash.truncate(HASH_DIGITS);
        hash
    }

    /// Whether data is removed or may change.
    pub fn is_destructive(&self) -> bool {
        let mut pending = self.plan.pending.iter();
        let mut changes = self.plan.changes().flat_map(|change| &change.statements);
        pending.any(|it| self.effects(it).destructive)
            || changes.any(|statement| Effects::of(statement).destructive)
    }

    /// The plan as JSON of at most `limit` bytes, entries left out at the end where it would be longer.
    pub fn summary(&self, limit: usize) -> String {
        let pending = self.plan.pending.iter().map(|it| self.item(it)).collect();
        let changes = self.plan.changes().map(ToString::to_string);
        let mut summary = Summary {
            hash: self.hash(),
            current_version: self.plan.current_version,
            target_version: self.plan.target_version,
            adopt: self.plan.adopt,
            destructive: self.is_destructive(),
            pending,
            changes: changes.collect(),
            contracts: versions(&self.plan.contracts),
            omitted: 0,
        };
        loop {
            let json = serde_json::to_string(&summary).unwrap_or_default();
            let fits = json.len() <= limit;
            if fits || (summary.changes.pop().is_none() && summary.pending.pop().is_none()) {
                return json;
            }
            summary.omitted += 1;
        }
    }

    fn item(&self, migration: &Migration) -> Item {
        let effects = self.effects(migration);
        let locks = effects.locks.iter();
        Item {
            version: migration.version,
            name: migration.name.clone(),
            class: Class::as_str(migration.class),
            destructive: effects.destructive,
            locks: locks
                .map(|lock| format!("{} on {}", lock.mode, lock.table))
                .collect(),
        }
    }

    fn pending<'b>(&'b self, migrations: &'b [Migration]) -> Vec<Pending<'b>> {
        let pending = migrations.iter().map(|migration| {
            let effects = self.effects(migration);
            Pending {
                version: migration.version,
                name: &migration.name,
                class: Class::as_str(migration.class),
                checksum: &migration.checksum,
                destructive: effects.destructive,
                locks: effects.locks,
            }
        });
        pending.collect()
    }

    fn effects(&self, migration: &Migration) -> Effects {
        Effects::of(&migration.script(self.tables))
    }
}

impl Serialize for Report<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plan = self.plan;
        let differences: &[Difference] = &plan.differences;
        let mut fields = serializer.serialize_struct("Plan", 8)?;
        fields.serialize_field("hash", &self.hash())?;
        fields.serialize_field("currentVersion", &plan.current_version)?;
        fields.serialize_field("targetVersion", &plan.target_version)?;
        fields.serialize_field("adopt", &plan.adopt)?;
        fields.serialize_field("destructive", &self.is_destructive())?;
        fields.serialize_field("pending", &self.pending(&plan.pending))?;
        fields.serialize_field("contracts", &self.pending(&plan.contracts))?;
        fields.serialize_field("differences", differences)?;
        fields.end()
    }
}

/// The versions of `migrations`.
pub(super) fn versions(migrations: &[Migration]) -> Vec<i64> {
    migrations
        .iter()
        .map(|migration| migration.version)
        .collect()
}
