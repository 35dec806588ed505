use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use authbackend_e2e::api::{Account, Client, Connections};
use authbackend_e2e::cluster::{Namespace, kubectl};
use authbackend_e2e::command::{output_and_warnings, repository, run};
use authbackend_e2e::wait::{Look, until};
use authbackend_e2e::{image, operator};
use serde_json::json;

use crate::setup;

/// The URL of `examples/authbackend.yaml`, which `kind-config.yaml` maps to this host.
const BASE_URL: &str = "http://localhost:8100/api";
/// A lease that was not released is free after 15 seconds.
const TAKEOVER_LIMIT: Duration = Duration::from_secs(30);
/// A node's proxy learns of new pods within this time.
const REACHABLE_LIMIT: Duration = Duration::from_secs(10);

/// Several tests look at the example; whichever comes first makes it, alone: two creations at once would collide.
static EXAMPLE: Mutex<()> = Mutex::new(());

fn example_is_ready() -> Result<()> {
    let _operator = setup::operator()?;
    let example = repository().join("examples/authbackend.yaml");
    let alone = EXAMPLE.lock().unwrap_or_else(PoisonError::into_inner);
    run(kubectl()?.args(["apply", "--filename"]).arg(example))?;
    drop(alone);
    let namespace = Namespace::existing("default");
    // It may be ready with another build's image from an earlier run.
    let of_this_build = format!("jsonpath={{.status.current.image}}={}", image::server()?);
    namespace.wait("authbackend/shop", &of_this_build, 180)?;
    namespace.wait("authbackend/shop", "condition=Ready", 180)
}

#[test]
fn a_fresh_install_of_the_example_signs_a_user_up() -> Result<()> {
    example_is_ready()?;
    let client = Client::new(BASE_URL, Connections::Fresh);
    until("answer from this host", REACHABLE_LIMIT, || {
        Ok(client
            .ok()
            .map_or_else(|error| Look::NotYet(format!("{error:#}")), Look::Done))
    })?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let account = Account {
        email: format!("ada-{}@example.com", now.as_millis()),
        password: "correct horse battery staple".to_owned(),
    };
    client.session(&client.sign_up(&account)?, &account)?;
    client.session(&client.sign_in(&account)?, &account)
}

#[test]
fn kubectl_get_shows_what_one_asks_first() -> Result<()> {
    example_is_ready()?;
    let table = run(kubectl()?.args(["get", "authbackends", "shop", "--namespace", "default"]))?;
    let words: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let [headings, row] = words.as_slice() else {
        anyhow::bail!("not two lines: {table}")
    };
    // The version is that of the build, the age that of the cluster.
    let masked: Vec<_> = headings
        .iter()
        .zip(row)
        .map(|(heading, value)| match *heading {
            "VERSION" | "AGE" => format!("{heading}: …"),
            _ => format!("{heading}: {value}"),
        })
        .collect();
    insta::assert_snapshot!(masked.join("\n"));
    Ok(())
}

#[test]
fn ready_is_about_this_generation_and_true() -> Result<()> {
    setup::on_stage(&setup::operator()?, "ready", &json!({}), |stage| {
        let object = stage.backend.get()?;
        assert_eq!(
            object["status"]["observedGeneration"],
            object["metadata"]["generation"]
        );
        assert_eq!(object["status"]["readyReplicas"], 2);
        assert_eq!(stage.backend.condition("Reconciling")?, None);
        assert_eq!(stage.backend.condition("Stalled")?, None);
        stage.load()?.finish().map(drop)
    })
}

#[test]
fn the_operators_pod_meets_the_restricted_profile() -> Result<()> {
    let _operator = setup::operator()?;
    let mut label = kubectl()?;
    label.args([
        "label",
        "namespace",
        operator::NAMESPACE,
        "--dry-run=server",
        "--overwrite",
    ]);
    let (_, warnings) =
        output_and_warnings(label.arg("pod-security.kubernetes.io/enforce=restricted"))?;
    assert_eq!(warnings, "");
    Ok(())
}

#[test]
fn a_second_operator_takes_over() -> Result<()> {
    setup::on_stage(&setup::operator_alone()?, "standby", &json!({}), |stage| {
        operator::install(&["replicas=2"])?;
        let leader = until("leader", TAKEOVER_LIMIT, || {
            Ok(operator::leader()?.map_or_else(|| Look::NotYet("nobody".to_owned()), Look::Done))
        })?;
        operator::kill(&leader)?;
        stage.backend.change(&json!({"replicas": 1}))?;
        stage.backend.wait_ready()?;
        assert_ne!(operator::leader()?, Some(leader));
        Ok(())
    })
}
