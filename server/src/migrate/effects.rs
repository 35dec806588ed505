//! What a script does to those who use the tables meanwhile: which locks it takes, what it destroys, and what only a
//! contract migration may do. Read from the words of the statements, so it knows no names that are made at run time.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    file_name::Class,
    statements::{dollar_tag, is_comment, split, token_length},
};

/// A lock on a table that exists before the script.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    /// The table's name, without quotes.
    pub table: String,
    /// The mode, as Postgres calls it.
    pub mode: &'static str,
}

/// What a script does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The locks that it takes on tables that exist before it.
    pub locks: BTreeSet<Lock>,
    /// Whether it removes or may change data, or what holds data.
    pub destructive: bool,
    /// What it does that belongs into a contract migration, or would keep others waiting.
    pub objections: Vec<String>,
    created: BTreeSet<String>,
}

const ACCESS_EXCLUSIVE: &str = "ACCESS EXCLUSIVE";
const SHARE: &str = "SHARE";
const SHARE_ROW_EXCLUSIVE: &str = "SHARE ROW EXCLUSIVE";
const SHARE_UPDATE_EXCLUSIVE: &str = "SHARE UPDATE EXCLUSIVE";
const ROW_EXCLUSIVE: &str = "ROW EXCLUSIVE";

/// What follows DROP where no data goes.
const DROPPED_WITHOUT_DATA: [&str; 9] = [
    "INDEX",
    "CONSTRAINT",
    "DEFAULT",
    "NOT",
    "EXPRESSION",
    "IDENTITY",
    "TRIGGER",
    "FUNCTION",
    "VIEW",
];

impl Effects {
    /// The effects of `script`.
    pub fn of(script: &str) -> Self {
        let mut effects = Self::default();
        effects.read(script);
        effects
    }

    fn read(&mut self, script: &str) {
        for statement in split(script) {
            let (words, bodies) = words(statement);
            for position in 0..words.len() {
                self.read_at(words.get(position..).unwrap_or_default());
            }
            for body in bodies {
                self.read(body);
            }
        }
    }

    /// What begins at the first of `words`, the rest of a statement.
    fn read_at(&mut self, words: &[String]) {
        let texts: Vec<&str> = words.iter().map(String::as_str).collect();
        match texts.as_slice() {
            ["CREATE", "TABLE", rest @ ..] => {
                self.created.extend(name(rest));
            }
            ["CREATE", "UNIQUE", "INDEX", rest @ ..] | ["CREATE", "INDEX", rest @ ..] => {
                self.index(rest);
            }
            ["ALTER", "TABLE", rest @ ..] => self.alter(rest),
            ["DROP", "TABLE", rest @ ..] => {
                self.touch(name(rest), ACCESS_EXCLUSIVE, true);
                self.object("DROP TABLE");
            }
            [
                "DROP",
                what @ ("INDEX" | "SCHEMA" | "TYPE" | "VIEW" | "FUNCTION"),
                ..,
            ] => {
                self.destructive |= !DROPPED_WITHOUT_DATA.contains(what);
                self.object(&format!("DROP {what}"));
            }
            // When a trigger fires.
            ["TRUNCATE", "ON", ..] => {}
            ["TRUNCATE", rest @ ..] => {
                self.touch(name(rest), ACCESS_EXCLUSIVE, true);
                self.object("TRUNCATE");
            }
            ["DELETE", "FROM", rest @ ..] => self.touch(name(rest), ROW_EXCLUSIVE, true),
            ["INSERT", "INTO", rest @ ..] => self.touch(name(rest), ROW_EXCLUSIVE, false),
            ["UPDATE", table, "SET", ..] => {
                self.touch(name(&[*table]), ROW_EXCLUSIVE, false);
            }
            ["REFERENCES", rest @ ..] => self.touch(name(rest), SHARE_ROW_EXCLUSIVE, false),
            _ => {}
        }
    }

    fn index(&mut self, rest: &[&str]) {
        let concurrently = rest.first() == Some(&"CONCURRENTLY");
        let on = rest.iter().position(|word| *word == "ON");
        let table = on.and_then(|on| name(rest.get(on + 1..)?));
        let is_new = table
            .as_ref()
            .is_some_and(|table| self.created.contains(table));
        if !concurrently && !is_new {
            self.object("CREATE INDEX without CONCURRENTLY");
        }
        let mode = if concurrently {
            SHARE_UPDATE_EXCLUSIVE
        } else {
            SHARE
        };
        self.touch(table, mode, false);
    }

    fn alter(&mut self, rest: &[&str]) {
        let Some(table) = name(rest) else {
            return;
        };
        if self.created.contains(&table) {
            return;
        }
        let has = |pattern: &[&str]| rest.windows(pattern.len()).any(|words| words == pattern);
        let drops: Vec<&str> = rest
            .windows(2)
            .filter(|words| words.first() == Some(&"DROP"))
            .filter_map(|words| words.get(1).copied())
            .collect();
        for dropped in &drops {
            // Whoever wrote no null goes on writing none.
            if *dropped != "NOT" {
                self.object(&format!("ALTER TABLE {table} DROP {dropped}"));
            }
        }
        let changes_type = has(&["TYPE"]) && !has(&["ADD", "COLUMN", "TYPE"]);
        let destroys = changes_type
            || drops
                .iter()
                .any(|dropped| !DROPPED_WITHOUT_DATA.contains(dropped));
        let adds_key = (has(&["UNIQUE"]) || has(&["PRIMARY", "KEY"])) && !has(&["USING", "INDEX"]);
        let adds_check = (has(&["CHECK"]) || has(&["FOREIGN", "KEY"])) && !has(&["NOT", "VALID"]);
        let adds_required = has(&["ADD", "COLUMN"])
            && has(&["NOT", "NULL"])
            && !has(&["DROP", "NOT", "NULL"])
            && !has(&["DEFAULT"])
            && !has(&["GENERATED"]);
        for (found, what) in [
            (has(&["RENAME"]), "RENAME"),
            (has(&["SET", "NOT", "NULL"]), "SET NOT NULL"),
            (changes_type, "a change of type"),
            (adds_key, "a key without USING INDEX"),
            (adds_check, "a constraint without NOT VALID"),
            (adds_required, "a column that is NOT NULL without DEFAULT"),
        ] {
            if found {
                self.object(&format!("ALTER TABLE {table}: {what}"));
            }
        }
        let validates = has(&["VALIDATE", "CONSTRAINT"]);
        let mode = if validates {
            SHARE_UPDATE_EXCLUSIVE
        } else {
            ACCESS_EXCLUSIVE
        };
        self.touch(Some(table), mode, destroys);
    }

    fn touch(&mut self, table: Option<String>, mode: &'static str, destroys: bool) {
        let Some(table) = table.filter(|table| !self.created.contains(table)) else {
            return;
        };
        self.destructive |= destroys;
        self.locks.insert(Lock { table, mode });
    }

    fn object(&mut self, what: &str) {
        self.objections.push(what.to_owned());
    }
}

/// Why `script` may not be a migration of this class.
pub fn objections(class: Class, script: &str) -> Vec<String> {
    match class {
        Class::Contract => Vec::new(),
        Class::Expand => Effects::of(script).objections,
        Class::Backfill => {
            let unbounded = |statement: &&str| !is_batch(statement);
            split(script)
                .into_iter()
                .filter(unbounded)
                .map(|statement| {
                    let start: String = statement.chars().take(40).collect();
                    format!("not an INSERT, UPDATE or DELETE bounded by LIMIT: {start}")
                })
                .collect()
        }
    }
}

/// Whether `statement` changes a bounded number of rows, so that it is repeated until none is left to change.
pub(super) fn is_batch(statement: &str) -> bool {
    let (words, _) = words(statement);
    let has = |word: &str| words.iter().any(|found| found == word);
    let starts = words.first().map(String::as_str);
    matches!(starts, Some("INSERT" | "UPDATE" | "DELETE" | "WITH"))
        && ["INSERT", "UPDATE", "DELETE"].into_iter().any(has)
        && has("LIMIT")
}

/// The name of the index that `statement` makes while others write.
pub(super) fn concurrent_index(statement: &str) -> Option<String> {
    let (words, _) = words(statement);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["CREATE", "INDEX", rest @ ..] | ["CREATE", "UNIQUE", "INDEX", rest @ ..]
            if rest.first() == Some(&"CONCURRENTLY") =>
        {
            name(rest)
        }
        _ => None,
    }
}

/// The table or index at the start of `words`, without its schema.
fn name(words: &[&str]) -> Option<String> {
    let skipped = ["IF", "NOT", "EXISTS", "ONLY", "TABLE", "CONCURRENTLY"];
    let mut words = words.iter().skip_while(|word| skipped.contains(word));
    let mut name = words.next()?;
    if words.next() == Some(&".") {
        name = words.next()?;
    }
    Some(match name.strip_prefix('"') {
        Some(quoted) => quoted.trim_end_matches('"').to_owned(),
        None => name.to_lowercase(),
    })
}

/// The words of a statement, in capitals unless they are quoted names, without comments and texts; and the bodies in dollar
/// quotes, which are statements themselves.
fn words(statement: &str) -> (Vec<String>, Vec<&str>) {
    let (mut words, mut bodies) = (Vec::new(), Vec::new());
    let mut position = 0;
    while let Some(rest) = statement.get(position..).filter(|rest| !rest.is_empty()) {
        let token = rest.get(..token_length(rest)).unwrap_or(rest);
        position += token.len();
        if let Some(tag) = dollar_tag(token) {
            bodies.extend(
                token
                    .strip_prefix(tag)
                    .and_then(|body| body.strip_suffix(tag)),
            );
        } else if token.starts_with('"') {
            words.push(token.to_owned());
        } else if !is_comment(token) && !token.starts_with('\'') && !token.trim().is_empty() {
            words.push(token.to_uppercase());
        }
    }
    (words, bodies)
}

#[cfg(test)]
mod tests;
