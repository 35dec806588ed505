//! The standard variables: <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use opentelemetry_sdk::trace::Sampler;
use url::Url;

use crate::headers::{self, FileReader, Headers};

/// Where a collector takes traces below the base URL, as OTLP says.
const PATH: &str = "v1/traces";

/// The standard's default for an export, its repetitions included.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A variable that cannot be used. Never contains its value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// The variable.
    pub variable: String,
    /// What to do about it; reads on after the variable.
    pub remedy: String,
}

impl Problem {
    pub(crate) fn new(variable: &str, remedy: impl Into<String>) -> Self {
        Self {
            variable: variable.to_owned(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.variable, self.remedy)
    }
}

impl std::error::Error for Problem {}

/// Who sends the traces, where the variables do not say.
#[derive(Clone, Copy, Debug)]
pub struct Service<'a> {
    /// `service.name`.
    pub name: &'a str,
    /// `service.version`.
    pub version: &'a str,
}

/// Where traces go, which, and as whose.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) endpoint: Url,
    pub(crate) headers: Headers,
    pub(crate) timeout: Duration,
    /// The only certificate authority that is trusted, as PEM; `None`: those of the system.
    pub(crate) authority: Option<String>,
    pub(crate) sampler: Sampler,
    pub(crate) resource: Vec<(String, String)>,
}

impl Settings {
    /// Reads the variables; `None` where no endpoint is set, or tracing is switched off. `reader` reads the files that some of
    /// them name.
    ///
    /// # Errors
    /// All that cannot be used.
    pub fn load(
        variable: &dyn Fn(&str) -> Option<String>,
        reader: &FileReader,
        service: Service<'_>,
    ) -> Result<Option<Self>, Vec<Problem>> {
        let variables = Variables { variable, reader };
        let is = |name, value: &str| variables.get(name).is_some_and(|text| text == value);
        if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
            return Ok(None);
        }
        let Some(endpoint) = variables.endpoint() else {
            return Ok(None);
        };
        let mut problems = Vec::new();
        let endpoint = keep(&mut problems, endpoint);
        let headers = keep(&mut problems, variables.headers());
        let timeout = keep(&mut problems, variables.timeout());
        let authority = keep(&mut problems, variables.authority());
        let sampler = keep(&mut problems, variables.sampler());
        let resource = keep(&mut problems, variables.resource(service));
        problems.extend(variables.unsupported());
        match (endpoint, headers, timeout, authority, sampler, resource) {
            (
                Some(endpoint),
                Some(headers),
                Some(timeout),
                Some(authority),
                Some(sampler),
                Some(resource),
            ) if problems.is_empty() => Ok(Some(Self {
                endpoint,
                headers,
                timeout,
                authority,
                sampler,
                resource,
            })),
            _ => Err(problems),
        }
    }
}

fn keep<T>(problems: &mut Vec<Problem>, result: Result<T, Problem>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

struct Variables<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    reader: &'a FileReader,
}

impl Variables<'_> {
    /// An empty variable counts as unset.
    fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|text| !text.is_empty())
    }

    /// `OTEL_EXPORTER_OTLP_TRACES_…`, else `OTEL_EXPORTER_OTLP_…`, with the name of the one that is set.
    fn exporter(&self, suffix: &str) -> Option<(String, String)> {
        ["OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"]
            .into_iter()
            .map(|prefix| format!("{prefix}{suffix}"))
            .find_map(|name| self.get(&name).map(|text| (name, text)))
    }

    fn endpoint(&self) -> Option<Result<Url, Problem>> {
        let (name, text) = self.exporter("ENDPOINT")?;
        let url = Url::parse(&text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(mut url) = url else {
            let remedy = "must be an http or https URL, e.g. http://collector:4318";
            return Some(Err(Problem::new(&name, remedy)));
        };
        if !url.username().is_empty() || url.password().is_some() {
            let remedy = "must hold no credentials: set OTEL_EXPORTER_OTLP_HEADERS";
            return Some(Err(Problem::new(&name, remedy)));
        }
        if name == "OTEL_EXPORTER_OTLP_ENDPOINT" {
            let path = format!("{}/{PATH}", url.path().trim_end_matches('/'));
            url.set_path(&path);
        }
        Some(Ok(url))
    }

    fn headers(&self) -> Result<Headers, Problem> {
        match (self.exporter("HEADERS"), self.exporter("HEADERS_FILE")) {
            (None, None) => Ok(Headers::Fixed(hyper::HeaderMap::new())),
            (Some((name, text)), None) => headers::parse(&name, &text).map(Headers::Fixed),
            (None, Some((variable, path))) => Ok(Headers::File {
                variable,
                path: path.into(),
                reader: Arc::clone(self.reader),
            }),
            (Some((name, _)), Some((file, _))) => {
                let remedy = format!("and {file} are both set: unset one of them");
                Err(Problem::new(&name, remedy))
            }
        }
    }

    fn timeout(&self) -> Result<Duration, Problem> {
        let Some((name, text)) = self.exporter("TIMEOUT") else {
            return Ok(TIMEOUT);
        };
        match text.parse() {
            Ok(milliseconds @ 1..=600_000) => Ok(Duration::from_millis(milliseconds)),
            _ => Err(Problem::new(&name, "must be milliseconds from 1 to 600000")),
        }
    }

    fn authority(&self) -> Result<Option<String>, Problem> {
        let Some((name, path)) = self.exporter("CERTIFICATE") else {
            return Ok(None);
        };
        (self.reader)(Path::new(&path)).map(Some).map_err(|error| {
            let remedy = format!("cannot be read from {path}: {error}");
            Problem::new(&name, remedy)
        })
    }

    fn sampler(&self) -> Result<Sampler, Problem> {
        const NAME: &str = "OTEL_TRACES_SAMPLER";
        let all = || Sampler::ParentBased(Box::new(Sampler::AlwaysOn));
        let Some(name) = self.get(NAME) else {
            return Ok(all());
        };
        Ok(match name.as_str() {
            "always_on" => Sampler::AlwaysOn,
            "always_off" => Sampler::AlwaysOff,
            "traceidratio" => self.ratio()?,
            "parentbased_always_on" => all(),
            "parentbased_always_off" => Sampler::ParentBased(Box::new(Sampler::AlwaysOff)),
            "parentbased_traceidratio" => Sampler::ParentBased(Box::new(self.ratio()?)),
            _ => {
                let remedy = "must be always_on, always_off, traceidratio, parentbased_always_on, \
                    parentbased_always_off or parentbased_traceidratio";
                return Err(Problem::new(NAME, remedy));
            }
        })
    }

    fn ratio(&self) -> Result<Sampler, Problem> {
        const NAME: &str = "OTEL_TRACES_SAMPLER_ARG";
        let ratio = self.get(NAME).map_or(Ok(1.0), |text| text.parse::<f64>());
        match ratio {
            Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(Sampler::TraceIdRatioBased(ratio)),
            _ => Err(Problem::new(NAME, "must be a number from 0 to 1")),
        }
    }

    fn resource(&self, service: Service<'_>) -> Result<Vec<(String, String)>, Problem> {
        const NAME: &str = "OTEL_RESOURCE_ATTRIBUTES";
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut attributes = vec![
            pair("service.name", service.name),
            pair("service.version", service.version),
        ];
        // Of two with one key the later counts.
        attributes.extend(headers::pairs(NAME, &self.get(NAME).unwrap_or_default())?);
        let name = self.get("OTEL_SERVICE_NAME");
        attributes.extend(name.map(|name| pair("service.name", &name)));
        Ok(attributes)
    }

    /// What other exporters can do.
    fn unsupported(&self) -> Vec<Problem> {
        let only = |found: Option<(String, String)>, value: &str, remedy: &str| {
            found
                .filter(|(_, text)| text != value)
                .map(|(name, _)| Problem::new(&name, remedy))
        };
        let exporter = "OTEL_TRACES_EXPORTER";
        [
            only(
                self.exporter("PROTOCOL"),
                "http/protobuf",
                "must be http/protobuf: gRPC and JSON are not spoken",
            ),
            only(
                self.exporter("COMPRESSION"),
                "none",
                "must be none: exports are not compressed",
            ),
            only(
                self.get(exporter).map(|text| (exporter.to_owned(), text)),
                "otlp",
                "must be otlp or none",
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests;
