use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::chart;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The images of the operator, of the server and of Postgres.
pub fn images(settings: &[&str]) -> Result<[String; 3]> {
    let deployment = chart::only(settings, "Deployment")?;
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    Ok([
        text(&container["image"])?,
        variable(container, "SERVER_IMAGE")?,
        variable(container, "POSTGRES_IMAGE")?,
    ])
}

fn variable(container: &Value, name: &str) -> Result<String> {
    let variables = container["env"].as_array().context("no env")?;
    let variable = variables.iter().find(|variable| variable["name"] == name);
    text(&variable.with_context(|| format!("no {name}"))?["value"])
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().context("not a string")?.to_owned())
}

#[test]
fn images_are_those_of_the_charts_release() -> Result<()> {
    let chart: Value = serde_saphyr::from_str(&chart::file("Chart.yaml")?)?;
    let release = text(&chart["appVersion"])?;
    assert_eq!(
        release,
        env!("CARGO_PKG_VERSION"),
        "chart and operator are released together"
    );
    assert_eq!(chart["version"], chart["appVersion"]);
    assert_eq!(
        images(&[])?,
        [
            format!("ghcr.io/authbackend/operator:{release}"),
            format!("ghcr.io/authbackend/server:{release}"),
            "docker.io/library/postgres:17".to_owned(),
        ]
    );
    Ok(())
}

#[test]
fn each_image_can_be_replaced() -> Result<()> {
    let settings = [
        r#"image={"repository": "operator", "tag": "a"}"#,
        r#"serverImage={"repository": "server", "tag": "b"}"#,
        r#"postgresImage={"repository": "postgres", "tag": "c"}"#,
    ];
    assert_eq!(images(&settings)?, ["operator:a", "server:b", "postgres:c"]);
    Ok(())
}

#[test]
fn a_digest_takes_the_place_of_the_tag() -> Result<()> {
    let digest = format!("{DIGEST:?}");
    let settings =
        ["image", "serverImage", "postgresImage"].map(|image| format!("{image}.digest={digest}"));
    let settings = settings.each_ref().map(String::as_str);
    assert_eq!(
        images(&settings)?,
        [
            format!("ghcr.io/authbackend/operator@{DIGEST}"),
            format!("ghcr.io/authbackend/server@{DIGEST}"),
            format!("docker.io/library/postgres@{DIGEST}"),
        ]
    );
    Ok(())
}

#[test]
fn a_mirror_takes_the_place_of_every_registry() -> Result<()> {
    let settings = [
        r#"imageRegistry="mirror.example:5000/k8s""#,
        r#"image.tag="1""#,
        r#"serverImage={"repository": "localhost/team/server", "tag": "1"}"#,
        r#"postgresImage={"repository": "postgres", "tag": "17"}"#,
    ];
    assert_eq!(
        images(&settings)?,
        [
            "mirror.example:5000/k8s/authbackend/operator:1",
            "mirror.example:5000/k8s/team/server:1",
            "mirror.example:5000/k8s/postgres:17",
        ]
    );
    Ok(())
}

#[test]
fn pull_secrets_reach_the_operators_pod() -> Result<()> {
    let deployment = chart::only(&[r#"imagePullSecrets=["mirror"]"#], "Deployment")?;
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(
        pod["imagePullSecrets"],
        serde_json::json!([{"name": "mirror"}])
    );
    Ok(())
}

#[test]
fn pull_secrets_of_workloads_reach_the_operator() -> Result<()> {
    let settings = [r#"workloadImagePullSecrets=["mirror", "other"]"#];
    let deployment = chart::only(&settings, "Deployment")?;
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let variables = container["env"].as_array().into_iter().flatten();
    let set: Vec<_> = variables
        .filter(|variable| variable["name"] == "IMAGE_PULL_SECRETS")
        .map(|variable| &variable["value"])
        .collect();
    assert_eq!(set, ["mirror,other"]);
    Ok(())
}
