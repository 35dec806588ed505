//! The servers that are compared, each a process of its own on the same database.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tempfile::TempDir;

use super::load::{Connection, NUMBER, Target};
use crate::process::{Process, free_port};

/// What all of them take for their public URL: cookies of one hold at the others.
const BASE_URL: &str = "http://localhost:8100/api";
/// What better-auth and those that speak its API answer while they serve.
const OK: &str = "/api/ok";
/// Where the pages are that send requests.
pub const ORIGIN: &str = "http://localhost:8100";
/// The secret of throw-away servers.
pub const SECRET: &str = "a secret of at least thirty-two characters";
/// The images; what they set for the auth server is set here too.
const IMAGES: &str = include_str!("../../../images/Dockerfile");
/// After so long the auth server knows that it hears of changes, without which it answers nothing from memory.
const PROVEN: Duration = Duration::from_secs(1);
/// Longest wait for a server's first answer.
const START_LIMIT: Duration = Duration::from_mins(2);

/// A running server.
#[derive(Debug)]
pub struct Contestant {
    /// Its name in the tables.
    pub name: &'static str,
    /// What it uses.
    pub process: Process,
    /// Where it listens.
    pub port: u16,
    /// From the start of the process to its first answer.
    pub started: Duration,
    _folder: TempDir,
}

/// How `ours` and better-auth are started.
#[derive(Clone, Copy, Debug)]
pub struct Programs<'a> {
    /// The auth server's program.
    pub auth_server: &'a Path,
    /// The folder with better-auth and the program that serves it.
    pub conformance: &'a Path,
    /// The database.
    pub database: &'a str,
}

impl Programs<'_> {
    /// Brings the database to the schema, also for sessions in memory.
    pub fn migrate(&self) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("config.yaml");
        fs::write(&config, in_memory().to_string())?;
        let status = Command::new(self.auth_server)
            .arg("migrate")
            .env("AUTH_CONFIG", config)
            .env("DATABASE_URL", self.database)
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "auth-server migrate failed");
        Ok(())
    }

    /// Starts the auth server.
    pub async fn ours(&self) -> Result<Contestant> {
        let settings = json!({"rateLimit": {"enabled": false}});
        self.serve("authbackend", Command::new(self.auth_server), &settings)
            .await
    }

    /// Starts the auth server with sessions in memory, and waits until it answers from there.
    pub async fn ours_in_memory(&self) -> Result<Contestant> {
        let command = Command::new(self.auth_server);
        let name = "authbackend, in memory";
        let contestant = self.serve(name, command, &in_memory()).await?;
        tokio::time::sleep(PROVEN).await;
        Ok(contestant)
    }

    /// Starts the auth server under valgrind, which leaves a profile of each thread in `folder`. Passwords are hashed as
    /// cheaply as the settings allow; with `in_memory`, sessions are in memory.
    pub async fn counted(&self, folder: &Path, in_memory: bool) -> Result<Contestant> {
        let settings = json!({
            "rateLimit": {"enabled": false},
            "session": {"memoryCache": {"enabled": in_memory}},
            "emailAndPassword": {"password": {
                "maxConcurrent": 1, "argon2id": {"memoryKiB": 8192, "iterations": 1},
            }},
        });
        let profile = folder.join("thread");
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--separate-threads=yes"])
            .arg(format!("--callgrind-out-file={}", profile.display()))
            .arg(self.auth_server)
            // With one thread the same work is done in the same order each time.
            .env("TOKIO_WORKER_THREADS", "1");
        let contestant = self.serve("authbackend", command, &settings).await?;
        if in_memory {
            tokio::time::sleep(PROVEN).await;
        }
        Ok(contestant)
    }

    /// Starts the auth server with these settings.
    pub async fn ours_with(&self, settings: &serde_json::Value) -> Result<Contestant> {
        self.serve("authbackend", Command::new(self.auth_server), settings)
            .await
    }

    async fn serve(
        &self,
        name: &'static str,
        mut command: Command,
        settings: &serde_json::Value,
    ) -> Result<Contestant> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("config.yaml");
        fs::write(&config, settings.to_string())?;
        let (port, admin) = (free_port()?, free_port()?);
        command
            .arg("serve")
            .env("AUTH_BASE_URL", BASE_URL)
            .env("AUTH_SECRET", SECRET)
            .env("AUTH_CONFIG", config)
            .env("DATABASE_URL", self.database)
            .env("LISTEN_ADDR", format!("127.0.0.1:{port}"))
            .env("ADMIN_LISTEN_ADDR", format!("127.0.0.1:{admin}"));
        command.envs(image_environment());
        start(name, &mut command, (port, OK), folder).await
    }

    /// Starts better-auth.
    pub async fn better_auth(&self) -> Result<Contestant> {
        let port = free_port()?;
        let settings = json!({
            "baseURL": BASE_URL, "databaseUrl": self.database, "secret": SECRET, "port": port,
            "relayPort": port, "migrate": false,
            "options": {"emailAndPassword": {"enabled": true}, "rateLimit": {"enabled": false}},
        });
        let mut command = Command::new("node");
        command
            .arg(self.conformance.join("src/reference-server.mjs"))
            .env("NODE_ENV", "production")
            .env("REFERENCE_SETTINGS", settings.to_string());
        start(
            "better-auth",
            &mut command,
            (port, OK),
            tempfile::tempdir()?,
        )
        .await
    }

    /// Starts a bare hyper server that answers `length` bytes, after the query for the session with one of `tokens`, in
    /// turn, if there are any.
    pub async fn bare(&self, length: usize, tokens: &[&str]) -> Result<Contestant> {
        let port = free_port()?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["peer", "--port", &port.to_string()])
            .args(["--length", &length.to_string()]);
        let name = if tokens.is_empty() {
            "bare hyper"
        } else {
            command.args(["--database", self.database]);
            command.args(tokens.iter().flat_map(|token| ["--token", token]));
            "bare hyper and query"
        };
        start(name, &mut command, (port, OK), tempfile::tempdir()?).await
    }
}

/// Settings with which sessions are in memory.
fn in_memory() -> serde_json::Value {
    json!({"rateLimit": {"enabled": false}, "session": {"memoryCache": {"enabled": true}}})
}

/// What the image of the auth server sets for it.
fn image_environment() -> impl Iterator<Item = (&'static str, &'static str)> {
    let stage = IMAGES
        .split("FROM ")
        .find(|stage| stage.contains("AS server"));
    let lines = stage.unwrap_or_default().lines();
    lines.filter_map(|line| line.strip_prefix("ENV ")?.split_once('='))
}

impl Contestant {
    /// `GET /ok`.
    pub fn ok(&self) -> Target {
        let request = format!("GET {OK} HTTP/1.1\r\nHost: localhost:8100\r\n\r\n");
        Target::new(self.port, [request])
    }

    /// Ends it as its owner would, and waits until it has.
    pub fn end(self) -> Result<()> {
        self.process.end()
    }

    /// `GET /get-session` with one of `cookies`, in turn.
    pub fn get_session(&self, cookies: &[String]) -> Target {
        let request = |cookie| {
            format!(
                "GET /api/get-session HTTP/1.1\r\nHost: localhost:8100\r\nCookie: {cookie}\r\n\r\n"
            )
        };
        Target::new(self.port, cookies.iter().map(request))
    }

    /// `POST /sign-in/email`.
    pub fn sign_in(&self, email: &str) -> Target {
        self.post("sign-in", &json!({"email": email, "password": PASSWORD}))
    }

    /// `POST /sign-up/email`, of another user each time.
    pub fn sign_ups(&self) -> Target {
        let email = format!("{NUMBER}@{}.example", self.name);
        let body = json!({"name": "Bench", "email": email, "password": PASSWORD});
        self.post("sign-up", &body)
    }

    /// Signs a user up and returns the cookie of the session.
    pub async fn sign_up(&self, email: &str) -> Result<String> {
        let body = json!({"name": "Bench", "email": email, "password": PASSWORD});
        let target = self.post("sign-up", &body);
        let answer = Connection::open(self.port)
            .await?
            .ask(&target.next())
            .await?;
        ensure!(
            answer.status == 200,
            "{}: sign-up: {}",
            self.name,
            answer.status
        );
        answer
            .cookie
            .with_context(|| format!("{}: no session cookie", self.name))
    }

    fn post(&self, what: &str, body: &serde_json::Value) -> Target {
        let body = body.to_string();
        let request = format!(
            "POST /api/{what}/email HTTP/1.1\r\nHost: localhost:8100\r\nOrigin: {ORIGIN}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Target::new(self.port, [request])
    }
}

/// The password of all users.
pub(super) const PASSWORD: &str = "correct horse battery";

/// Starts `command`, which listens on `port`, and waits until it answers a request of `path`.
pub(super) async fn start(
    name: &'static str,
    command: &mut Command,
    (port, path): (u16, &str),
    folder: TempDir,
) -> Result<Contestant> {
    let log = folder.path().join("log");
    let output = File::create(&log)?;
    command.stdout(output.try_clone()?).stderr(output);
    let begin = Instant::now();
    let process = Process::start(command.stdin(Stdio::null()))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost:8100\r\n\r\n");
    loop {
        if let Ok(mut connection) = Connection::open(port).await
            && connection
                .ask(request.as_bytes())
                .await
                .is_ok_and(|answer| answer.status == 200)
        {
            break;
        }
        ensure!(
            begin.elapsed() < START_LIMIT,
            "{name} does not start: {}",
            fs::read_to_string(&log).unwrap_or_default()
        );
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    Ok(Contestant {
        name,
        process,
        port,
        started: begin.elapsed(),
        _folder: folder,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_auth_server_runs_as_in_its_image() {
        let names: Vec<_> = image_environment().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "MALLOC_MMAP_THRESHOLD_",
                "GLIBC_TUNABLES",
                "MALLOC_TRIM_THRESHOLD_"
            ]
        );
    }
}
