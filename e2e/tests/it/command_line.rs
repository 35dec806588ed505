//! `kubectl authbackend`, where a kubelet answers it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use authbackend_e2e::cluster::CONTEXT;
use authbackend_e2e::command::{required, run};
use authbackend_e2e::resource::NAME;
use serde_json::json;

use crate::setup::{self, Stage};

fn kubectl_authbackend(stage: &Stage<'_>, words: &[&str]) -> Result<Command> {
    let mut command = Command::new(required("E2E_CLI_BIN", "e2e")?);
    command
        .args(["--context", CONTEXT, "--namespace", stage.namespace.name()])
        .args(words);
    Ok(command)
}

/// Ends with the test.
struct Forward(Child);

impl Drop for Forward {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_command_line_shows_logs_and_forwards_to_the_api() -> Result<()> {
    setup::on_stage(&setup::operator()?, "cli", &json!({}), |stage| {
        let server = run(&mut kubectl_authbackend(stage, &["logs", NAME])?)?;
        // There are two pods, so each line begins with the name of one.
        assert!(
            server.lines().all(|line| line.starts_with("shop-")),
            "{server}"
        );
        assert!(!server.is_empty());
        let migration = run(&mut kubectl_authbackend(
            stage,
            &["logs", NAME, "--migration", "--follow"],
        )?)?;
        assert!(!migration.is_empty());

        let mut child = kubectl_authbackend(stage, &["connect", NAME, "--port", "0"])?
            .stdout(Stdio::piped())
            .spawn()?;
        // Open to the end: a command whose output nobody reads ends.
        let mut out = BufReader::new(child.stdout.take().context("no output")?);
        let _forward = Forward(child);
        let mut line = String::new();
        out.read_line(&mut line)?;
        let (url, _) = line
            .split_once(" is ")
            .with_context(|| format!("no URL in {line:?}"))?;
        for _ in 0..3 {
            let mut answer = ureq::get(format!("{url}/ok")).call()?;
            assert_eq!(answer.body_mut().read_to_string()?, r#"{"ok":true}"#);
        }
        Ok(())
    })
}
