//! `kubectl authbackend`, as somebody calls it.

use authbackend_cli::args::Args;
use authbackend_cli::output::Screen;
use clap::Parser as _;

use super::{User, server};

/// Somebody with a kubeconfig.
pub struct CommandLine {
    kubeconfig: tempfile::NamedTempFile,
    namespace: String,
}

impl CommandLine {
    /// `user` in `namespace`.
    pub async fn of(user: User, namespace: &str) -> Self {
        Self::at(user, namespace, "").await
    }

    /// As [`Self::of`], with an API server whose root is at `path` of the real one.
    pub async fn at(user: User, namespace: &str, path: &str) -> Self {
        let kubeconfig = tempfile::NamedTempFile::new().unwrap();
        let content = serde_json::to_string(&server::kubeconfig(user, path).await).unwrap();
        std::fs::write(kubeconfig.path(), content).unwrap();
        Self {
            kubeconfig,
            namespace: namespace.to_owned(),
        }
    }

    /// What completes the last of these words.
    pub async fn complete(&self, words: &[&str]) -> String {
        let asked = [&["__complete", "--"][..], &self.place(), words].concat();
        self.run(&asked).await.unwrap()
    }

    fn place(&self) -> Vec<&str> {
        let kubeconfig = self.kubeconfig.path().to_str().unwrap();
        vec!["--kubeconfig", kubeconfig, "--namespace", &self.namespace]
    }

    /// What `kubectl authbackend` prints with these words, or the error.
    pub async fn run(&self, words: &[&str]) -> Result<String, String> {
        let mut line = self.place();
        if words.contains(&"-A") {
            line.truncate(2);
        }
        line.splice(0..0, ["kubectl-authbackend"]);
        line.extend(words);
        let args = Args::try_parse_from(line).map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        authbackend_cli::run(args, &mut Screen::plain(&mut out))
            .await
            .map_err(|problem| problem.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }
}
