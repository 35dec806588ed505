//! Which release of better-auth made the tables.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    db::{IdKind, Tables},
    migrate::{
        catalog::{Catalog, CatalogColumn, CatalogTable},
        model::CORE,
        releases::{RELEASES, Release},
    },
};

/// Who made the tables.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The releases of better-auth of which the tables are, or to which they are closest, the oldest first.
    pub releases: Vec<&'static str>,
    /// The type of ids: `text`, `uuid` or `serial`.
    pub ids: &'static str,
    /// How the tables differ from those of these releases; nothing when they are the same.
    pub departures: Vec<Departure>,
}

/// One way in which a table differs from that of a release.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Departure {
    /// The table's name in the database.
    pub table: String,
    /// The column's name in the database, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What is otherwise.
    pub finding: String,
}

/// Compares the tables with those of each known release; `None` where there is no table of users.
pub(super) fn identify(catalog: &Catalog, tables: &Tables) -> Option<Origin> {
    let users = catalog.table(tables.table_name("user"))?;
    let ids = id_kind(users)?;
    let compared = RELEASES
        .iter()
        .filter(|release| release.ids == ids)
        .map(|release| (release.version, departures(catalog, tables, release)));
    let compared: Vec<_> = compared.collect();
    let fewest = compared.iter().map(|(_, found)| found.len()).min()?;
    // Releases that are equally close may be missed in different ways: the newest speaks.
    let releases: Vec<_> = compared
        .into_iter()
        .filter(|(_, found)| found.len() == fewest)
        .collect();
    Some(Origin {
        ids: name(ids),
        departures: releases.last()?.1.clone(),
        releases: releases.into_iter().map(|(version, _)| version).collect(),
    })
}

fn id_kind(users: &CatalogTable) -> Option<IdKind> {
    Some(match users.columns.get("id")?.data_type.as_str() {
        "text" | "character varying" => IdKind::Text,
        "uuid" => IdKind::Uuid,
        "integer" | "bigint" => IdKind::Serial,
        _ => return None,
    })
}

const fn name(ids: IdKind) -> &'static str {
    match ids {
        IdKind::Text => "text",
        IdKind::Uuid => "uuid",
        IdKind::Serial => "serial",
    }
}

fn departures(catalog: &Catalog, tables: &Tables, release: &Release) -> Vec<Departure> {
    let made = release.tables();
    let mut found = Vec::new();
    for model in &CORE {
        let name = tables.table_name(model.name);
        let mut note = |column: Option<&str>, finding: String| {
            found.push(Departure {
                table: name.to_owned(),
                column: column.map(str::to_owned),
                finding,
            });
        };
        let Some(expected) = made.table(model.name) else {
            continue;
        };
        let Some(table) = catalog.table(name) else {
            note(None, "is missing".to_owned());
            continue;
        };
        for (column, expected) in &expected.columns {
            let column = tables.column_name(model.name, column);
            match table.columns.get(column) {
                None => note(Some(column), "is missing".to_owned()),
                Some(live) => {
                    for finding in of_column(live, expected) {
                        note(Some(column), finding);
                    }
                }
            }
        }
        // What only some releases have tells them apart; what none has is of the user's own.
        for column in released_columns(model.name) {
            let live = tables.column_name(model.name, &column);
            if !expected.columns.contains_key(&column) && table.columns.contains_key(live) {
                note(Some(live), "is not in that release".to_owned());
            }
        }
    }
    found
}

/// The columns that any release has in its table `table`.
fn released_columns(table: &str) -> BTreeSet<String> {
    let mut columns = BTreeSet::new();
    for release in RELEASES {
        if let Some(table) = release.tables().table(table) {
            columns.extend(table.columns.keys().cloned());
        }
    }
    columns
}

fn of_column(live: &CatalogColumn, expected: &CatalogColumn) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |is: bool, should: bool, positive: &str, negative: &str| {
        if is != should {
            found.push(if is { positive } else { negative }.to_owned());
        }
    };
    compare(
        live.is_not_null,
        expected.is_not_null,
        "is NOT NULL",
        "may be null",
    );
    compare(
        live.has_default,
        expected.has_default,
        "has a default",
        "has no default",
    );
    compare(
        live.is_unique,
        expected.is_unique,
        "is unique",
        "is not unique",
    );
    if live.is_unique == expected.is_unique {
        compare(
            live.is_indexed,
            expected.is_indexed,
            "has an index",
            "has no index",
        );
    }
    match (&live.foreign_key, &expected.foreign_key) {
        (None, Some(_)) => found.push("has no foreign key".to_owned()),
        (Some(_), None) => found.push("has a foreign key".to_owned()),
        (Some(live), Some(expected)) if live.cascades != expected.cascades => {
            let not = if live.cascades { "" } else { "not " };
            found.push(format!("has a foreign key that does {not}cascade"));
        }
        _ => {}
    }
    if live.data_type != expected.data_type {
        found.insert(
            0,
            format!(
                "has type {} in place of {}",
                live.data_type, expected.data_type
            ),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(release: &str, change: impl FnOnce(String) -> String) -> Origin {
        let is_wanted = |known: &&Release| known.version == release && known.ids == IdKind::Text;
        let known = RELEASES.iter().find(is_wanted).unwrap();
        let ddl = change(known.ddl.to_owned());
        let changed = Release {
            ddl: ddl.leak(),
            ..*known
        };
        identify(&changed.tables(), &Tables::default()).unwrap()
    }

    #[test]
    fn releases_with_the_same_tables_are_told_together() {
        for (release, expected) in [
            ("1.1.21", &["1.1.21", "1.2.12"][..]),
            ("1.3.34", &["1.3.34"]),
            ("1.5.6", &["1.4.22", "1.5.6", "1.6.34", "1.7.3", "1.7.25"]),
            ("1.7.0", &["1.7.0", "1.7.2"]),
        ] {
            let origin = origin(release, |ddl| ddl);
            assert_eq!(
                (&*origin.releases, &*origin.departures),
                (expected, &[][..])
            );
        }
    }

    #[test]
    fn changed_tables_are_compared_with_the_closest_release() {
        let origin = origin("1.3.34", |ddl| {
            ddl.replace("\"image\" text", "\"image\" varchar not null")
        });
        assert_eq!(origin.releases, ["1.3.34"]);
        let told: Vec<_> = origin
            .departures
            .iter()
            .map(|departure| (departure.column.as_deref(), departure.finding.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (Some("image"), "has type varchar in place of text"),
                (Some("image"), "is NOT NULL"),
            ]
        );
    }

    #[test]
    fn columns_of_the_users_own_are_no_departure() {
        let origin = origin("1.7.25", |ddl| {
            ddl.replace("\"image\" text", "\"image\" text, \"plan\" text")
        });
        assert_eq!(origin.departures, []);
    }
}
