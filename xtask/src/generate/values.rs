//! The table of values in the chart's README, from the comments in values.yaml.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

/// What stands before the table.
const MARK: &str = "in this table.\n\n";

/// Blanks of one level in values.yaml.
const INDENT: usize = 2;

/// `readme` with the table of `values`, the text of values.yaml.
pub(super) fn readme(readme: &str, values: &str) -> Result<String> {
    let (before, _) = readme.split_once(MARK).with_context(|| {
        format!(
            "the chart's README has no line that ends with {:?}",
            MARK.trim()
        )
    })?;
    Ok([before, MARK, &table(values)].concat())
}

fn table(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut rows = Vec::new();
    documented(&lines, 0, "", &mut rows);
    rows.sort();
    let mut table = "| Value | Default | Meaning |\n|---|---|---|\n".to_owned();
    for (path, default, meaning) in rows {
        let _ = writeln!(table, "| `{path}` | `{default}` | {meaning} |");
    }
    table
}

/// The values among `lines`, which are indented by `depth` blanks, by their path, with their default and the comment above them.
/// A group of values has no comment of its own; what has one is one value, however deep it goes.
fn documented(
    lines: &[&str],
    depth: usize,
    parent: &str,
    found: &mut Vec<(String, String, String)>,
) {
    let mut comment: Vec<&str> = Vec::new();
    let mut rest = lines;
    while let Some((line, after)) = rest.split_first() {
        rest = after;
        let content = line.trim_start();
        if let Some(remark) = content.strip_prefix('#') {
            comment.push(remark.trim());
        } else if let Some((key, value)) = content.split_once(':') {
            let (inner, after) = block(after, depth);
            rest = after;
            let path = if parent.is_empty() {
                key.to_owned()
            } else {
                format!("{parent}.{key}")
            };
            if value.trim().is_empty() && comment.is_empty() {
                documented(inner, depth + INDENT, &path, found);
            } else {
                found.push((path, flow(value, inner, depth + INDENT), comment.join(" ")));
            }
            comment.clear();
        } else {
            comment.clear();
        }
    }
}

/// The lines that are deeper than `depth`, and the others.
fn block<'a, 'b>(lines: &'a [&'b str], depth: usize) -> (&'a [&'b str], &'a [&'b str]) {
    let is_deeper = |line: &&&str| line.len() - line.trim_start().len() > depth;
    lines.split_at(lines.iter().take_while(is_deeper).count())
}

/// A value in one line.
fn flow(value: &str, inner: &[&str], depth: usize) -> String {
    if inner.is_empty() {
        return value.trim().to_owned();
    }
    let mut fields = Vec::new();
    let mut rest = inner;
    while let Some((line, after)) = rest.split_first() {
        let (inner, after) = block(after, depth);
        rest = after;
        if let Some((key, value)) = line.trim().split_once(':') {
            fields.push(format!("{key}: {}", flow(value, inner, depth + INDENT)));
        }
    }
    format!("{{{}}}", fields.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: &str = "\
# Of the file.

# Number of pods.
# One leads.
replicas: 1

image:
  # Its tag.
  tag: \"\"

# Free in form.
resources:
  requests:
    cpu: 20m
  limits:
    cpu: 1
";

    #[test]
    fn each_value_is_a_row_with_its_default_and_comment() {
        let before = format!("# Chart\n\nWhat is {MARK}| old |\n");
        assert_eq!(
            readme(&before, VALUES).unwrap(),
            format!(
                "# Chart\n\nWhat is {MARK}| Value | Default | Meaning |\n|---|---|---|\n\
                 | `image.tag` | `\"\"` | Its tag. |\n\
                 | `replicas` | `1` | Number of pods. One leads. |\n\
                 | `resources` | `{{requests: {{cpu: 20m}}, limits: {{cpu: 1}}}}` | Free in form. |\n"
            )
        );
    }

    #[test]
    fn a_readme_without_the_place_of_the_table_is_an_error() {
        assert!(readme("# Chart\n", VALUES).is_err());
    }
}
