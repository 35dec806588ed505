//! `postgres://user:password@host:port/name?sslmode=…`, as libpq and node-postgres understand it.

use percent_encoding::percent_decode_str;
use url::Url;

use super::{SslMode, Target, parts};
use crate::config::{Problem, Secret};

/// What to write instead of a URL that does not parse; the URL itself may hold a password and is not repeated.
const EXAMPLE: &str = "must be a URL such as postgres://user:password@host:5432/name (percent-encode special \
                       characters in the password)";

/// Parses `text`, given by the variable `variable`.
pub(super) fn parse(text: &str, variable: &str) -> Result<Target, Problem> {
    let problem = |remedy: &str| Problem::new(variable, remedy);
    let url = Url::parse(text).map_err(|_| problem(EXAMPLE))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(problem("must start with postgres:// or postgresql://"));
    }
    let decode = |part: &str| {
        percent_decode_str(part)
            .decode_utf8()
            .map(String::from)
            .map_err(|_| problem(EXAMPLE))
    };
    let mut target = Target {
        host: decode(url.host_str().unwrap_or_default())?,
        port: url.port().unwrap_or(parts::DEFAULT_PORT),
        name: Some(decode(url.path().trim_start_matches('/'))?).filter(|name| !name.is_empty()),
        user: decode(url.username())?,
        password: url.password().map(decode).transpose()?.map(Secret::new),
        ssl_mode: SslMode::default(),
        certificate_authority: None,
        parameters: Vec::new(),
        ignored: Vec::new(),
    };
    for (key, value) in url.query_pairs() {
        apply(&mut target, &key, &value).map_err(problem)?;
    }
    if let Some(inner) = target
        .host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        target.host = String::from(inner);
    }
    match &target {
        target if target.host.is_empty() => Err(problem("names no host")),
        target if target.user.is_empty() => Err(problem("names no user")),
        target if target.host.contains(',') => Err(problem("must name one host")),
        _ => Ok(target),
    }
}

fn apply(target: &mut Target, key: &str, value: &str) -> Result<(), &'static str> {
    match key {
        "sslmode" => {
            target.ssl_mode = SslMode::parse(value)
                .ok_or("has an unknown sslmode: use disable, allow, prefer, require, verify-ca or verify-full")?;
        }
        "sslrootcert" if value == "system" => target.certificate_authority = None,
        "sslrootcert" | "sslcert" | "sslkey" => {
            return Err(
                "names a certificate file: set DATABASE_CA_FILE instead of sslrootcert; \
                 client certificates are not supported",
            );
        }
        "host" => value.clone_into(&mut target.host),
        "port" => {
            target.port =
                parts::parse_port(value).ok_or("has a port that is not from 1 to 65535")?;
        }
        "dbname" => target.name = Some(value.to_owned()),
        "user" => value.clone_into(&mut target.user),
        "password" => target.password = Some(Secret::new(value)),
        "options" => target.parameters.extend(session_parameters(value)?),
        _ => target.ignored.push(key.to_owned()),
    }
    Ok(())
}

/// The settings in libpq's `options`: `-c name=value`, `-cname=value` or `--name=value`, with `\` before a space
/// that belongs to a value.
fn session_parameters(options: &str) -> Result<Vec<(String, String)>, &'static str> {
    const REMEDY: &str = "has options other than -c name=value";
    let mut words = split(options).into_iter();
    let mut parameters = Vec::new();
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("-c").or_else(|| word.strip_prefix("--")) {
            Some("") => words.next().ok_or(REMEDY)?,
            Some(setting) => setting.to_owned(),
            None => return Err(REMEDY),
        };
        let (name, value) = setting.split_once('=').ok_or(REMEDY)?;
        parameters.push((name.to_owned(), value.to_owned()));
    }
    Ok(parameters)
}

/// Splits at spaces; a backslash takes the character after it as it is.
fn split(options: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut characters = options.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => word.extend(characters.next()),
            ' ' if word.is_empty() => {}
            ' ' => words.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
