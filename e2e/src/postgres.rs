//! A Postgres of the tests' own, with a database for each of them.

use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use serde_json::{Value, json};

use crate::cluster::Namespace;
use crate::command::{run, run_with_input};
use crate::image;
use crate::node;

/// Its namespace, less the prefix of all of them.
const NAMESPACE: &str = "postgres";
/// Where pods of any namespace reach it.
pub const HOST: &str = "postgres.e2e-postgres.svc";

/// A database and the role that owns it, which share a name.
#[derive(Clone, Debug)]
pub struct Database {
    /// Name of the database and of the role.
    pub name: String,
    /// Password of the role.
    pub password: String,
}

impl Database {
    /// Makes the database anew, without tables.
    pub fn create(name: &str, password: &str) -> Result<Self> {
        start()?;
        let name = format!("e2e_{}", name.replace('-', "_"));
        psql(
            "postgres",
            &format!(
                "DROP DATABASE IF EXISTS {name} WITH (FORCE);\n\
                 DROP ROLE IF EXISTS {name};\n\
                 CREATE ROLE {name} LOGIN PASSWORD '{password}';\n\
                 CREATE DATABASE {name} OWNER {name};"
            ),
        )?;
        Ok(Self {
            name,
            password: password.to_owned(),
        })
    }

    /// Where the database is, with the credentials of its role.
    pub fn uri(&self) -> String {
        format!(
            "postgres://{name}:{}@{HOST}:5432/{name}",
            self.password,
            name = self.name
        )
    }

    /// Changes the role's password and ends what runs under the old one, as some providers do.
    pub fn rotate(&mut self, password: &str) -> Result<()> {
        self.sql(&format!("ALTER ROLE {} PASSWORD '{password}'", self.name))?;
        password.clone_into(&mut self.password);
        Ok(())
    }

    /// What a statement, run by the superuser, answers: rows by line, columns by `|`.
    pub fn sql(&self, statement: &str) -> Result<String> {
        psql(&self.name, statement)
    }
}

fn psql(database: &str, script: &str) -> Result<String> {
    let namespace = Namespace::shared(NAMESPACE)?;
    let mut psql = namespace.kubectl()?;
    psql.args([
        "exec",
        "--stdin",
        "deployment/postgres",
        "--",
        "psql",
        "--username=postgres",
        "--no-psqlrc",
    ])
    .args([
        "--quiet",
        "--tuples-only",
        "--no-align",
        "--set=ON_ERROR_STOP=1",
        "--dbname",
        database,
    ]);
    Ok(run_with_input(&mut psql, script)?.trim().to_owned())
}

/// Starts Postgres, unless an earlier test did.
fn start() -> Result<()> {
    static STARTED: Mutex<bool> = Mutex::new(false);
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*started {
        let namespace = Namespace::shared(NAMESPACE)?;
        namespace.apply(&manifests(&image::postgres()?))?;
        let mut rollout = namespace.kubectl()?;
        run(rollout.args(["rollout", "status", "deployment/postgres", "--timeout=120s"]))?;
        *started = true;
    }
    Ok(())
}

fn manifests(image: &str) -> Value {
    let labels = json!({"app": "postgres"});
    json!({"apiVersion": "v1", "kind": "List", "items": [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "postgres"},
            "spec": {"selector": labels, "ports": [{"port": 5432}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "postgres"},
            "spec": {
                "selector": {"matchLabels": labels},
                "strategy": {"type": "Recreate"},
                "template": {"metadata": {"labels": labels}, "spec": pod(image)},
            },
        },
    ]})
}

fn pod(image: &str) -> Value {
    json!({
        // A drain of the nodes that serve leaves it alone.
        "nodeSelector": node::control_plane(),
        "tolerations": node::tolerations(),
        "automountServiceAccountToken": false,
        "securityContext": {
            "runAsNonRoot": true,
            "runAsUser": 999,
            "fsGroup": 999,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [{
            "name": "postgres",
            "image": image,
            "imagePullPolicy": "IfNotPresent",
            // Nothing here outlives the tests.
            "args": ["-c", "fsync=off", "-c", "max_connections=200"],
            "env": [
                {"name": "POSTGRES_PASSWORD", "value": "superuser"},
                {"name": "PGDATA", "value": "/data/pgdata"},
            ],
            "readinessProbe": {
                "exec": {"command": ["pg_isready", "--host=127.0.0.1", "--username=postgres"]},
                "periodSeconds": 1,
            },
            "volumeMounts": [
                {"name": "data", "mountPath": "/data"},
                {"name": "socket", "mountPath": "/var/run/postgresql"},
            ],
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
        }],
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "socket", "emptyDir": {}}],
    })
}
