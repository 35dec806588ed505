use anyhow::Result;
use serde_json::json;

use crate::chart;

#[test]
fn the_operators_pod_meets_the_restricted_profile() -> Result<()> {
    let deployment = chart::only(&[], "Deployment")?;
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(
        pod["securityContext"]["seccompProfile"],
        json!({"type": "RuntimeDefault"})
    );
    for container in pod["containers"].as_array().into_iter().flatten() {
        assert_eq!(
            container["securityContext"],
            json!({
                "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"]},
            })
        );
    }
    for forbidden in ["hostNetwork", "hostPID", "hostIPC", "volumes"] {
        assert!(pod[forbidden].is_null(), "{forbidden}");
    }
    Ok(())
}

#[test]
fn only_the_operators_pod_gets_a_token() -> Result<()> {
    let account = chart::only(&[], "ServiceAccount")?;
    let deployment = chart::only(&[], "Deployment")?;
    assert_eq!(account["automountServiceAccountToken"], false);
    assert_eq!(
        deployment["spec"]["template"]["spec"]["automountServiceAccountToken"],
        true
    );
    Ok(())
}

#[test]
fn memory_is_limited_and_cpu_is_not_throttled() -> Result<()> {
    let deployment = chart::only(&[], "Deployment")?;
    assert_eq!(
        deployment["spec"]["template"]["spec"]["containers"][0]["resources"],
        json!({"requests": {"cpu": "20m", "memory": "48Mi"}, "limits": {"memory": "128Mi"}})
    );
    Ok(())
}

#[test]
fn probes_ask_the_admin_port() -> Result<()> {
    let deployment = chart::only(&[], "Deployment")?;
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(
        container["livenessProbe"]["httpGet"],
        json!({"path": "/livez", "port": "admin"})
    );
    assert_eq!(
        container["readinessProbe"]["httpGet"],
        json!({"path": "/readyz", "port": "admin"})
    );
    Ok(())
}

#[test]
fn every_image_has_a_tag_that_is_a_release() -> Result<()> {
    for settings in [&[][..], &["replicas=2"]] {
        for manifest in chart::manifests(settings)? {
            let pod = &manifest["spec"]["template"]["spec"];
            for container in pod["containers"].as_array().into_iter().flatten() {
                let image = container["image"].as_str().unwrap_or_default();
                let tag = image.rsplit_once(':').map(|(_, tag)| tag);
                assert!(
                    tag.is_some_and(|tag| !tag.contains('/') && tag != "latest"),
                    "{image}"
                );
                assert!(container["resources"]["requests"]["cpu"].is_string());
                assert!(container["resources"]["requests"]["memory"].is_string());
            }
        }
    }
    Ok(())
}
