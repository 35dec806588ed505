//! `auth-server check-config`.

use std::path::PathBuf;

use clap::Args;

use super::{EXIT_CONFIGURATION, Variable, print, tell};
use crate::config::{FileReader, Problem, read_settings};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The settings file; default: the one that `AUTH_CONFIG` names.
    file: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, variable: Variable<'_>, reader: &FileReader) -> u8 {
    let file = arguments
        .file
        .clone()
        .or_else(|| variable("AUTH_CONFIG").map(PathBuf::from));
    let Some(file) = file else {
        let remedy =
            "is not set: name the settings file, e.g. `auth-server check-config settings.yaml`";
        return tell(&[Problem::new("AUTH_CONFIG", remedy)]);
    };
    match read_settings(&file, reader) {
        Err(problems) => tell(&problems),
        Ok(settings) if settings.unknown.is_empty() => {
            print(&format!("{}: ok", file.display()));
            0
        }
        Ok(settings) => {
            let problems = settings.unknown.iter().map(|path| {
                Problem::new(
                    format!("{}: {path}:", file.display()),
                    "is unknown: correct its name or remove it",
                )
            });
            tell(&problems.collect::<Vec<_>>());
            EXIT_CONFIGURATION
        }
    }
}
