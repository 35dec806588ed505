//! The psql command for a database. It names Secrets and shows no value of them: a shell reads them when it runs it.

use authbackend_crds::v1alpha1::{AuthBackend, Cnpg, Connection, Database, SecretKeyRef};
use authbackend_operator::names;
use kube::ResourceExt as _;

/// The command line.
pub(super) fn command(auth_backend: &AuthBackend, namespace: &str) -> String {
    // Without `..`: another way to name a database does not compile before it has a command.
    let Database {
        secret_ref,
        connection,
        cnpg,
        managed: _,
    } = &auth_backend.spec.database;
    if let Some(reference) = secret_ref {
        return format!("psql \"{}\"", value_of(reference, namespace));
    }
    if let Some(connection) = connection {
        return of_connection(connection, namespace);
    }
    if let Some(cluster) = cnpg {
        return of_cluster(cluster, namespace);
    }
    // Where the server itself runs there is a psql too, and the way to it needs no network.
    let pod = format!("{}-0", names::postgres(&auth_backend.name_any()));
    let inner = "psql -U \"$POSTGRES_USER\" \"$POSTGRES_DB\"";
    format!(
        "kubectl exec -it {pod} -n {namespace} -- sh -c {}",
        quoted(inner)
    )
}

/// In the pod of the primary, as the user of the server: the names in its URL are those of Services.
fn of_cluster(cluster: &Cnpg, namespace: &str) -> String {
    let primary = format!(
        "$(kubectl get pod -n {namespace} -l cnpg.io/cluster={},cnpg.io/instanceRole=primary -o name)",
        cluster.name
    );
    format!(
        "kubectl exec -it \"{primary}\" -n {namespace} -c postgres -- psql \"{}\"",
        value_of(&cluster.uri_ref(), namespace)
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
    let psql = format!(
        "PGPASSWORD=\"{}\" psql {}",
        value_of(&connection.password_ref, namespace),
        quoted(&parts.join(" "))
    );
    let Some(ca) = &connection.ca_ref else {
        return psql;
    };
    // A file: libpq reads it once for each address that it tries.
    format!(
        "ca=$(mktemp) && {} > \"$ca\" && PGSSLROOTCERT=\"$ca\" {psql}; rm -f \"$ca\"",
        read(ca, namespace)
    )
}

/// A shell's substitution by the value of a Secret's key.
fn value_of(reference: &SecretKeyRef, namespace: &str) -> String {
    format!("$({})", read(reference, namespace))
}

/// The command that prints the value of a Secret's key.
fn read(reference: &SecretKeyRef, namespace: &str) -> String {
    // A dot in a key would begin a field of it.
    let key = reference.key.replace('.', "\\.");
    let path = quoted(&format!("{{.data.{key}}}"));
    format!(
        "kubectl get secret {} -n {namespace} -o jsonpath={path} | base64 -d",
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
    fn the_authority_of_a_connection_is_read_into_a_file() {
        let secret = |key: &str| json!({"name": "shop-db", "key": key});
        let connection = json!({"connection": {
            "host": "db.example", "name": "shop", "user": "shop", "passwordRef": secret("password"), "caRef": secret("ca.crt"),
        }});
        assert_eq!(
            of(&connection),
            r#"ca=$(mktemp) && kubectl get secret shop-db -n team-a -o jsonpath='{.data.ca\.crt}' | base64 -d > "$ca" && PGSSLROOTCERT="$ca" "#
                .to_owned()
                + r#"PGPASSWORD="$(kubectl get secret shop-db -n team-a -o jsonpath='{.data.password}' | base64 -d)" "#
                + r#"psql 'host=db.example port=5432 dbname=shop user=shop sslmode=verify-full'; rm -f "$ca""#
        );
    }

    #[test]
    fn a_cluster_is_entered_in_its_primary_as_the_servers_user() {
        assert_eq!(
            of(&json!({"cnpg": {"name": "pg"}})),
            r#"kubectl exec -it "$(kubectl get pod -n team-a -l cnpg.io/cluster=pg,cnpg.io/instanceRole=primary -o name)" -n team-a "#
                .to_owned()
                + r#"-c postgres -- psql "$(kubectl get secret pg-app -n team-a -o jsonpath='{.data.uri}' | base64 -d)""#
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
