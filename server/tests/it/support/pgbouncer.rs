//! `PgBouncer` in front of the Postgres of the tests, in transaction mode.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;
use tokio::net::TcpStream;
use url::Url;

use super::eventually;

/// A running pooler; dropping it stops it.
pub(crate) struct PgBouncer {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl PgBouncer {
    /// Whether this release keeps prepared statements in transaction mode, as 1.21 and later do. What it is otherwise
    /// is printed, so that a test that leaves something out says why.
    pub(crate) fn keeps_prepared_statements() -> bool {
        let output = Command::new(program()).arg("--version").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let version = text.split_whitespace().nth(1).unwrap_or_default();
        let minor: u32 = version.split('.').nth(1).unwrap().parse().unwrap();
        let keeps = !version.starts_with("1.") || minor >= 21;
        if !keeps {
            eprintln!(
                "LEFT OUT: PgBouncer {version} keeps no prepared statements, 1.21 and later do"
            );
        }
        keeps
    }

    /// Starts it in front of the server that `url` names, with its credentials.
    pub(crate) async fn start(url: &str) -> Self {
        let url = Url::parse(url).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let prepared = if Self::keeps_prepared_statements() {
            "max_prepared_statements = 200"
        } else {
            ""
        };
        let settings = format!(
            "[databases]
* = host={host} port={server_port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
ignore_startup_parameters = extra_float_digits,options
{prepared}
",
            host = url.host_str().unwrap(),
            server_port = url.port().unwrap_or(5432),
            user = url.username(),
            password = url.password().unwrap_or_default(),
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).unwrap();
        let mut command = Command::new(program());
        // It refuses to be root, and otherwise to become somebody else.
        let id = Command::new("id").arg("-u").output().unwrap().stdout;
        if id.starts_with(b"0") {
            command.args(["-u", "nobody"]);
        }
        let process = command
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let bouncer = Self {
            process,
            port,
            _folder: folder,
        };
        eventually("PgBouncer listens", || async {
            TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
        bouncer
    }

    /// `url`, through this pooler.
    pub(crate) fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.port)).unwrap();
        url.into()
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> String {
    std::env::var("PGBOUNCER_BIN").expect("PGBOUNCER_BIN is not set, run: cargo xtask test server")
}
