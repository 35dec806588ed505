//! `auth-server metrics`.

use super::{print, tell_error};
use crate::metrics::Metrics;

pub(super) fn run() -> u8 {
    match Metrics::example().encode() {
        Ok(text) => {
            print(text.trim_end());
            0
        }
        Err(error) => {
            tell_error(&error);
            1
        }
    }
}
