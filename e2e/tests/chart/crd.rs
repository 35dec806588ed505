use anyhow::Result;
use serde_json::Value;

use crate::chart;

#[test]
fn the_definition_is_the_generated_one() -> Result<()> {
    let mut rendered = chart::only(&[], "CustomResourceDefinition")?;
    let generated: Value = serde_saphyr::from_str(&chart::file("files/authbackends.yaml")?)?;
    rendered["metadata"] = generated["metadata"].clone();
    assert_eq!(rendered, generated);
    Ok(())
}

#[test]
fn the_definition_is_kept_on_uninstall() -> Result<()> {
    let crd = chart::only(&[], "CustomResourceDefinition")?;
    assert_eq!(
        crd["metadata"]["annotations"]["helm.sh/resource-policy"],
        "keep"
    );
    Ok(())
}

#[test]
fn the_definition_goes_with_the_chart_when_asked() -> Result<()> {
    let crd = chart::only(&["crds.keep=false"], "CustomResourceDefinition")?;
    assert_eq!(crd["metadata"]["annotations"], Value::Null);
    Ok(())
}

#[test]
fn the_definition_can_be_left_to_someone_else() -> Result<()> {
    let manifests = chart::manifests(&["crds.install=false"])?;
    assert!(chart::of_kind(&manifests, "CustomResourceDefinition").is_empty());
    Ok(())
}
