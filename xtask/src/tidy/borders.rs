//! Which part of the code may use what: the walls of `docs/architecture.md`.

use super::{Finding, Source};

/// A name that only some files of a folder may use.
struct Border {
    /// The files that the rule is about: those below these folders.
    within: &'static [&'static str],
    /// The files that may.
    allowed: fn(&str) -> bool,
    /// The paths that the others may not name.
    names: &'static [&'static str],
    message: &'static str,
}

const BORDERS: [Border; 4] = [
    Border {
        within: &["server/src/"],
        allowed: |path| {
            path.ends_with("/store.rs")
                || path.contains("/store/")
                || is_module(path, "server/src/db")
                || is_module(path, "server/src/migrate")
        },
        names: &["sqlx"],
        message: "sqlx belongs in a store, in db or in migrate",
    },
    Border {
        within: &["server/src/"],
        allowed: |path| is_module(path, "server/src/http"),
        names: &["warp"],
        message: "warp belongs in http",
    },
    Border {
        within: &["server/src/", "operator/src/"],
        allowed: |path| {
            is_module(path, "server/src/config") || is_module(path, "operator/src/config")
        },
        names: &["std::env", "env::var", "env::var_os"],
        message: "the environment is read in config only",
    },
    Border {
        within: &["server/src/identity/", "server/src/identity.rs"],
        allowed: |_| false,
        names: &["crate::routes", "crate::plugins", "crate::http"],
        message: "identity imports no feature and no web layer",
    },
];

/// The folder that holds one folder or file per plugin.
const PLUGINS: &str = "server/src/plugins/";

pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Tests may look at everything.
    if source.is_test() {
        return findings;
    }
    for border in &BORDERS {
        let applies = border
            .within
            .iter()
            .any(|folder| source.path.starts_with(folder));
        if !applies || (border.allowed)(source.path) {
            continue;
        }
        for (line, code) in source.code() {
            if border.names.iter().any(|name| names(code, name)) {
                findings.push(Finding {
                    line,
                    message: border.message.to_owned(),
                });
            }
        }
    }
    findings.extend(check_plugin(source));
    findings
}

/// A plugin names no other plugin: what two of them need is in the core.
fn check_plugin(source: &Source<'_>) -> Vec<Finding> {
    let Some(inside) = source.path.strip_prefix(PLUGINS) else {
        return Vec::new();
    };
    let own = inside.split(['/', '.']).next().unwrap_or_default();
    let foreign = |code: &str| {
        code.split("plugins::").skip(1).any(|rest| {
            let name = rest
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next();
            name.is_some_and(|name| !name.is_empty() && name != own)
        })
    };
    source
        .code()
        .filter(|(_, code)| foreign(code))
        .map(|(line, _)| Finding {
            line,
            message: "a plugin imports no other plugin".to_owned(),
        })
        .collect()
}

/// Whether the file is the module itself or lies in its folder.
fn is_module(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// Whether the code holds the name as a whole path, not as a part of a longer word.
fn names(code: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(start, _)| {
        let before = code[..start].chars().next_back();
        let after = code[start + name.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        check(&Source { path, text })
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn sqlx_is_for_stores_the_database_module_and_migrations() {
        let text = "use sqlx::PgConnection;\n";
        for path in [
            "server/src/identity/user/store.rs",
            "server/src/identity/user/store/register.rs",
            "server/src/db.rs",
            "server/src/db/pool.rs",
            "server/src/migrate/lock.rs",
        ] {
            assert!(messages(path, text).is_empty(), "{path}");
        }
        assert_eq!(
            messages("server/src/routes/sign_in.rs", text),
            ["sqlx belongs in a store, in db or in migrate"]
        );
    }

    #[test]
    fn warp_is_for_http() {
        assert!(messages("server/src/http/filter.rs", "use warp::Filter;").is_empty());
        assert_eq!(
            messages("server/src/run.rs", "warp::serve()"),
            ["warp belongs in http"]
        );
    }

    #[test]
    fn the_environment_is_for_config() {
        assert!(messages("operator/src/config.rs", "std::env::var(name)").is_empty());
        assert_eq!(
            messages("operator/src/main.rs", "std::env::var(name)"),
            ["the environment is read in config only"]
        );
    }

    #[test]
    fn identity_imports_no_feature() {
        assert_eq!(
            messages(
                "server/src/identity/user/model.rs",
                "use crate::routes::sign_in;"
            ),
            ["identity imports no feature and no web layer"]
        );
    }

    #[test]
    fn a_plugin_imports_no_other_plugin() {
        assert!(
            messages(
                "server/src/plugins/admin/list.rs",
                "use crate::plugins::admin;"
            )
            .is_empty()
        );
        assert_eq!(
            messages(
                "server/src/plugins/admin/list.rs",
                "use crate::plugins::two_factor::Code;"
            ),
            ["a plugin imports no other plugin"]
        );
    }

    #[test]
    fn a_part_of_a_longer_word_is_another_name() {
        assert!(messages("server/src/run.rs", "fn warped() { my_warp(); }").is_empty());
    }

    #[test]
    fn tests_may_look_at_everything() {
        assert!(messages("server/src/run/tests.rs", "use sqlx::Row;").is_empty());
    }

    #[test]
    fn comments_may_name_anything() {
        assert!(messages("server/src/run.rs", "// warp calls this\n").is_empty());
    }
}
