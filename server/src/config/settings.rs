//! The settings file: `spec.auth` as YAML.

use std::{io, path::Path};

use authbackend_crds::{auth::AuthSettings, yaml::FromYaml};

use super::{environment::Environment, problem::Problem, value::FileReader};

/// Reads and checks the settings file at `path`; unknown fields are not problems but listed.
pub fn read_settings(path: &Path, reader: &FileReader) -> Result<FromYaml, Vec<Problem>> {
    let text = reader(path).map_err(|error| vec![unreadable(path, &error)])?;
    let name = |field: &str| format!("{}: {field}", path.display());
    let read = AuthSettings::from_yaml(&text).map_err(|error| {
        let whole = || format!("{}:", path.display());
        let name = error.path.as_deref().map_or_else(whole, name);
        vec![Problem::new(name, error.reason)]
    })?;
    let problems: Vec<_> = read
        .settings
        .validate()
        .into_iter()
        .map(|problem| Problem::new(name(&problem.path), problem.remedy))
        .collect();
    if problems.is_empty() {
        Ok(read)
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

pub(super) fn load(environment: &mut Environment<'_>) -> Option<FromYaml> {
    let Some(path) = environment.literal("AUTH_CONFIG") else {
        return Some(FromYaml::default());
    };
    match read_settings(Path::new(&path), &environment.reader()) {
        Ok(read) => Some(read),
        Err(problems) => {
            environment.report_all(problems);
            None
        }
    }
}
