//! Settings in YAML, as the auth server gets them in a file.
//!
//! Here and not where it is called: reading is code of its own for each type of a setting and each layer of what reads, and
//! a program is made of what a crate is compiled to. It runs once, and so this crate is compiled for size
//! (`[profile.dist.package]`).

use std::{cell::RefCell, error::Error, fmt};

use crate::auth::AuthSettings;

/// Settings that were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FromYaml {
    /// The settings; what the text leaves out has its default.
    pub settings: AuthSettings,
    /// Paths that this version does not know, in the order of the text.
    pub unknown: Vec<String>,
}

/// Settings that cannot be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unreadable {
    /// The path of the first field that cannot be read; none where that is the whole.
    pub path: Option<String>,
    /// Why, and where in the text.
    pub reason: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(formatter, "{path}: {}", self.reason),
            None => formatter.write_str(&self.reason),
        }
    }
}

impl Error for Unreadable {}

impl AuthSettings {
    /// The settings in `yaml`, of which comments alone are the defaults.
    ///
    /// # Errors
    /// It is no YAML, or a field is not what it has to be.
    pub fn from_yaml(yaml: &str) -> Result<FromYaml, Unreadable> {
        let mut unknown = Vec::new();
        let broken = RefCell::new(None);
        let options = serde_saphyr::options! { with_snippet: false };
        let read = serde_saphyr::with_deserializer_from_str_with_options(yaml, options, |yaml| {
            let mut collect = |path: serde_ignored::Path<'_>| unknown.push(field_path(&path));
            let yaml = serde_ignored::Deserializer::new(yaml, &mut collect);
            // A text of comments only is a null document.
            serde_path_to_error::deserialize::<_, Option<Self>>(yaml).map_err(|error| {
                let path = error.path().to_string();
                *broken.borrow_mut() = (path != ".").then_some(path);
                error.into_inner()
            })
        });
        match read {
            Ok(settings) => Ok(FromYaml {
                settings: settings.unwrap_or_default(),
                unknown,
            }),
            Err(error) => Err(Unreadable {
                path: broken.into_inner(),
                reason: error.to_string(),
            }),
        }
    }
}

/// `serde_ignored` gives each optional parent a segment of its own, a question mark, which no reader of a settings
/// file expects.
fn field_path(path: &serde_ignored::Path<'_>) -> String {
    let path = path.to_string();
    let segments = path.split('.').map(|segment| segment.trim_end_matches('?'));
    segments
        .filter(|segment| !segment.is_empty())
        .collect::<Vec<_>>()
        .join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_listed_by_its_path() {
        let read = AuthSettings::from_yaml("{appName: Shop, session: {frehsAge: 1}, more: {}}");
        let FromYaml { settings, unknown } = read.unwrap();
        assert_eq!(settings.app_name.as_deref(), Some("Shop"));
        assert_eq!(unknown, ["session.frehsAge", "more"]);
    }

    #[test]
    fn the_field_that_cannot_be_read_is_named() {
        let error = AuthSettings::from_yaml("session:\n  expiresIn: long\n").unwrap_err();
        assert_eq!(error.path.as_deref(), Some("session.expiresIn"));
        assert!(error.reason.contains("line 2"), "{error}");
    }

    #[test]
    fn what_is_no_yaml_has_no_field() {
        let error = AuthSettings::from_yaml("{").unwrap_err();
        assert_eq!(error.path, None, "{error}");
    }

    #[test]
    fn comments_alone_are_the_defaults() {
        let read = AuthSettings::from_yaml("# nothing\n").unwrap();
        assert_eq!(read, FromYaml::default());
    }
}
