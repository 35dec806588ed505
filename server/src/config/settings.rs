//! The settings file: `spec.auth` as YAML.

use std::{cell::RefCell, io, path::Path};

use authbackend_crds::auth::AuthSettings;

use super::{environment::Environment, problem::Problem, value::FileReader};

/// A settings file that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The settings; what the file leaves out has its default.
    pub auth: AuthSettings,
    /// Paths that this version does not know, in the order of the file.
    pub unknown: Vec<String>,
}

/// Reads and checks the settings file at `path`; unknown fields are not problems but listed.
pub fn read_settings(path: &Path, reader: &FileReader) -> Result<Settings, Vec<Problem>> {
    let text = reader(path).map_err(|error| vec![unreadable(path, &error)])?;
    let name = |field: &str| format!("{}: {field}", path.display());
    let settings = parse(&text).map_err(|(field, remedy)| {
        let name = if field == "." {
            format!("{}:", path.display())
        } else {
            name(&field)
        };
        vec![Problem::new(name, remedy)]
    })?;
    let problems: Vec<_> = settings
        .auth
        .validate()
        .into_iter()
        .map(|problem| Problem::new(name(&problem.path), problem.remedy))
        .collect();
    if problems.is_empty() {
        Ok(settings)
    } else {
        Err(problems)
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::new(
        "AUTH_CONFIG",
        format!("cannot be read from {}: {error}", path.display()),
    )
}

/// The settings in `text`, or the path of the first field that does not parse and why.
fn parse(text: &str) -> Result<Settings, (String, String)> {
    let mut unknown = Vec::new();
    let broken_field = RefCell::new(String::from("."));
    let options = serde_saphyr::options! { with_snippet: false };
    let auth = serde_saphyr::with_deserializer_from_str_with_options(text, options, |yaml| {
        let mut collect = |path: serde_ignored::Path<'_>| unknown.push(field_path(&path));
        let yaml = serde_ignored::Deserializer::new(yaml, &mut collect);
        // A file of comments only is a null document.
        serde_path_to_error::deserialize::<_, Option<AuthSettings>>(yaml).map_err(|error| {
            *broken_field.borrow_mut() = error.path().to_string();
            error.into_inner()
        })
    });
    match auth {
        Ok(auth) => Ok(Settings {
            auth: auth.unwrap_or_default(),
            unknown,
        }),
        Err(error) => Err((broken_field.into_inner(), error.to_string())),
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

pub(super) fn load(environment: &mut Environment<'_>) -> Option<Settings> {
    let Some(path) = environment.literal("AUTH_CONFIG") else {
        return Some(Settings::default());
    };
    match read_settings(Path::new(&path), &environment.reader()) {
        Ok(settings) => Some(settings),
        Err(problems) => {
            environment.report_all(problems);
            None
        }
    }
}
