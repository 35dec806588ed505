//! Which plugins of better-auth have left tables and columns.

use std::collections::BTreeSet;

use serde::Serialize;

use super::report::{Check, Finding, Severity};
use crate::{
    db::{Tables, quoted},
    migrate::catalog::Catalog,
};

/// A plugin of better-auth: what it adds to the database.
struct Known {
    /// better-auth's name of it.
    name: &'static str,
    tables: &'static [&'static str],
    /// Columns that it adds to tables of the core.
    columns: &'static [(&'static str, &'static str)],
    guard: Option<Guard>,
}

/// A column by which a plugin keeps people out: without the plugin they get in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guard {
    table: &'static str,
    column: &'static str,
    /// Of how many users what holds.
    holds: &'static str,
}

const fn tables(name: &'static str, tables: &'static [&'static str]) -> Known {
    Known {
        name,
        tables,
        columns: &[],
        guard: None,
    }
}

/// better-auth 1.7.25, the packages that it was split into, and plugins that older releases had.
const KNOWN: &[Known] = &[
    Known {
        columns: &[
            ("user", "role"),
            ("user", "banned"),
            ("user", "banReason"),
            ("user", "banExpires"),
            ("session", "impersonatedBy"),
        ],
        guard: Some(Guard {
            table: "user",
            column: "banned",
            holds: "are banned, and may sign in here",
        }),
        ..tables("admin", &[])
    },
    Known {
        columns: &[("user", "isAnonymous")],
        ..tables("anonymous", &[])
    },
    tables("api-key", &["apikey"]),
    tables("device-authorization", &["deviceCode"]),
    tables("jwt", &["jwks"]),
    Known {
        columns: &[("user", "lastLoginMethod")],
        ..tables("last-login-method", &[])
    },
    tables(
        "oauth-provider",
        &[
            "oauthClient",
            "oauthAccessToken",
            "oauthRefreshToken",
            "oauthConsent",
            "oauthResource",
            "oauthClientResource",
            "oauthClientAssertion",
        ],
    ),
    tables("oidc-provider", &["oauthApplication"]),
    Known {
        columns: &[
            ("session", "activeOrganizationId"),
            ("session", "activeTeamId"),
        ],
        ..tables(
            "organization",
            &[
                "organization",
                "member",
                "invitation",
                "team",
                "teamMember",
                "organizationRole",
            ],
        )
    },
    tables("passkey", &["passkey"]),
    Known {
        columns: &[("user", "phoneNumber"), ("user", "phoneNumberVerified")],
        ..tables("phone-number", &[])
    },
    tables("scim", &["scimProvider"]),
    tables("siwe", &["walletAddress"]),
    tables("sso", &["ssoProvider"]),
    Known {
        columns: &[("user", "stripeCustomerId")],
        ..tables("stripe", &["subscription"])
    },
    Known {
        columns: &[("user", "twoFactorEnabled")],
        guard: Some(Guard {
            table: "user",
            column: "twoFactorEnabled",
            holds: "have a second factor, and sign in here without it",
        }),
        ..tables("two-factor", &["twoFactor"])
    },
    Known {
        columns: &[("user", "username"), ("user", "displayUsername")],
        ..tables("username", &[])
    },
];

/// A plugin of which something is in the database.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundPlugin {
    /// better-auth's name of it.
    pub name: &'static str,
    /// Its tables that there are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<&'static str>,
    /// Its columns in tables of the core, as `user.role`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    #[serde(skip)]
    pub(super) guard: Option<Guard>,
}

/// How this release treats a plugin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Offer {
    /// It has none of this name.
    None,
    /// It has it, and the settings do not.
    Off,
    /// The settings have it.
    On,
}

/// Which plugins have left something. `present` are all tables of the search path; a table that `migrate` makes itself
/// says nothing by its being there, and counts where it has `filled` rows.
pub(super) fn find(
    catalog: &Catalog,
    names: &Tables,
    present: &BTreeSet<String>,
    is_telling: impl Fn(&str) -> bool,
) -> Vec<FoundPlugin> {
    let has_column = |table: &str, column: &str| {
        catalog
            .table(names.table_name(table))
            .is_some_and(|table| table.columns.contains_key(column))
    };
    KNOWN
        .iter()
        .map(|known| FoundPlugin {
            name: known.name,
            tables: known
                .tables
                .iter()
                .copied()
                .filter(|table| present.contains(*table) && is_telling(table))
                .collect(),
            columns: known
                .columns
                .iter()
                .filter(|(table, column)| has_column(table, column))
                .map(|(table, column)| format!("{table}.{column}"))
                .collect(),
            guard: known
                .guard
                .filter(|guard| has_column(guard.table, guard.column)),
        })
        .filter(|found| !found.tables.is_empty() || !found.columns.is_empty())
        .collect()
}

/// Whether a plugin adds `column` to the table that better-auth calls `table`.
pub(super) fn has_column(table: &str, column: &str) -> bool {
    KNOWN
        .iter()
        .any(|known| known.columns.contains(&(table, column)))
}

impl Guard {
    /// Counts the users of whom it holds.
    pub(super) fn query(self, names: &Tables) -> String {
        let (table, column) = (quoted(names.table_name(self.table)), quoted(self.column));
        format!("SELECT count(*) FROM {table} WHERE {column}")
    }
}

/// What to say about a plugin; `guarded` is of how many users its guard holds.
pub(super) fn judge(found: &FoundPlugin, offer: Offer, guarded: i64) -> Option<Finding> {
    if offer == Offer::On {
        return None;
    }
    let remedy = match offer {
        Offer::Off => format!(
            "set plugins.{}, if its endpoints are still called",
            found.name
        ),
        _ => "its data stays; find out in docs/compatibility.md what is offered in its place"
            .to_owned(),
    };
    let is_off = if offer == Offer::Off {
        "which the settings do not switch on"
    } else {
        "which this release does not offer"
    };
    let name = found.name;
    Some(match found.guard {
        Some(guard) if guarded > 0 => Finding::new(
            Severity::Error,
            Check::Plugins,
            format!("better-auth's plugin {name} was used, {is_off}: {guarded} users {}", guard.holds),
        )
        .remedy("end their sessions and take their passwords, or stay with better-auth until it is offered"),
        _ => Finding::new(
            Severity::Warning,
            Check::Plugins,
            format!("better-auth's plugin {name} was used, {is_off}"),
        )
        .remedy(remedy),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::releases::RELEASES;

    #[test]
    fn a_database_without_plugins_has_none() {
        let catalog = RELEASES[0].tables();
        let found = find(&catalog, &Tables::default(), &BTreeSet::new(), |_| true);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn tables_that_are_made_here_tell_of_no_plugin() {
        let present = BTreeSet::from(["jwks".to_owned(), "passkey".to_owned()]);
        let found = find(&Catalog::default(), &Tables::default(), &present, |table| {
            table != "jwks"
        });
        let names: Vec<_> = found.iter().map(|found| found.name).collect();
        assert_eq!(names, ["passkey"]);
    }

    fn two_factor() -> FoundPlugin {
        let known = KNOWN
            .iter()
            .find(|known| known.name == "two-factor")
            .unwrap();
        FoundPlugin {
            name: known.name,
            tables: vec![],
            columns: vec![],
            guard: known.guard,
        }
    }

    #[test]
    fn users_who_would_get_in_without_the_plugin_are_an_error() {
        let found = two_factor();
        let severity =
            |offer, guarded| judge(&found, offer, guarded).map(|finding| finding.severity);
        assert_eq!(severity(Offer::None, 3), Some(Severity::Error));
        assert_eq!(severity(Offer::Off, 3), Some(Severity::Error));
        assert_eq!(severity(Offer::None, 0), Some(Severity::Warning));
        assert_eq!(severity(Offer::On, 3), None);
    }
}
