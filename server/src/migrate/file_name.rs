//! `NNNN_name.class.sql`: what the name of a migration file says.

use std::fmt;

/// What a migration does to servers of the version before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Only adds; the version before keeps working.
    Expand,
    /// Only fills what was added; the version before keeps working.
    Backfill,
    /// Removes what the version before may still use.
    Contract,
}

impl Class {
    /// The word in the file's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Backfill => "backfill",
            Self::Contract => "contract",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The parts of a file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName {
    /// From the four or more digits at the start, at least 1.
    pub version: i64,
    /// Lower-case letters, digits and underscores.
    pub name: String,
    /// What it does to the version before.
    pub class: Class,
}

impl FileName {
    /// Parses for example `0001_initial.expand.sql`. The error reads on after the name.
    pub fn parse(file_name: &str) -> Result<Self, &'static str> {
        const REMEDY: &str =
            "must be named NNNN_name.expand.sql, NNNN_name.backfill.sql or NNNN_name.contract.sql";
        let stem = file_name.strip_suffix(".sql").ok_or(REMEDY)?;
        let (stem, class) = stem.rsplit_once('.').ok_or(REMEDY)?;
        let class = match class {
            "expand" => Class::Expand,
            "backfill" => Class::Backfill,
            "contract" => Class::Contract,
            _ => return Err(REMEDY),
        };
        let (digits, name) = stem.split_once('_').ok_or(REMEDY)?;
        if digits.len() < 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("must start with a version of at least four digits");
        }
        let version = digits
            .parse()
            .map_err(|_| "has a version that is too large")?;
        if version == 0 {
            return Err("has version 0: versions start at 1");
        }
        let is_name_byte =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_name_byte) {
            return Err("must have a name of lower-case letters, digits and underscores");
        }
        Ok(Self {
            version,
            name: name.to_owned(),
            class,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Class, FileName};

    #[test]
    fn a_name_has_a_version_a_name_and_a_class() {
        assert_eq!(
            FileName::parse("0012_two_factor.backfill.sql"),
            Ok(FileName {
                version: 12,
                name: "two_factor".to_owned(),
                class: Class::Backfill
            })
        );
    }

    #[test]
    fn other_names_are_refused() {
        for name in [
            "0001_initial.sql",
            "0001_initial.expand",
            "0001_initial.expand.sql.bak",
            "0001_initial.shrink.sql",
            "001_initial.expand.sql",
            "0000_initial.expand.sql",
            "+001_initial.expand.sql",
            "0001-initial.expand.sql",
            "0001_.expand.sql",
            "0001_Initial.expand.sql",
            "0001_a b.expand.sql",
            "99999999999999999999_initial.expand.sql",
            "",
        ] {
            assert!(FileName::parse(name).is_err(), "{name:?} was accepted");
        }
    }

    proptest! {
        #[test]
        fn what_was_put_together_is_taken_apart(version in 1_i64.., name in "[a-z0-9_]{1,20}", class in 0..3_usize) {
            let class = [Class::Expand, Class::Backfill, Class::Contract][class];
            let parsed = FileName::parse(&format!("{version:04}_{name}.{class}.sql"));
            prop_assert_eq!(parsed, Ok(FileName { version, name, class }));
        }

        #[test]
        fn parsing_never_panics(name in ".{0,40}") {
            let _ = FileName::parse(&name);
        }
    }
}
