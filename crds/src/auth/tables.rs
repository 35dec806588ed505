//! What the tables of better-auth and their columns are called.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AdditionalFields, AuthSettings, Plugins,
    additional_fields::{self, MadeBy},
    problem::Problem,
};

/// better-auth's name of a column and its name in the database.
pub type ColumnNames = BTreeMap<String, String>;

/// Postgres cuts longer names.
const MAX_NAME_LENGTH: usize = 63;

/// The tables and the columns that can be renamed. `id` cannot.
pub const TABLES: [(&str, &[&str]); 6] = [
    (
        "user",
        &[
            "name",
            "email",
            "emailVerified",
            "image",
            "createdAt",
            "updatedAt",
        ],
    ),
    (
        "session",
        &[
            "expiresAt",
            "token",
            "createdAt",
            "updatedAt",
            "ipAddress",
            "userAgent",
            "userId",
        ],
    ),
    (
        "account",
        &[
            "accountId",
            "providerId",
            "userId",
            "accessToken",
            "refreshToken",
            "idToken",
            "accessTokenExpiresAt",
            "refreshTokenExpiresAt",
            "scope",
            "password",
            "createdAt",
            "updatedAt",
        ],
    ),
    (
        "verification",
        &["identifier", "value", "expiresAt", "createdAt", "updatedAt"],
    ),
    ("rateLimit", &["key", "count", "lastRequest"]),
    (
        "jwks",
        &[
            "publicKey",
            "privateKey",
            "createdAt",
            "expiresAt",
            "alg",
            "crv",
        ],
    ),
];

/// What sign-up takes besides the columns of a user.
const SIGN_UP: [&str; 4] = ["id", "password", "callbackURL", "rememberMe"];

/// What the settings say about one table.
#[derive(Clone, Copy, Debug)]
pub struct TableSettings<'a> {
    /// better-auth's name.
    pub name: &'static str,
    /// The name in the database, where it is another one.
    pub model_name: Option<&'a str>,
    /// The columns that are called otherwise.
    pub fields: Option<&'a ColumnNames>,
    /// The columns that are added.
    pub additional: Option<&'a AdditionalFields>,
}

impl AuthSettings {
    /// What the settings say about each table.
    pub fn tables(&self) -> [TableSettings<'_>; 6] {
        let (user, session) = (self.user.as_ref(), self.session.as_ref());
        let (account, verification) = (self.account.as_ref(), self.verification.as_ref());
        let rate_limit = self.rate_limit.as_ref();
        let jwks = self.plugins.as_ref().and_then(Plugins::jwks_table);
        [
            TableSettings {
                name: "user",
                model_name: user.and_then(|table| table.model_name.as_deref()),
                fields: user.and_then(|table| table.fields.as_ref()),
                additional: user.and_then(|table| table.additional_fields.as_ref()),
            },
            TableSettings {
                name: "session",
                model_name: session.and_then(|table| table.model_name.as_deref()),
                fields: session.and_then(|table| table.fields.as_ref()),
                additional: session.and_then(|table| table.additional_fields.as_ref()),
            },
            TableSettings {
                name: "account",
                model_name: account.and_then(|table| table.model_name.as_deref()),
                fields: account.and_then(|table| table.fields.as_ref()),
                additional: None,
            },
            TableSettings {
                name: "verification",
                model_name: verification.and_then(|table| table.model_name.as_deref()),
                fields: verification.and_then(|table| table.fields.as_ref()),
                additional: None,
            },
            TableSettings {
                name: "rateLimit",
                model_name: rate_limit.and_then(|table| table.model_name.as_deref()),
                fields: rate_limit.and_then(|table| table.fields.as_ref()),
                additional: None,
            },
            TableSettings {
                name: "jwks",
                model_name: jwks.and_then(|table| table.model_name.as_deref()),
                fields: jwks.and_then(|table| table.fields.as_ref()),
                additional: None,
            },
        ]
    }

    pub(super) fn validate_tables(&self, problems: &mut Vec<Problem>) {
        let tables = self.tables();
        let mut names = BTreeSet::new();
        for (table, (_, columns)) in tables.iter().zip(TABLES) {
            let name = table.model_name.unwrap_or(table.name);
            let path = format!("{}.modelName", table.path());
            if !is_name(name) {
                problems.push(Problem::new(&path, NAME_REMEDY));
            }
            if !names.insert(name) {
                problems.push(Problem::new(
                    &path,
                    format!("is {name}, which another table is called already"),
                ));
            }
            table.validate(columns, problems);
        }
    }
}

const NAME_REMEDY: &str = "must consist of letters, digits and underscores, at most 63";

impl TableSettings<'_> {
    /// Where the settings name the table.
    fn path(&self) -> &'static str {
        match self.name {
            "jwks" => "plugins.jwt.schema.jwks",
            name => name,
        }
    }

    fn validate(&self, columns: &[&str], problems: &mut Vec<Problem>) {
        let name = self.name;
        for (field, column) in self.fields.into_iter().flatten() {
            let path = format!("{}.fields.{field}", self.path());
            if !columns.contains(&field.as_str()) {
                problems.push(Problem::new(
                    &path,
                    format!(
                        "is no column that can be renamed; those are {}",
                        columns.join(", ")
                    ),
                ));
            }
            if !is_name(column) {
                problems.push(Problem::new(&path, NAME_REMEDY));
            }
        }
        if let Some(additional) = self.additional {
            let (more, made_by) = match name {
                "user" => (&SIGN_UP[..], MadeBy::Client),
                _ => (&SIGN_UP[..1], MadeBy::Server),
            };
            let reserved = [columns, more].concat();
            additional_fields::check(problems, name, additional, &reserved, made_by);
        }
        self.check_columns(columns, problems);
    }

    /// No two columns may have the same name.
    fn check_columns(&self, columns: &[&str], problems: &mut Vec<Problem>) {
        let mut seen = BTreeSet::from(["id"]);
        let renamed = |column: &&str| self.fields.and_then(|fields| fields.get(*column));
        for column in columns {
            let name = renamed(column).map_or(*column, String::as_str);
            if !seen.insert(name) {
                problems.push(Problem::new(
                    format!("{}.fields.{column}", self.path()),
                    format!("is {name}, which another column is called already"),
                ));
            }
        }
        for (field, properties) in self.additional.into_iter().flatten() {
            let name = properties.column(field);
            if !is_name(name) || !seen.insert(name) {
                problems.push(Problem::new(
                    format!("{}.additionalFields.{field}.fieldName", self.name),
                    format!("is {name}, which is no name or that of another column already"),
                ));
            }
        }
    }
}

/// Whether Postgres and JavaScript both take `text` as a name.
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME_LENGTH
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests;
