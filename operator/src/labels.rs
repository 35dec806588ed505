//! Labels and annotations of the produced objects.

use std::collections::BTreeMap;
use std::fmt;

use crate::names;

/// Label: name of the AuthBackend that an object belongs to.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// Label: which part of the AuthBackend an object is, a [`Component`].
pub const COMPONENT: &str = "app.kubernetes.io/component";
/// Label: the program, `authbackend`.
pub const NAME: &str = "app.kubernetes.io/name";
/// Label: who manages the object.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Label: the whole that the object is a part of.
pub const PART_OF: &str = "app.kubernetes.io/part-of";

/// Label of a migration Job: hash of all that the migration depends on.
pub const MIGRATION_HASH: &str = "authbackend.dev/migration-hash";
/// Label of a migration Job that does not bring the schema up: what it does, a [`crate::build::job::Kind`].
pub const MIGRATION_KIND: &str = "authbackend.dev/migration-kind";
/// Annotation of a pod template: hash of the settings that the pods read at start.
pub const CONFIG_HASH: &str = "authbackend.dev/config-hash";
/// Annotation of a Deployment: hash of its `spec` as the operator rendered it.
pub const SPEC_HASH: &str = "authbackend.dev/spec-hash";
/// Annotation of the StatefulSet of a managed database: the major version of Postgres that its data is of.
pub const POSTGRES_MAJOR: &str = "authbackend.dev/postgres-major";

/// A part of an AuthBackend.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Component {
    /// The auth server.
    Server,
    /// The migration of the schema.
    Migration,
    /// The managed database.
    Postgres,
}

impl Component {
    /// The label's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Migration => "migration",
            Self::Postgres => "postgres",
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Labels by which the pods of a part are selected. They never change: selectors are immutable.
pub fn selector(instance: &str, component: Component) -> BTreeMap<String, String> {
    [
        (NAME, "authbackend"),
        (INSTANCE, instance),
        (COMPONENT, component.as_str()),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

/// All labels of an object of a part.
pub fn all(instance: &str, component: Component) -> BTreeMap<String, String> {
    let mut labels = selector(instance, component);
    labels.insert(PART_OF.to_owned(), "authbackend".to_owned());
    labels.insert(MANAGED_BY.to_owned(), names::MANAGER.to_owned());
    labels
}

/// Label selector of the pods of a part, as `kubectl get --selector` takes it.
pub fn selector_text(instance: &str, component: Component) -> String {
    selector(instance, component)
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another selector could not be applied to what an earlier release has made.
    #[test]
    fn selectors_are_those_of_the_first_release() {
        let part = |component| selector_text("shop", component);
        let rest = "app.kubernetes.io/instance=shop,app.kubernetes.io/name=authbackend";
        assert_eq!(
            part(Component::Server),
            format!("app.kubernetes.io/component=server,{rest}")
        );
        assert_eq!(
            part(Component::Postgres),
            format!("app.kubernetes.io/component=postgres,{rest}")
        );
    }
}
