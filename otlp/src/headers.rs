//! Headers of each export: usually the credentials of the collector.

use std::{fmt, io, path::Path, path::PathBuf, sync::Arc};

use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};

use crate::Problem;

/// Reads a whole file as UTF-8 text.
pub type FileReader = Arc<dyn Fn(&Path) -> io::Result<String> + Send + Sync>;

/// Where headers come from. Never printed.
#[derive(Clone)]
pub(crate) enum Headers {
    /// The variable itself.
    Fixed(HeaderMap),
    /// A file that the variable names; read for each export, so that a replaced Secret needs no restart.
    File {
        variable: String,
        path: PathBuf,
        reader: FileReader,
    },
}

impl Headers {
    /// The headers now.
    pub(crate) fn current(&self) -> Result<HeaderMap, Problem> {
        match self {
            Self::Fixed(headers) => Ok(headers.clone()),
            Self::File {
                variable,
                path,
                reader,
            } => {
                let text = reader(path).map_err(|error| {
                    let remedy = format!("cannot be read from {}: {error}", path.display());
                    Problem::new(variable, remedy)
                })?;
                parse(variable, &text)
            }
        }
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Headers")
    }
}

/// Reads `name=value` pairs with commas between them, values percent-encoded.
/// Format: <https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables>
pub(crate) fn parse(variable: &str, text: &str) -> Result<HeaderMap, Problem> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs(variable, text)? {
        let (Ok(name), Ok(mut value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(&value),
        ) else {
            return Err(Problem::new(
                variable,
                "names a header that HTTP does not allow",
            ));
        };
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Pairs as in the `baggage` header. The problem does not repeat them: they may be secret.
pub(crate) fn pairs(variable: &str, text: &str) -> Result<Vec<(String, String)>, Problem> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let value = percent_encoding::percent_decode_str(value.trim());
        let name = name.trim();
        let value = value.decode_utf8().ok()?.into_owned();
        (!name.is_empty()).then(|| (name.to_owned(), value))
    };
    text.split(',')
        .filter(|part| !part.trim().is_empty())
        .map(pair)
        .collect::<Option<_>>()
        .ok_or_else(|| {
            Problem::new(
                variable,
                "must be name=value pairs with commas between them",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_separated_by_commas_and_percent_encoded() {
        for (text, expected) in [
            ("", vec![]),
            ("a=1", vec![("a", "1")]),
            (" a = 1 ,, b=x%2Cy%20z", vec![("a", "1"), ("b", "x,y z")]),
            (
                "authorization=Basic dXNlcjpwYXNz==",
                vec![("authorization", "Basic dXNlcjpwYXNz==")],
            ),
        ] {
            let pairs = pairs("NAME", text).unwrap();
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .collect();
            assert_eq!(pairs, expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_header_is_refused_without_repeating_it() {
        for text in ["hunter2", "=hunter2", "a b=hunter2", "a=hunter2%0A"] {
            let problem = parse("OTEL_EXPORTER_OTLP_HEADERS", text)
                .unwrap_err()
                .to_string();
            assert!(
                problem.starts_with("OTEL_EXPORTER_OTLP_HEADERS "),
                "{problem}"
            );
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }

    #[test]
    fn a_file_is_read_for_each_export() {
        let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let reads = Arc::clone(&count);
        let headers = Headers::File {
            variable: "NAME_FILE".to_owned(),
            path: "/headers".into(),
            reader: Arc::new(move |_| {
                let number = reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                Ok(format!("x-key={number}\n"))
            }),
        };
        for expected in ["0", "1"] {
            assert_eq!(headers.current().unwrap()["x-key"], expected);
        }
    }
}
