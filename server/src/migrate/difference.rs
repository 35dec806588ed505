//! One way in which the tables are not as they should be, and what is done about it.

use std::fmt;

use serde::Serialize;

/// One way in which the tables are not as they should be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The table's name in the database.
    pub table: String,
    /// The column's name in the database, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What is found.
    pub finding: String,
    /// What is done about it.
    pub action: Action,
    /// Why it stays, or what somebody has to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The statements that change it, in order, each of which is one transaction.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<String>,
}

/// What is done about a difference.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It stays: the server works with it.
    Adopt,
    /// `migrate` changes it.
    Change,
    /// Somebody has to mend it before `migrate` does anything.
    Fix,
}

impl Difference {
    /// A difference of the column `column` of `table`, which stays for the reason `remedy`.
    pub(super) fn adopt(
        table: &str,
        column: &str,
        finding: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(table, Some(column), finding, Action::Adopt).because(remedy)
    }

    /// A difference that `statements` change.
    pub(super) fn change(
        table: &str,
        column: Option<&str>,
        finding: impl Into<String>,
        statements: Vec<String>,
    ) -> Self {
        Self {
            statements,
            ..Self::new(table, column, finding, Action::Change)
        }
    }

    /// A difference that somebody has to mend.
    pub(super) fn fix(
        table: &str,
        column: Option<&str>,
        finding: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(table, column, finding, Action::Fix).because(remedy)
    }

    /// What is found, of which table or column, without the remedy.
    pub(super) fn subject(&self) -> String {
        match &self.column {
            Some(column) => format!("column {}.{column} {}", self.table, self.finding),
            None => format!("table {} {}", self.table, self.finding),
        }
    }

    fn new(table: &str, column: Option<&str>, finding: impl Into<String>, action: Action) -> Self {
        Self {
            table: table.to_owned(),
            column: column.map(str::to_owned),
            finding: finding.into(),
            action,
            remedy: None,
            statements: Vec::new(),
        }
    }

    fn because(self, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.subject())?;
        match &self.remedy {
            Some(remedy) => write!(formatter, ": {remedy}"),
            None => Ok(()),
        }
    }
}
