//! Which request a line of the log belongs to.
//!
//! A span would say so too, at a price that every request pays: it is made, and written as text, before anybody knows whether
//! there will be a line. Most requests have none.

use std::fmt;

use hyper::Method;
use serde_json::{Map, Value};
use tokio::task_local;
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{self, Format, Full, Json, Writer},
    },
    registry::LookupSpan,
};

use super::RequestId;

task_local! {
    static CURRENT: LoggedRequest;
}

/// A request, as far as lines of the log tell of it.
#[derive(Clone, Debug)]
pub struct LoggedRequest {
    /// Its identity.
    pub id: RequestId,
    /// Its method.
    pub method: Method,
    /// The identity of its trace, if it has one.
    pub trace_id: Option<String>,
}

impl LoggedRequest {
    /// Does `work`; every line that it logs tells of this request.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("name".to_owned(), "request".into());
        let id = self.id.to_header();
        fields.insert("id".to_owned(), id.to_str().unwrap_or_default().into());
        fields.insert("method".to_owned(), self.method.as_str().into());
        if let Some(trace_id) = &self.trace_id {
            fields.insert("trace_id".to_owned(), trace_id.as_str().into());
        }
        fields
    }
}

/// Lines with what the request adds to them.
pub(super) struct WithRequest<F> {
    line: F,
    /// Writes a line, which has no end yet, and the request's fields.
    write: fn(&mut Writer<'_>, &str, &Map<String, Value>) -> fmt::Result,
}

/// One JSON object per line; the request is the object `span` in it.
pub(super) fn json() -> WithRequest<Format<Json>> {
    WithRequest {
        line: format::format()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false),
        write: |writer, line, fields| {
            let span = serde_json::to_string(fields).map_err(|_| fmt::Error)?;
            let open = line.strip_suffix('}').unwrap_or(line);
            writeln!(writer, "{open},\"span\":{span}}}")
        },
    }
}

/// Text, with the request behind it.
pub(super) fn text(is_coloured: bool) -> WithRequest<Format<Full>> {
    WithRequest {
        line: format::format().with_target(false).with_ansi(is_coloured),
        write: |writer, line, fields| {
            write!(writer, "{line}")?;
            for (name, value) in fields {
                write!(writer, " {name}={}", value.as_str().unwrap_or_default())?;
            }
            writeln!(writer)
        },
    }
}

impl<F, S, N> FormatEvent<S, N> for WithRequest<F>
where
    F: FormatEvent<S, N>,
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Ok(fields) = CURRENT.try_with(LoggedRequest::fields) else {
            return self.line.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.line
            .format_event(context, Writer::new(&mut line), event)?;
        (self.write)(&mut writer, line.trim_end(), &fields)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::{fmt::MakeWriter, layer::SubscriberExt as _};

    use hyper::header::HeaderValue;

    use super::*;
    use crate::telemetry::RequestIds;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Lines {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    impl Lines {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn request() -> LoggedRequest {
        LoggedRequest {
            id: RequestIds::new(0).identify(Some(&HeaderValue::from_static("r-1"))),
            method: Method::POST,
            trace_id: Some("0af7".to_owned()),
        }
    }

    #[tokio::test]
    async fn a_line_of_a_request_is_one_json_object_that_tells_of_it() {
        let lines = Lines::default();
        let layer = tracing_subscriber::fmt::layer().json();
        let layer = layer.event_format(json()).with_writer(lines.clone());
        let log = tracing_subscriber::registry().with(layer);
        let guard = tracing::subscriber::set_default(log);
        tracing::info!("before");
        request()
            .scope(async { tracing::info!(route = "/ok", "during") })
            .await;
        drop(guard);
        let lines: Vec<Value> = lines
            .text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[0].get("span"), None);
        assert_eq!(
            lines[1]["span"],
            serde_json::json!({"name": "request", "id": "r-1", "method": "POST", "trace_id": "0af7"})
        );
        assert_eq!(
            (&lines[1]["route"], &lines[1]["message"]),
            (&"/ok".into(), &"during".into())
        );
    }

    #[tokio::test]
    async fn a_line_of_text_ends_with_the_request() {
        let lines = Lines::default();
        let layer = tracing_subscriber::fmt::layer().event_format(text(false));
        let log = tracing_subscriber::registry().with(layer.with_writer(lines.clone()));
        let guard = tracing::subscriber::set_default(log);
        request().scope(async { tracing::info!("during") }).await;
        drop(guard);
        let text = lines.text();
        assert!(
            text.contains("during") && text.ends_with(" trace_id=0af7\n"),
            "{text}"
        );
        assert!(text.contains(" id=r-1 method=POST "), "{text}");
    }
}
