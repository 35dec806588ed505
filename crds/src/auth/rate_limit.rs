//! How many requests a client may send.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{
    ColumnNames,
    problem::{Problem, check_range},
};

/// 31 days: longer windows are quotas, which this is not for.
const MAX_WINDOW_SECONDS: u32 = 31 * 86_400;
/// Above it a limit limits nothing.
const MAX_REQUESTS: u32 = 1_000_000;
/// Every pattern is tried at every request.
const MAX_CUSTOM_RULES: usize = 128;

/// How many requests a client may send to a path. A client is an IPv4 address or an IPv6 network, see
/// `advanced.ipAddress`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// Limit requests. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Seconds without a request after which a client starts anew, 1 to 2678400 (31 days). Default: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_678_400))]
    pub window: Option<u32>,

    /// Requests of a client to a path before further ones are answered with 429, 1 to 1000000. Default: 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max: Option<u32>,

    /// Other limits for some paths, by path without the mount path: exact (`/sign-in/email`) or with `*` for any
    /// run of characters without a slash (`/sign-in/*`). They go before the built-in limits of sign-in, sign-up
    /// and what sends mail. Of several that match, an exact path goes first, then the longest pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 128))]
    pub custom_rules: Option<BTreeMap<String, CustomRule>>,

    /// Where requests are counted. `memory`: in each process for itself, so that N replicas let N times as many
    /// requests through. `database`: in the table `rateLimit`, exactly over all replicas, for one statement per
    /// request. `secondary-storage`: in the secondary storage, exactly over all replicas. Default: secondary-storage
    /// where there is one, else memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<RateLimitStorage>,

    /// Name of the table. Default: `rateLimit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$")
    )]
    pub model_name: Option<String>,

    /// Names of the columns that are not called as better-auth calls them, for example `lastRequest: last_request`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<ColumnNames>,
}

/// Where requests are counted. `memory`: in each process for itself, so that N replicas let N times as many requests
/// through. `database`: in the table `rateLimit`, exactly over all replicas, for one statement per request.
/// `secondary-storage`: in the secondary storage, exactly over all replicas. Default: secondary-storage where there is
/// one, else memory.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RateLimitStorage {
    /// In each process for itself.
    #[default]
    Memory,
    /// In the database, for all replicas together.
    Database,
    /// In the secondary storage, for all replicas together.
    #[serde(rename = "secondary-storage")]
    SecondaryStorage,
}

/// The limit of some paths. In a settings file also `false`, as better-auth has it, for `{enabled: false}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct CustomRule {
    /// Limit requests to these paths. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Seconds without a request after which a client starts anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,

    /// Requests of a client to a path before further ones are answered with 429.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

/// [`CustomRule`] as a resource holds it: the schema of a resource cannot say "an object or `false`".
#[derive(Deserialize, JsonSchema)]
struct CustomRuleObject {
    /// Limit requests to these paths. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,

    /// Seconds without a request after which a client starts anew, 1 to 2678400 (31 days). Needed unless `enabled`
    /// is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_678_400))]
    window: Option<u32>,

    /// Requests of a client to a path before further ones are answered with 429, 1 to 1000000. Needed unless
    /// `enabled` is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    max: Option<u32>,
}

impl JsonSchema for CustomRule {
    fn schema_name() -> Cow<'static, str> {
        "CustomRule".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        CustomRuleObject::json_schema(generator)
    }
}

impl<'de> Deserialize<'de> for CustomRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectOrFalse)
    }
}

struct ObjectOrFalse;

impl<'de> Visitor<'de> for ObjectOrFalse {
    type Value = CustomRule;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with window and max, or false")
    }

    /// `true` leaves out what it would need, which validation reports.
    fn visit_bool<E>(self, enabled: bool) -> Result<CustomRule, E> {
        Ok(CustomRule {
            enabled: Some(enabled),
            ..CustomRule::default()
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CustomRule, A::Error> {
        let CustomRuleObject {
            enabled,
            window,
            max,
        } = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
        Ok(CustomRule {
            enabled,
            window,
            max,
        })
    }
}

impl CustomRule {
    /// Whether requests to these paths are limited.
    pub fn enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }
}

impl RateLimit {
    /// Whether requests are limited.
    pub fn enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }

    /// Seconds without a request after which a client starts anew.
    pub fn window(&self) -> u32 {
        self.window.unwrap_or(10)
    }

    /// Requests of a client to a path before further ones are refused.
    pub fn max(&self) -> u32 {
        self.max.unwrap_or(100)
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        check_limit(problems, "rateLimit", self.window, self.max);
        let rules = self.custom_rules.iter().flatten();
        if rules.clone().count() > MAX_CUSTOM_RULES {
            problems.push(Problem::new(
                "rateLimit.customRules",
                format!("must hold at most {MAX_CUSTOM_RULES} paths"),
            ));
        }
        for (path, rule) in rules {
            let field = format!("rateLimit.customRules[{path}]");
            check_limit(problems, &field, rule.window, rule.max);
            if !path.starts_with(['/', '*']) {
                problems.push(Problem::new(
                    &field,
                    "must start with a slash, for example /sign-in/*",
                ));
            }
            if rule.enabled() && (rule.window.is_none() || rule.max.is_none()) {
                problems.push(Problem::new(
                    &field,
                    "must have both window and max, or enabled: false",
                ));
            }
        }
    }
}

fn check_limit(problems: &mut Vec<Problem>, field: &str, window: Option<u32>, max: Option<u32>) {
    let window_field = format!("{field}.window");
    check_range(problems, &window_field, window, 1..=MAX_WINDOW_SECONDS);
    check_range(problems, &format!("{field}.max"), max, 1..=MAX_REQUESTS);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate_limit(yaml: &str) -> RateLimit {
        serde_saphyr::from_str(yaml).unwrap()
    }

    fn problems(yaml: &str) -> Vec<String> {
        let mut problems = Vec::new();
        rate_limit(yaml).validate(&mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_defaults_are_those_of_better_auth_in_production() {
        let settings = rate_limit("{}");
        assert!(settings.enabled());
        assert_eq!((settings.window(), settings.max()), (10, 100));
    }

    #[test]
    fn false_switches_a_path_off() {
        let settings = rate_limit("customRules: {/ok: false, /error: {enabled: false}}");
        let rules = settings.custom_rules.unwrap();
        assert!(rules.values().all(|rule| !rule.enabled()));
    }

    #[test]
    fn a_rule_that_limits_needs_window_and_max() {
        let remedy = "must have both window and max, or enabled: false";
        for rule in ["{}", "{window: 1}", "{max: 1}", "true"] {
            assert_eq!(
                problems(&format!("customRules: {{/ok: {rule}}}")),
                [format!("rateLimit.customRules[/ok]: {remedy}")],
                "{rule}"
            );
        }
        assert!(problems("customRules: {/ok: {window: 1, max: 1}}").is_empty());
    }

    #[test]
    fn numbers_and_paths_are_checked() {
        for (yaml, problem) in [
            (
                "window: 0",
                "rateLimit.window: is 0, must be from 1 to 2678400",
            ),
            ("max: 0", "rateLimit.max: is 0, must be from 1 to 1000000"),
            (
                "customRules: {/ok: {window: 1, max: 0}}",
                "rateLimit.customRules[/ok].max: is 0, must be from 1 to 1000000",
            ),
            (
                "customRules: {ok: false}",
                "rateLimit.customRules[ok]: must start with a slash, for example /sign-in/*",
            ),
        ] {
            assert_eq!(problems(yaml), [problem]);
        }
    }
}
