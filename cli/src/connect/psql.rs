//! The psql command for a database. It names Secrets and shows no value of them: a shell reads them when it runs it.

use authbackend_crds::v1alpha1::{AuthBackend, Connection, SecretKeyRef};
use authbackend_operator::names;
use kube::ResourceExt as _;

/// The command line.
pub(super) fn command(auth_backend: &AuthBackend, namespace: &str) -> String {
    let database = &auth_backend.spec.database;
    if let Some(reference) = &database.secret_ref {
        return format!("psql \"{}\"", value_of(reference, namespace));
    }
    if let Some(connection) = &database.connection {
        return of_connection(connection, namespace);
    }
    // Where the server itself runs there is a psql too, and the way to it needs no network.
    let pod = format!("{}-0", names::postgres(&auth_backend.name_any()));
    let inner = "psql -U \"$POSTGRES_USER\" \"$POSTGRES_DB\"";
    format!(
        "kubectl exec -it {pod} -n {namespace} -- sh -c {}",
        quoted(inner)
    )
}

fn of_connection(connection: &Connection, namespace: &str) -> String {
    let parts = [
        ("host", connection.host.clone()),
        ("port", connection.port().to_string()),
        ("dbname", connection.name.clone()),
        ("user", connection.user.clone()),
        ("sslmode", connection.ssl_mode().as_str().to_owned()),
    ];
    let parts: Vec<String> = parts
        .iter()
        .map(|(key, value)| format!("{key}={}", conninfo(value)))
        .collect();
    format!(
        "PGPASSWORD=\"{}\" psql {}",
        value_of(&connection.password_ref, namespace),
        quoted(&parts.join(" "))
    )
}

/// A shell's substitution by the value of a Secret's key.
fn value_of(reference: &SecretKeyRef, namespace: &str) -> String {
    // A dot in a key would begin a field of it.
    let key = reference.key.replace('.', "\\.");
    let path = quoted(&format!("{{.data.{key}}}"));
    format!(
        "$(kubectl get secret {} -n {namespace} -o jsonpath={path} | base64 -d)",
        reference.name
    )
}

/// A value in a connection string of libpq.
fn conninfo(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-:".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// One word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(database: &Value) -> String {
        let auth_backend = json!({
            "metadata": {"name": "shop"},
            "spec": {"baseURL": "https://shop.example", "database": database},
        });
        command(&serde_json::from_value(auth_backend).unwrap(), "team-a")
    }

    #[test]
    fn a_url_is_read_from_its_secret() {
        assert_eq!(
            of(&json!({"secretRef": {"name": "shop-db", "key": "db.uri"}})),
            r#"psql "$(kubectl get secret shop-db -n team-a -o jsonpath='{.data.db\.uri}' | base64 -d)""#
        );
    }

    #[test]
    fn parts_are_quoted_for_libpq_and_for_the_shell() {
        let connection = json!({"connection": {
            "host": "db.example", "name": "it's", "user": "shop", "passwordRef": {"name": "shop-db", "key": "password"},
        }});
        assert_eq!(
            of(&connection),
            r#"PGPASSWORD="$(kubectl get secret shop-db -n team-a -o jsonpath='{.data.password}' | base64 -d)" psql "#
                .to_owned()
                + r"'host=db.example port=5432 dbname='\''it\'\''s'\'' user=shop sslmode=prefer'"
        );
    }

    #[test]
    fn a_managed_database_is_entered_in_its_pod() {
        assert_eq!(
            of(&json!({"managed": {}})),
            r#"kubectl exec -it shop-postgres-0 -n team-a -- sh -c 'psql -U "$POSTGRES_USER" "$POSTGRES_DB"'"#
        );
    }
}
