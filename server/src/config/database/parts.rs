//! `DATABASE_HOST` and its companions.

use super::{SslMode, Target};
use crate::config::{Problem, value::Value};

/// Postgres' registered port.
pub(super) const DEFAULT_PORT: u16 = 5432;

pub(super) fn read(
    host: &Value,
    port: Option<&Value>,
    name: Option<&Value>,
    user: Option<&Value>,
) -> Result<Target, Problem> {
    let port = match port {
        None => DEFAULT_PORT,
        Some(value) => parse_port(&value.read()?)
            .ok_or_else(|| Problem::new(value.name(), "must be a port number from 1 to 65535"))?,
    };
    Ok(Target {
        host: required(Some(host), "DATABASE_HOST")?,
        port,
        name: Some(required(name, "DATABASE_NAME")?),
        user: required(user, "DATABASE_USER")?,
        password: None,
        ssl_mode: SslMode::default(),
        certificate_authority: None,
        parameters: Vec::new(),
        ignored: Vec::new(),
    })
}

pub(super) fn parse_port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

fn required(value: Option<&Value>, variable: &str) -> Result<String, Problem> {
    match value {
        None => Err(Problem::new(
            variable,
            "is not set: DATABASE_HOST needs it beside it",
        )),
        Some(value) => match value.read()? {
            text if text.is_empty() => Err(Problem::new(value.name(), "is empty")),
            text => Ok(text),
        },
    }
}
