//! Which limit holds for a path.

use authbackend_crds::auth::RateLimit;
use regex::Regex;

use crate::http::glob::glob;

/// At most `max` requests with less than `window` seconds between them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rule {
    /// Seconds, at least 1.
    pub window: u32,
    /// Requests, at least 1.
    pub max: u32,
}

impl Rule {
    /// The window in milliseconds.
    pub(super) fn milliseconds(self) -> i64 {
        i64::from(self.window) * 1000
    }
}

/// A limit of the paths that `applies` to.
#[derive(Clone, Copy, Debug)]
pub struct PathRule {
    /// Whether it holds for a path without the mount path.
    pub applies: fn(&str) -> bool,
    /// The limit.
    pub rule: Rule,
}

/// better-auth's limits of what checks a password or sends mail (`getDefaultSpecialRules`); and of what checks one
/// besides, which it lets everybody with a session guess a hundred times.
const BUILT_IN: [PathRule; 3] = [
    PathRule {
        applies: |path| {
            ["/sign-in", "/sign-up", "/change-password", "/change-email"]
                .iter()
                .any(|start| path.starts_with(start))
        },
        rule: Rule { window: 10, max: 3 },
    },
    PathRule {
        applies: |path| matches!(path, "/verify-password" | "/delete-user"),
        rule: Rule { window: 10, max: 3 },
    },
    PathRule {
        applies: |path| {
            matches!(
                path,
                "/request-password-reset"
                    | "/send-verification-email"
                    | "/email-otp/send-verification-otp"
                    | "/email-otp/request-password-reset"
            ) || path.starts_with("/forget-password")
        },
        rule: Rule { window: 60, max: 3 },
    },
];

/// A pattern of `rateLimit.customRules` that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("rateLimit.customRules: {0:?} is not a pattern of a path")]
pub struct InvalidRule(String);

/// All limits.
pub(super) struct Rules {
    /// Those of the settings, the most specific first; none switches the limit off.
    custom: Vec<(Pattern, Option<Rule>)>,
    plugins: Vec<PathRule>,
    general: Rule,
}

enum Pattern {
    Exact(String),
    Glob(Regex),
}

impl Pattern {
    fn new(text: &str) -> Result<Self, InvalidRule> {
        if text.contains('*') {
            let glob = glob(text).map_err(|_| InvalidRule(text.to_owned()))?;
            Ok(Self::Glob(glob))
        } else {
            Ok(Self::Exact(text.to_owned()))
        }
    }

    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(own) => own == path,
            Self::Glob(glob) => glob.is_match(path),
        }
    }
}

impl Rules {
    pub(super) fn new(settings: &RateLimit, plugins: &[PathRule]) -> Result<Self, InvalidRule> {
        let mut custom: Vec<_> = settings.custom_rules.iter().flatten().collect();
        // A resource does not keep the order in which its author wrote the paths.
        custom.sort_by_key(|(path, _)| (path.contains('*'), std::cmp::Reverse(path.len())));
        let general = Rule {
            window: settings.window(),
            max: settings.max(),
        };
        let custom = custom.into_iter().map(|(path, rule)| {
            // Validated settings have both numbers.
            let limit = rule.enabled().then(|| Rule {
                window: rule.window.unwrap_or(general.window),
                max: rule.max.unwrap_or(general.max),
            });
            Ok((Pattern::new(path)?, limit))
        });
        Ok(Self {
            custom: custom.collect::<Result<_, _>>()?,
            plugins: plugins.to_vec(),
            general,
        })
    }

    /// The limit of `path`: that of the settings, else that of a plugin, else the built-in one, else the general one.
    pub(super) fn find(&self, path: &str) -> Option<Rule> {
        let custom = self.custom.iter().find(|(own, _)| own.matches(path));
        if let Some((_, rule)) = custom {
            return *rule;
        }
        let special = self
            .plugins
            .iter()
            .chain(&BUILT_IN)
            .find(|special| (special.applies)(path));
        Some(special.map_or(self.general, |special| special.rule))
    }

    /// The longest window of all limits in milliseconds: a count that is older counts nothing.
    pub(super) fn longest_window(&self) -> i64 {
        let special = self.plugins.iter().chain(&BUILT_IN).map(|it| it.rule);
        let custom = self.custom.iter().filter_map(|(_, rule)| *rule);
        let all = special.chain(custom).chain([self.general]);
        all.map(Rule::milliseconds).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLUGIN: PathRule = PathRule {
        applies: |path| path.starts_with("/sign-in/magic-link"),
        rule: Rule { window: 60, max: 5 },
    };

    fn rules(settings: &str) -> Rules {
        Rules::new(&serde_json::from_str(settings).unwrap(), &[PLUGIN]).unwrap()
    }

    /// `window/max`, or `off`.
    fn find(rules: &Rules, path: &str) -> String {
        rules.find(path).map_or_else(
            || "off".to_owned(),
            |Rule { window, max }| format!("{window}/{max}"),
        )
    }

    #[test]
    fn what_checks_a_password_or_sends_mail_has_a_limit_of_its_own() {
        let rules = rules("{}");
        for (path, expected) in [
            ("/ok", "10/100"),
            ("/get-session", "10/100"),
            ("/sign-in/email", "10/3"),
            ("/sign-in/social", "10/3"),
            ("/sign-in-or-whatever", "10/3"),
            ("/sign-up/email", "10/3"),
            ("/sign-out", "10/100"),
            ("/change-password", "10/3"),
            ("/change-email", "10/3"),
            ("/verify-password", "10/3"),
            ("/delete-user", "10/3"),
            ("/delete-user/callback", "10/100"),
            ("/request-password-reset", "60/3"),
            ("/request-password-reset/x", "10/100"),
            ("/send-verification-email", "60/3"),
            ("/forget-password/email", "60/3"),
            ("/email-otp/send-verification-otp", "60/3"),
            ("/reset-password/abc", "10/100"),
        ] {
            assert_eq!(find(&rules, path), expected, "{path}");
        }
    }

    #[test]
    fn a_plugin_goes_before_what_is_built_in_and_settings_go_before_both() {
        assert_eq!(find(&rules("{}"), "/sign-in/magic-link"), "60/5");
        let settings = r#"{"customRules": {"/sign-in/*": {"window": 1, "max": 2}}}"#;
        assert_eq!(find(&rules(settings), "/sign-in/magic-link"), "1/2");
        assert_eq!(find(&rules(settings), "/sign-in/email"), "1/2");
        assert_eq!(find(&rules(settings), "/sign-up/email"), "10/3");
    }

    #[test]
    fn of_the_settings_the_most_specific_path_counts() {
        let rules = rules(
            r#"{"window": 30, "max": 7, "customRules": {
                "/sign-in/*": {"window": 2, "max": 2}, "/**": {"window": 1, "max": 1},
                "/sign-in/email": false, "/sign-in/s*": {"window": 3, "max": 3}}}"#,
        );
        for (path, expected) in [
            ("/sign-in/email", "off"),
            ("/sign-in/social", "3/3"),
            ("/sign-in/x", "2/2"),
            ("/callback/x", "1/1"),
        ] {
            assert_eq!(find(&rules, path), expected, "{path}");
        }
    }

    #[test]
    fn a_star_stops_at_a_slash() {
        let rules = rules(r#"{"customRules": {"/a/*": false}}"#);
        for (path, expected) in [("/a/b", "off"), ("/a/b/c", "10/100"), ("/a", "10/100")] {
            assert_eq!(find(&rules, path), expected, "{path}");
        }
    }

    #[test]
    fn the_general_limit_is_that_of_the_settings() {
        let rules = rules(r#"{"window": 30, "max": 7}"#);
        assert_eq!(find(&rules, "/ok"), "30/7");
        assert_eq!(rules.longest_window(), 60_000);
    }
}
