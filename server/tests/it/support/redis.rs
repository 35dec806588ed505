//! A Redis of a test's own.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use redis::{Client, Cmd, FromRedisValue, cmd};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::eventually;

/// A running Redis that keeps nothing on the disk; dropping it stops it.
pub(crate) struct Redis {
    process: Child,
    port: u16,
    options: Vec<String>,
    folder: TempDir,
}

impl Redis {
    /// Starts it without a password.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts it with further options of its command line.
    pub(crate) async fn with(options: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let folder = tempfile::tempdir().unwrap();
        let options: Vec<String> = options.iter().map(|it| (*it).to_owned()).collect();
        let process = spawn(port, &options, &folder);
        let redis = Self {
            process,
            port,
            options,
            folder,
        };
        redis.listens().await;
        redis
    }

    async fn listens(&self) {
        eventually("Redis listens", || async {
            TcpStream::connect(("127.0.0.1", self.port)).await.is_ok()
        })
        .await;
    }

    /// Stops it; its port stays its own.
    pub(crate) fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again after [`Redis::stop`], empty.
    pub(crate) async fn start_again(&mut self) {
        self.process = spawn(self.port, &self.options, &self.folder);
        self.listens().await;
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The settings of a server that uses it, with `more` in `session`.
    pub(crate) fn settings(&self) -> String {
        format!(
            "secondaryStorage: {{redis: {{url: 'redis://127.0.0.1:{}'}}}}\n",
            self.port
        )
    }

    /// Sends a command to a Redis without a password.
    pub(crate) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> T {
        let client = Client::open(format!("redis://127.0.0.1:{}", self.port)).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        command.query_async(&mut connection).await.unwrap()
    }

    /// The keys without their prefix, sorted.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let keys: Vec<String> = self.run(cmd("KEYS").arg("*")).await;
        let mut keys: Vec<String> = keys
            .iter()
            .map(|key| key.strip_prefix("better-auth:").unwrap_or(key).to_owned())
            .collect();
        keys.sort();
        keys
    }

    /// The JSON under a key, null where there is none.
    pub(crate) async fn json(&self, key: &str) -> Value {
        let text: Option<String> = self.run(cmd("GET").arg(format!("better-auth:{key}"))).await;
        text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
    }

    pub(crate) async fn set(&self, key: &str, value: &str) {
        self.run::<()>(cmd("SET").arg(format!("better-auth:{key}")).arg(value))
            .await;
    }

    pub(crate) async fn delete(&self, key: &str) {
        self.run::<()>(cmd("DEL").arg(format!("better-auth:{key}")))
            .await;
    }

    /// For how many seconds a key is kept.
    pub(crate) async fn seconds(&self, key: &str) -> i64 {
        self.run(cmd("TTL").arg(format!("better-auth:{key}"))).await
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(port: u16, options: &[String], folder: &TempDir) -> Child {
    let program =
        std::env::var("REDIS_BIN").expect("REDIS_BIN is not set, run: cargo xtask test server");
    Command::new(program)
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no"])
        .args(options)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
