//! `auth-server check-config`.

use std::path::PathBuf;

use clap::Args;

use authbackend_crds::auth::AuthSettings;

use super::{Variable, print, tell};
use crate::{
    config::{BaseUrl, FileReader, Problem, read_settings},
    self_check::{check, malformed_origins},
};

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
    let read = match read_settings(&file, reader) {
        Err(problems) => return tell(&problems),
        Ok(read) => read,
    };
    let place = file.display();
    let unknown = read.unknown.iter().map(|path| {
        let name = format!("{place}: {path}:");
        Problem::new(name, "is unknown: correct its name or remove it")
    });
    let malformed = malformed_origins(&read.settings);
    let malformed = malformed
        .iter()
        .map(|problem| Problem::new(format!("{place}:"), problem.to_string()));
    let problems: Vec<_> = unknown.chain(malformed).collect();
    if !problems.is_empty() {
        return tell(&problems);
    }
    if let Some(text) = variable("AUTH_BASE_URL") {
        match BaseUrl::parse(&text) {
            Err(remedy) => return tell(&[Problem::new("AUTH_BASE_URL", remedy)]),
            Ok(base_url) => print_cookies(&read.settings, &base_url),
        }
    }
    print(&format!("{place}: ok"));
    0
}

/// What browsers will do with cookies, which depends on where the API is.
fn print_cookies(settings: &AuthSettings, base_url: &BaseUrl) {
    for finding in check(settings, base_url) {
        print(&format!("{}: {}", finding.subject, finding.fact));
        for warning in finding.warnings {
            print(&format!("{}: warning: {warning}", finding.subject));
        }
    }
}
