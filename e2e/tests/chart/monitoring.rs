//! The alerts and the dashboard: that they work, and that they ask for metrics that there are.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result};
use authbackend_e2e::command::{repository, run, tool};
use serde_json::Value;

use crate::chart;

const MONITORING: &[&str] = &["monitoring.coreos.com/v1"];
const PREFIXES: [&str; 2] = ["authbackend_operator_", "auth_server_"];

/// The rules as the chart renders them.
fn rules() -> Result<Value> {
    let text = chart::text_with_apis(&["metrics.alerts.enabled=true"], MONITORING)?;
    let manifests = chart::parse(&text)?;
    let found = chart::of_kind(&manifests, "PrometheusRule");
    let rule = found.first().context("no PrometheusRule")?;
    Ok(rule["spec"].clone())
}

fn alerts(rules: &Value) -> Vec<&Value> {
    let groups = rules["groups"].as_array().into_iter().flatten();
    let rules = groups.filter_map(|group| group["rules"].as_array());
    rules.flatten().collect()
}

/// The dashboard as the chart renders it.
fn dashboard() -> Result<Value> {
    let config_map = chart::only(&["metrics.dashboard.enabled=true"], "ConfigMap")?;
    assert_eq!(config_map["metadata"]["labels"]["grafana_dashboard"], "1");
    let text = config_map["data"]["authbackend.json"].as_str();
    Ok(serde_json::from_str(text.context("no dashboard")?)?)
}

/// The names of our metrics in a query.
fn metrics_in(query: &str) -> BTreeSet<String> {
    query
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
        .map(str::to_owned)
        .collect()
}

/// The names of the series that the programs export, as the generated reference lists them.
fn exported() -> Result<BTreeSet<String>> {
    let page = std::fs::read_to_string(repository().join("docs/reference/metrics.md"))?;
    let mut names = BTreeSet::new();
    for row in page.lines().filter_map(|line| line.strip_prefix("| `")) {
        let mut cells = row.split(" | ");
        let name = cells.next().context("no name")?.trim_end_matches('`');
        if cells.next() == Some("histogram") {
            names.extend(["_bucket", "_sum", "_count"].map(|suffix| format!("{name}{suffix}")));
        } else {
            names.insert(name.to_owned());
        }
    }
    anyhow::ensure!(names.len() > 20, "the reference lists no metrics");
    Ok(names)
}

/// Every text below `value` in a field called `field`.
fn texts<'a>(value: &'a Value, field: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(field).and_then(Value::as_str));
            for value in fields.values() {
                texts(value, field, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                texts(item, field, found);
            }
        }
        _ => {}
    }
}

#[test]
fn each_alert_fires_when_it_should_and_at_no_other_time() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let rules = serde_json::to_string(&rules()?)?;
    std::fs::write(folder.path().join("rules.yaml"), rules)?;
    let test = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chart/alerts.test.yaml");
    std::fs::copy(test, folder.path().join("test.yaml"))?;
    let promtool = |words: &[&str]| -> Result<String> {
        run(tool("promtool")?.args(words).current_dir(folder.path()))
    };
    promtool(&["check", "rules", "rules.yaml"])?;
    promtool(&["test", "rules", "test.yaml"])?;
    Ok(())
}

#[test]
fn each_alert_has_a_test_a_page_and_a_severity() -> Result<()> {
    let tests = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chart/alerts.test.yaml"),
    )?;
    let page = std::fs::read_to_string(repository().join("docs/alerts.md"))?;
    let rules = rules()?;
    let alerts = alerts(&rules);
    assert!(!alerts.is_empty());
    for alert in alerts {
        let name = alert["alert"].as_str().context("no name")?;
        assert!(
            tests.contains(&format!("alertname: {name}\n        exp_alerts:\n")),
            "{name} is never expected to fire"
        );
        assert!(
            page.contains(&format!("\n## {name}\n")),
            "{name} is not explained"
        );
        let severity = alert["labels"]["severity"]
            .as_str()
            .context("no severity")?;
        assert!(["warning", "critical"].contains(&severity), "{name}");
        let link = alert["annotations"]["runbook_url"]
            .as_str()
            .context("no page")?;
        assert!(
            link.ends_with(&format!("#{}", name.to_lowercase())),
            "{name}"
        );
    }
    Ok(())
}

#[test]
fn alerts_and_dashboard_ask_for_metrics_that_are_exported() -> Result<()> {
    let exported = exported()?;
    let (rules, dashboard) = (rules()?, dashboard()?);
    let mut queries = Vec::new();
    for field in ["expr", "query"] {
        texts(&rules, field, &mut queries);
        texts(&dashboard, field, &mut queries);
    }
    let asked: BTreeSet<String> = queries.into_iter().flat_map(metrics_in).collect();
    assert!(asked.len() > 20, "{asked:?}");
    let unknown: Vec<_> = asked.difference(&exported).collect();
    assert!(unknown.is_empty(), "nothing exports {unknown:?}");
    Ok(())
}

#[test]
fn every_exported_metric_is_shown_or_watched() -> Result<()> {
    let (rules, dashboard) = (rules()?, dashboard()?);
    let mut queries = Vec::new();
    texts(&rules, "expr", &mut queries);
    texts(&dashboard, "expr", &mut queries);
    let asked: BTreeSet<String> = queries.into_iter().flat_map(metrics_in).collect();
    for name in exported()? {
        let of_histogram = name.strip_suffix("_sum").or(name.strip_suffix("_count"));
        // The same release as the servers', in the chart's own version.
        if of_histogram.is_none() && name != "authbackend_operator_build_info" {
            assert!(asked.contains(&name), "{name} is in no panel and no alert");
        }
    }
    Ok(())
}

#[test]
fn panels_are_told_apart_and_do_not_overlap() -> Result<()> {
    let dashboard = dashboard()?;
    let panels = dashboard["panels"].as_array().context("no panels")?;
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64()), "{}", panel["title"]);
        let of = |field: &str| panel["gridPos"][field].as_u64().context("no place");
        for row in of("y")?..of("y")? + of("h")? {
            for column in of("x")?..of("x")? + of("w")? {
                assert!(
                    column < 24 && cells.insert((row, column)),
                    "{}",
                    panel["title"]
                );
            }
        }
    }
    Ok(())
}

#[test]
fn alerts_are_made_where_the_cluster_knows_them_and_only_when_asked() -> Result<()> {
    let made = |settings, apis| -> Result<usize> {
        let manifests = chart::parse(&chart::text_with_apis(settings, apis)?)?;
        Ok(chart::of_kind(&manifests, "PrometheusRule").len())
    };
    let asked = &["metrics.alerts.enabled=true"][..];
    assert_eq!(made(asked, MONITORING)?, 1);
    assert_eq!(made(asked, &[])?, 0);
    assert_eq!(made(&[], MONITORING)?, 0);
    assert!(chart::of_kind(&chart::manifests(&[])?, "ConfigMap").is_empty());
    Ok(())
}
