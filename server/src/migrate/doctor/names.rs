//! Finds better-auth's tables under other names, and says which settings name them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::migrate::model::{CORE, TableModel};

/// The columns of every table, by the tables' names.
pub(super) type Columns = BTreeMap<String, BTreeSet<String>>;

/// The settings that name the tables among `tables` which have all columns of better-auth's but for the spelling, as
/// YAML; `None` unless each of the four is found exactly once.
pub(super) fn suggest(tables: &Columns) -> Option<String> {
    let mut yaml = String::new();
    for model in &CORE {
        let mut fitting = tables
            .iter()
            .filter_map(|(name, columns)| Some((name, fit(model, columns)?)));
        let (name, renamed) = fitting.next()?;
        if fitting.next().is_some() {
            return None;
        }
        let mut parts = Vec::new();
        if name != model.name {
            parts.push(format!("modelName: {}", scalar(name)));
        }
        if !renamed.is_empty() {
            let fields: Vec<_> = renamed
                .iter()
                .map(|(field, column)| format!("{field}: {}", scalar(column)))
                .collect();
            parts.push(format!("fields: {{{}}}", fields.join(", ")));
        }
        if !parts.is_empty() {
            let _infallible = writeln!(yaml, "{}: {{{}}}", model.name, parts.join(", "));
        }
    }
    (!yaml.is_empty()).then(|| yaml.trim_end().to_owned())
}

/// The columns of `model` under other names, where `columns` has all that must be there.
fn fit(model: &TableModel, columns: &BTreeSet<String>) -> Option<Vec<(&'static str, String)>> {
    let plain: BTreeMap<String, &String> = columns.iter().map(|name| (plain(name), name)).collect();
    let mut renamed = Vec::new();
    for column in model.columns {
        match plain.get(&self::plain(column.name)) {
            // `migrate` does not map ids.
            Some(found) if column.name == "id" && *found != "id" => return None,
            Some(found) if *found != column.name => renamed.push((column.name, (*found).clone())),
            Some(_) => {}
            // What may be null, `migrate` adds; dates of verifications were not always there.
            None if column.is_nullable => {}
            None => return None,
        }
    }
    Some(renamed)
}

/// `email_verified`, `emailVerified` and `EmailVerified` are the same.
fn plain(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

/// A name as YAML has it: bare where nothing in it means anything.
fn scalar(name: &str) -> String {
    let is_bare = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if is_bare {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(names: impl Fn(&str) -> String) -> Columns {
        CORE.iter()
            .map(|model| {
                let columns = model
                    .columns
                    .iter()
                    .map(|column| names(column.name))
                    .collect();
                (format!("{}s", model.name), columns)
            })
            .collect()
    }

    fn snake(name: &str) -> String {
        name.chars()
            .flat_map(|letter| {
                let is_upper = letter.is_ascii_uppercase();
                is_upper
                    .then_some('_')
                    .into_iter()
                    .chain([letter.to_ascii_lowercase()])
            })
            .collect()
    }

    #[test]
    fn tables_in_the_plural_with_snake_case_columns_are_named() {
        let yaml = suggest(&tables(snake)).unwrap();
        let settings: authbackend_crds::auth::AuthSettings = serde_saphyr::from_str(&yaml).unwrap();
        let names = crate::db::Tables::of(&settings);
        assert_eq!(names.table_name("verification"), "verifications");
        for model in &CORE {
            for column in model.columns {
                assert_eq!(
                    names.column_name(model.name, column.name),
                    snake(column.name)
                );
            }
        }
    }

    #[test]
    fn further_tables_that_fit_none_do_not_matter() {
        let mut tables = tables(str::to_owned);
        tables.insert(
            "posts".to_owned(),
            BTreeSet::from(["id".to_owned(), "title".to_owned()]),
        );
        assert_eq!(
            suggest(&tables).unwrap(),
            "user: {modelName: users}\nsession: {modelName: sessions}\naccount: {modelName: accounts}\n\
             verification: {modelName: verifications}"
        );
    }

    #[test]
    fn nothing_is_guessed_where_two_tables_fit() {
        let mut tables = tables(str::to_owned);
        let users = tables["users"].clone();
        tables.insert("people".to_owned(), users);
        assert_eq!(suggest(&tables), None);
    }

    #[test]
    fn names_that_mean_something_in_yaml_are_quoted() {
        for (name, yaml) in [
            ("users", "users"),
            ("my users", "'my users'"),
            ("it's", "'it''s'"),
            ("1", "'1'"),
        ] {
            assert_eq!(scalar(name), yaml);
        }
    }
}
