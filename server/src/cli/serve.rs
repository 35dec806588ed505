//! `auth-server serve`.

use std::time::Duration;

use authbackend_otlp::Export;
use tokio::runtime::Handle;

use super::{Variable, both, start_logging, tell, tell_error};
use crate::{
    config::{Config, FileReader, Problem},
    run,
};

/// How long the last traces may take: with `SHUTDOWN_DELAY` and `SHUTDOWN_TIMEOUT`, well within the grace period of a pod.
const EXPORT_LIMIT: Duration = Duration::from_secs(3);

pub(super) async fn run(variable: Variable<'_>, reader: FileReader) -> u8 {
    let (config, export) = match begin(variable, reader) {
        Ok(begun) => begun,
        Err(problems) => return tell(&problems),
    };
    let result = run::serve(config).await;
    if let Some(export) = export {
        export.finish(EXPORT_LIMIT).await;
    }
    match result {
        Ok(()) => 0,
        Err(error) => {
            tell_error(&error);
            error.exit_code()
        }
    }
}

/// Loads the configuration and starts logging and tracing. Problems of all are told together.
fn begin(
    variable: Variable<'_>,
    reader: FileReader,
) -> Result<(Config, Option<Export>), Vec<Problem>> {
    let begun = Config::load(variable, FileReader::clone(&reader)).and_then(|config| {
        let settings = config.tracing.as_ref();
        let export = settings.map(|settings| Export::start(settings, Handle::current()));
        let export = export.transpose().map_err(|problem| vec![problem.into()])?;
        Ok((config, export))
    });
    let export = begun.as_ref().ok().and_then(|(_, export)| export.as_ref());
    let logging = start_logging(variable, reader, export);
    both(begun, logging)
}
