//! Ory Kratos, another auth server that keeps its sessions in Postgres: a peer that is compiled too.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::contestants::{Contestant, PASSWORD, Programs, SECRET, start};
use super::load::Target;
use crate::process::free_port;

/// Connections to the database: as many as the auth server's default.
const POOL: &str = "20";
/// Exactly as many characters as its cipher wants.
const CIPHER: &str = "thirty-two characters, no more..";

impl Programs<'_> {
    /// Brings the database to the schema of Kratos, which has no table in common with the auth server's, and starts it.
    pub async fn kratos(&self, program: &Path) -> Result<Contestant> {
        let folder = tempfile::tempdir()?;
        let schema = folder.path().join("schema.json");
        fs::write(&schema, user().to_string())?;
        let (port, admin) = (free_port()?, free_port()?);
        let database = format!("{}?sslmode=disable&max_conns={POOL}", self.database);
        let settings = json!({
            "version": "v1.3.1",
            "dsn": database,
            "serve": {"public": listen(port), "admin": listen(admin)},
            "selfservice": {
                "default_browser_return_url": format!("http://127.0.0.1:{port}/"),
                "methods": {"password": {"enabled": true, "config": {"haveibeenpwned_enabled": false}}},
                "flows": {"registration": {"after": {"password": {"hooks": [{"hook": "session"}]}}}},
            },
            "log": {"level": "error"},
            "secrets": {"cookie": [SECRET], "cipher": [CIPHER]},
            "identity": {
                "default_schema_id": "default",
                "schemas": [{"id": "default", "url": format!("file://{}", schema.display())}],
            },
            "courier": {"smtp": {"connection_uri": "smtp://127.0.0.1:1/"}},
        });
        // JSON is YAML.
        let config = folder.path().join("kratos.yaml");
        fs::write(&config, settings.to_string())?;
        let status = command(program)
            .args(["migrate", "sql", "--read-from-env", "--yes"])
            .env("DSN", database)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("Kratos cannot be started")?;
        ensure!(status.success(), "kratos migrate failed");
        let mut serve = command(program);
        serve.arg("serve").arg("--config").arg(config);
        let ready = (port, "/health/ready");
        start("Ory Kratos", &mut serve, ready, folder).await
    }
}

/// Without the report of its use to its makers.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("SQA_OPT_OUT", "true");
    command
}

fn listen(port: u16) -> Value {
    json!({"host": "127.0.0.1", "port": port, "base_url": format!("http://127.0.0.1:{port}/")})
}

/// A user has what one of better-auth has to have.
fn user() -> Value {
    let identifier = json!({"credentials": {"password": {"identifier": true}}});
    json!({
        "$id": "https://bench.example/user.json",
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"traits": {
            "type": "object",
            "properties": {
                "email": {"type": "string", "format": "email", "ory.sh/kratos": identifier},
                "name": {"type": "string"},
            },
            "required": ["email"],
        }},
    })
}

/// `GET /sessions/whoami` of a user who signs up for it.
pub fn whoami(kratos: &Contestant) -> Result<Target> {
    let url = |path: &str| {
        format!(
            "http://127.0.0.1:{}/self-service/registration{path}",
            kratos.port
        )
    };
    let flow = ureq::get(url("/api"))
        .call()?
        .into_body()
        .read_to_string()?;
    let flow: Value = serde_json::from_str(&flow)?;
    let flow = flow["id"].as_str().context("Kratos: no flow")?;
    let form = json!({
        "method": "password",
        "password": PASSWORD,
        "traits": {"email": "kratos@bench.example", "name": "Bench"},
    });
    let session = ureq::post(url(&format!("?flow={flow}")))
        .content_type("application/json")
        .send(form.to_string())?
        .into_body()
        .read_to_string()?;
    let session: Value = serde_json::from_str(&session)?;
    let token = session["session_token"]
        .as_str()
        .context("Kratos: no session")?;
    let request = format!(
        "GET /sessions/whoami HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Session-Token: {token}\r\n\r\n"
    );
    Ok(Target::new(kratos.port, [request]))
}
