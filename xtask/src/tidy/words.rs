//! Words that tie the repository to one machine: hosts of package registries, which every user may
//! have replaced by a mirror, and paths of somebody's home.

use super::{Finding, Source};

/// Each word in two parts, so that this file does not hold it.
const FORBIDDEN: [(&str, &str, &str); 12] = [
    ("registry.npm", "js.org", HOST),
    ("registry.yarn", "pkg.com", HOST),
    ("index.crates", ".io", HOST),
    ("static.crates", ".io", HOST),
    ("proxy.golang", ".org", HOST),
    ("sum.golang", ".org", HOST),
    ("deb.debian", ".org", HOST),
    ("files.python", "hosted.org", HOST),
    ("/roo", "t/", PATH),
    ("/wor", "k/main", PATH),
    ("/wor", "k/shared", PATH),
    ("../shar", "ed/", PATH),
];

const HOST: &str = "the host of a package registry, which is the client's to choose";
const PATH: &str = "a path that only one machine has";

pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(source.text.lines()) {
        for (start, end, reason) in FORBIDDEN {
            let word = format!("{start}{end}");
            if line.contains(&word) {
                findings.push(Finding {
                    line: number,
                    message: format!("{word} is {reason}"),
                });
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_registry_is_found_on_its_line() {
        let text = format!(
            "one\n\"resolved\": \"https://{}/x\"\n",
            ["registry.npm", "js.org"].concat()
        );
        let findings = check(&Source {
            path: "package-lock.json",
            text: &text,
        });
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].line, 2);
    }

    #[test]
    fn names_of_images_are_no_finding() {
        let source = Source {
            path: "versions.env",
            text: "registry.k8s.io/pause docker.io/library/postgres:17",
        };
        assert!(check(&source).is_empty());
    }
}
