//! `auth-server serve`.

use super::{Variable, start_logging, tell, tell_error};
use crate::{
    config::{Config, FileReader},
    run,
};

pub(super) async fn run(variable: Variable<'_>, reader: FileReader) -> u8 {
    let config = Config::load(variable, FileReader::clone(&reader));
    let logging = start_logging(variable, reader);
    let config = match (config, logging) {
        (Ok(config), Ok(())) => config,
        (config, logging) => {
            let mut problems = config.err().unwrap_or_default();
            problems.extend(logging.err().unwrap_or_default());
            return tell(&problems);
        }
    };
    match run::serve(config).await {
        Ok(()) => 0,
        Err(error) => {
            tell_error(&error);
            error.exit_code()
        }
    }
}
