//! A throw-away Postgres on a loopback port.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::process;
use crate::progress::Step;
use crate::tools;

use super::debian::{self, id};

/// Where Debian and Ubuntu install each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// For a server that only this machine reaches and that is gone within minutes.
const PASSWORD: &str = "throw-away";
/// How long the server may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);

/// What a test database does without, to be quick, and what many tests at once need.
const SETTINGS: [&str; 6] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=300",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
];

/// A running server; dropping it stops it and removes its data.
pub(crate) struct Postgres {
    server: Child,
    port: u16,
    _folder: TempDir,
}

impl Postgres {
    /// Makes a cluster in a temporary folder and starts it on a free port.
    pub(crate) fn start(step: &Step<'_>) -> Result<Self> {
        Self::start_with(step, &[])
    }

    /// As [`Postgres::start`], with further settings.
    pub(crate) fn start_with(step: &Step<'_>, settings: &[&str]) -> Result<Self> {
        let programs = find_programs(step)?;
        let user = User::find()?;
        let folder = tempfile::Builder::new()
            .prefix("authbackend-postgres-")
            .tempdir()?;
        let data = folder.path().join("data");
        let password = folder.path().join("password");
        fs::write(&password, PASSWORD)?;
        user.give(folder.path())?;
        user.give(&password)?;
        step.run(
            user.command(&programs.join("initdb"))
                .args([
                    "--no-sync",
                    "--no-locale",
                    "--encoding=UTF8",
                    "--auth=scram-sha-256",
                ])
                .args(["--username=postgres", "--pwfile"])
                .arg(&password)
                .arg("--pgdata")
                .arg(&data),
        )?;
        let port = free_port()?;
        let log = folder.path().join("log");
        configure(&data, settings)?;
        let mut server = user.command(&programs.join("postgres"));
        server.arg("-D").arg(&data).args(["-p", &port.to_string()]);
        let server = server
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .context("cannot start postgres")?;
        let mut postgres = Self {
            server,
            port,
            _folder: folder,
        };
        postgres.wait_until_ready(&programs.join("pg_isready"), &log)?;
        step.note(format!("{} on port {port}", programs.display()));
        Ok(postgres)
    }

    /// The superuser's URL.
    pub(crate) fn url(&self) -> String {
        format!(
            "postgres://postgres:{PASSWORD}@127.0.0.1:{}/postgres",
            self.port
        )
    }

    fn wait_until_ready(&mut self, pg_isready: &Path, log: &Path) -> Result<()> {
        let start = Instant::now();
        let mut probe = Command::new(pg_isready);
        probe.args(["--host=127.0.0.1", "--port", &self.port.to_string()]);
        while !process::succeeds(&mut probe) {
            if self.server.try_wait()?.is_some() || start.elapsed() > START_LIMIT {
                bail!(
                    "postgres does not start: {}",
                    fs::read_to_string(log)?.trim()
                );
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

/// Appends the settings to the cluster's file, so that `ALTER SYSTEM` may change them.
fn configure(data: &Path, settings: &[&str]) -> Result<()> {
    let path = data.join("postgresql.conf");
    let mut file = File::options().append(true).open(path)?;
    for setting in SETTINGS.iter().chain(settings) {
        let (name, value) = setting
            .split_once('=')
            .with_context(|| format!("the setting {setting} has no value"))?;
        writeln!(file, "{name} = '{value}'")?;
    }
    Ok(())
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is the fast shutdown. A server that is gone already needs none.
        let pid = self.server.id().to_string();
        process::succeeds(Command::new("kill").args(["-INT", &pid]));
        let _ = self.server.wait();
    }
}

/// Who runs the server: it refuses to run as root.
struct User {
    /// User and group to change to, where this process is root.
    ids: Option<(u32, u32)>,
}

impl User {
    fn find() -> Result<Self> {
        if id(&["-u"])? != 0 {
            return Ok(Self { ids: None });
        }
        // Debian's package makes the first; the second is everywhere.
        for name in ["postgres", "nobody"] {
            if let (Ok(user), Ok(group)) = (id(&["-u", name]), id(&["-g", name])) {
                return Ok(Self {
                    ids: Some((user, group)),
                });
            }
        }
        bail!("Postgres refuses to run as root, and there is no user postgres or nobody")
    }

    fn give(&self, path: &Path) -> Result<()> {
        if let Some((user, group)) = self.ids {
            chown(path, Some(user), Some(group))?;
        }
        Ok(())
    }

    /// The program as this user. Where Linux can, it ends when this process does, however that ends.
    fn command(&self, program: &Path) -> Command {
        if tools::on_path("setpriv").is_none() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        if let Some((user, group)) = self.ids {
            command.args(["--reuid", &user.to_string(), "--regid", &group.to_string()]);
            command.arg("--clear-groups");
        }
        command.args(["--pdeathsig", "INT", "--"]).arg(program);
        // The current folder may be closed to this user.
        command.current_dir("/");
        command
    }
}

/// The folder with initdb, postgres and `pg_isready`; on Debian as root they are installed if missing.
fn find_programs(step: &Step<'_>) -> Result<PathBuf> {
    if let Some(programs) = installed() {
        return Ok(programs);
    }
    debian::install(step, "postgresql", "Postgres")?;
    installed().context("the package postgresql brought no initdb")
}

/// The newest version of Debian's folders, else what the PATH leads to.
fn installed() -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let newest = versions
        .map(|version| version.path())
        .filter(|version| version.join("bin/initdb").is_file())
        .max_by_key(|version| major(version));
    newest.map(|version| version.join("bin")).or_else(|| {
        let initdb = tools::on_path("initdb")?.canonicalize().ok()?;
        Some(initdb.parent()?.to_path_buf())
    })
}

fn major(folder: &Path) -> Option<u32> {
    folder.file_name()?.to_str()?.parse().ok()
}

/// A port that was free just now.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
