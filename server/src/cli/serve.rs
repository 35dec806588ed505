//! `auth-server serve`.

use super::{Variable, begin, tell, tell_error};
use crate::{
    config::{Config, FileReader},
    run,
};

pub(super) async fn run(variable: Variable<'_>, reader: FileReader) -> u8 {
    let config = match begin(variable, reader, Config::load) {
        Ok(config) => config,
        Err(problems) => return tell(&problems),
    };
    match run::serve(config).await {
        Ok(()) => 0,
        Err(error) => {
            tell_error(&error);
            error.exit_code()
        }
    }
}
