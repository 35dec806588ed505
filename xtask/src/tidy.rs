//! `cargo xtask tidy`: the rules of the source tree that no compiler checks.

mod borders;
mod names;
mod size;
mod words;

use std::fs;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// A file as the rules see it.
struct Source<'a> {
    /// Its path from the repository's root, with slashes.
    path: &'a str,
    text: &'a str,
}

impl Source<'_> {
    /// The lines of code with their numbers from 1: no line comments, and no inline test module.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..)
            .zip(self.text.lines())
            .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn is_rust(&self) -> bool {
        self.path.rsplit('.').next() == Some("rs")
    }

    fn is_documentation(&self) -> bool {
        self.path.rsplit('.').next() == Some("md")
    }

    /// Whether the whole file is test code.
    fn is_test(&self) -> bool {
        self.path.contains("/tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("_tests.rs")
    }
}

/// What is wrong with a file, and where.
#[derive(Debug, PartialEq)]
struct Finding {
    /// Line number from 1.
    line: usize,
    message: String,
}

/// Checks every file that git knows or would add.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let paths = process::output(
        Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .current_dir(&workspace.root),
    )?;
    let texts: Vec<(&str, String)> = paths
        .lines()
        // No text: a picture, a link to a folder, or a file that is deleted but not yet in git.
        .filter_map(|path| Some((path, fs::read_to_string(workspace.root.join(path)).ok()?)))
        .collect();
    let sources = || texts.iter().map(|(path, text)| Source { path, text });
    let mut functions = names::Functions::default();
    for source in sources().filter(Source::is_rust) {
        functions.collect(&source);
    }
    let mut count = 0;
    for source in sources() {
        for finding in findings(&source, &functions) {
            count += 1;
            println!("{}:{}: {}", source.path, finding.line, finding.message);
        }
    }
    match count {
        0 => Ok(()),
        1 => bail!("tidy: 1 finding"),
        count => bail!("tidy: {count} findings"),
    }
}

fn findings(source: &Source<'_>, functions: &names::Functions) -> Vec<Finding> {
    let mut findings = words::check(source);
    if source.is_rust() {
        findings.extend(borders::check(source));
        findings.extend(size::check(source));
    }
    if source.is_documentation() {
        findings.extend(functions.check(source));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_has_neither_comments_nor_the_inline_tests() {
        let source = Source {
            path: "a.rs",
            text: "// one\nfn two() {}\n\n    // four\n#[cfg(test)]\nmod tests {}\n",
        };
        let code: Vec<_> = source.code().collect();
        assert_eq!(code, [(2, "fn two() {}"), (3, "")]);
    }
}
