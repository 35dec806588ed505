//! The binary as a process of its own, with an environment of its own.

use std::{
    net::SocketAddr,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    task::JoinHandle,
    time::timeout,
};

use super::{SECRET, TestDatabase, eventually};

const BINARY: &str = env!("CARGO_BIN_EXE_auth-server");

/// A started process.
pub(crate) struct Process {
    child: Child,
    stdout: Output,
    stderr: Output,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: Vec<String>,
}

impl Exit {
    /// The only line on standard error.
    pub(crate) fn only_line(&self) -> &str {
        assert_eq!(self.stderr.len(), 1, "not one line: {:#?}", self.stderr);
        &self.stderr[0]
    }

    /// Everything that it wrote.
    pub(crate) fn output(&self) -> String {
        [self.stdout.join("\n"), self.stderr.join("\n")].join("\n")
    }
}

/// Runs the binary until it ends.
pub(crate) async fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Exit {
    Process::start(arguments, variables).exit().await
}

impl Process {
    /// Starts the binary with these variables and no others.
    pub(crate) fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(BINARY)
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdout = Output::read(child.stdout.take().unwrap());
        let stderr = Output::read(child.stderr.take().unwrap());
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// Starts `serve` on free ports with sound settings, which `variables` complete, and waits until it serves.
    pub(crate) async fn serve(database: &TestDatabase, variables: &[(&str, &str)]) -> Self {
        let url = database.url().to_owned();
        Self::serve_with(&[&[("DATABASE_URL", url.as_str())], variables].concat()).await
    }

    /// As [`Process::serve`], with the database among the `variables`.
    pub(crate) async fn serve_with(variables: &[(&str, &str)]) -> Self {
        let defaults = [
            ("AUTH_BASE_URL", "http://localhost:8100/api"),
            ("AUTH_SECRET", SECRET),
            ("LISTEN_ADDR", "127.0.0.1:0"),
            ("ADMIN_LISTEN_ADDR", "127.0.0.1:0"),
        ];
        let defaults = defaults.into_iter().filter(|(name, _)| {
            variables
                .iter()
                .all(|(given, _)| given != name && *given != format!("{name}_FILE"))
        });
        let variables: Vec<_> = defaults.chain(variables.iter().copied()).collect();
        let process = Self::start(&["serve"], &variables);
        eventually("the server serves", async || {
            process.logged("serving").is_some()
        })
        .await;
        process
    }

    /// Where the API listens.
    pub(crate) fn api(&self) -> SocketAddr {
        self.address("api_address")
    }

    /// Where the admin port listens.
    pub(crate) fn admin(&self) -> SocketAddr {
        self.address("admin_address")
    }

    fn address(&self, field: &str) -> SocketAddr {
        let line = self.logged("serving").expect("the server does not serve");
        line[field].as_str().unwrap().parse().unwrap()
    }

    /// The first log line with this message.
    pub(crate) fn logged(&self, message: &str) -> Option<serde_json::Value> {
        self.log()
            .into_iter()
            .find(|line| line["message"] == message)
    }

    /// The log lines so far.
    pub(crate) fn log(&self) -> Vec<serde_json::Value> {
        self.stderr
            .lines()
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Everything written so far.
    pub(crate) fn output(&self) -> String {
        [
            self.stdout.lines().join("\n"),
            self.stderr.lines().join("\n"),
        ]
        .join("\n")
    }

    /// Its id, while it runs.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("it has ended")
    }

    /// Asks it to stop, as Kubernetes does.
    pub(crate) async fn terminate(&self) {
        let id = self.id().to_string();
        let status = Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .await
            .unwrap();
        assert!(status.success());
    }

    /// Waits until it ends by itself.
    pub(crate) async fn exit(mut self) -> Exit {
        let status = timeout(Duration::from_mins(1), self.child.wait()).await;
        let status = status.expect("it does not end").unwrap();
        Exit {
            code: status.code(),
            stdout: self.stdout.all().await,
            stderr: self.stderr.all().await,
        }
    }
}

/// The lines of one stream.
struct Output {
    lines: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

impl Output {
    fn read(stream: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let sink = Arc::clone(&lines);
        let reader = tokio::spawn(async move {
            let mut stream = BufReader::new(stream).lines();
            while let Ok(Some(line)) = stream.next_line().await {
                sink.lock().unwrap().push(line);
            }
        });
        Self { lines, reader }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    async fn all(self) -> Vec<String> {
        self.reader.await.unwrap();
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}
