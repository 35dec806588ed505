//! The reference page of the metrics, from what the programs export.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// One metric.
#[derive(Default)]
struct Metric {
    kind: String,
    help: String,
    labels: Vec<String>,
}

/// The page, from each program's title and what it exports.
pub(super) fn page(programs: &[(&str, String)]) -> String {
    let mut page = "<!-- Generated from what the programs export by `cargo xtask generate`; do not edit. -->\n\n\
                    # Metrics\n\n\
                    Each program answers `/metrics` on its admin port in the OpenMetrics text format. Labels have few values: no path, no id, no\n\
                    name of a user or an AuthBackend is one of them. A histogram has the series `_bucket`, `_sum` and `_count`. Alerts and a\n\
                    dashboard come with the chart: [alerts.md](../alerts.md).\n"
        .to_owned();
    for (title, text) in programs {
        let _ = write!(
            page,
            "\n## {title}\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n"
        );
        for (name, metric) in metrics(text) {
            let labels: Vec<String> = metric
                .labels
                .iter()
                .map(|label| format!("`{label}`"))
                .collect();
            let _ = writeln!(
                page,
                "| `{name}` | {} | {} | {} |",
                metric.kind,
                labels.join(", "),
                metric.help
            );
        }
    }
    page
}

/// The metrics in what a program exports, by the names of their series.
fn metrics(text: &str) -> BTreeMap<String, Metric> {
    let mut families: BTreeMap<String, Metric> = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, help)) = described(line, "# HELP ") {
            families.entry(name).or_default().help = help.trim_end_matches('.').into();
        } else if let Some((name, kind)) = described(line, "# TYPE ") {
            families.entry(name).or_default().kind = kind;
        } else if let Some((series, rest)) = line.split_once('{') {
            let family = families
                .iter_mut()
                .rev()
                .find(|(family, _)| series.strip_prefix(family.as_str()).is_some_and(is_suffix));
            if let (Some((_, metric)), Some((labels, _))) = (family, rest.split_once('}')) {
                metric.labels = names(labels);
            }
        }
    }
    families
        .into_iter()
        .map(|(name, metric)| (series_name(&name, &metric.kind), metric))
        .collect()
}

fn described(line: &str, mark: &str) -> Option<(String, String)> {
    let (name, rest) = line.strip_prefix(mark)?.split_once(' ')?;
    Some((name.to_owned(), rest.to_owned()))
}

fn is_suffix(rest: &str) -> bool {
    matches!(
        rest,
        "" | "_total" | "_bucket" | "_sum" | "_count" | "_info"
    )
}

fn names(labels: &str) -> Vec<String> {
    let names = labels.split("\",").filter_map(|pair| pair.split_once('='));
    names
        .map(|(name, _)| name.to_owned())
        // The bucket's bound, which every histogram has.
        .filter(|name| name != "le")
        .collect()
}

/// The name of a family's samples.
fn series_name(family: &str, kind: &str) -> String {
    match kind {
        "counter" => format!("{family}_total"),
        "info" => format!("{family}_info"),
        _ => family.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_listed_by_its_series_with_its_labels() {
        let text = "# HELP p_requests Requests by route.\n# TYPE p_requests counter\n\
                    p_requests_total{route=\"/a\",status=\"2xx\"} 1\n\
                    # HELP p_wait_seconds Wait.\n# TYPE p_wait_seconds histogram\n# UNIT p_wait_seconds seconds\n\
                    p_wait_seconds_bucket{le=\"1\",route=\"/a\"} 1\n# EOF\n";
        let page = page(&[("P", text.to_owned())]);
        assert!(
            page.contains(
                "| `p_requests_total` | counter | `route`, `status` | Requests by route |"
            ),
            "{page}"
        );
        assert!(
            page.contains("| `p_wait_seconds` | histogram | `route` | Wait |"),
            "{page}"
        );
    }
}
