//! Statements as spans of the request that they belong to.
//!
//! The driver says after each statement what it was and how long it took, to whoever listens to this target at this
//! level. Values are parameters, so that the text of a statement holds none.

use std::time::{Duration, SystemTime};

use opentelemetry::{
    Context, KeyValue,
    trace::{Span as _, SpanKind, TraceContextExt as _, Tracer as _},
};
use opentelemetry_sdk::trace::SdkTracer;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{Layer, filter::filter_fn, layer, registry::LookupSpan};

const TARGET: &str = "sqlx::query";

/// What the parts of a statement with `WITH` do.
const PARTS: [&str; 4] = ["select", "insert", "update", "delete"];

/// Makes a span of each statement that is carried out within one.
pub struct QuerySpans(SdkTracer);

impl QuerySpans {
    /// What keeps statements out of the log, where they are noise: a directive for its filter. What fails is logged by the request
    /// that it fails.
    pub const NOT_LOGGED: &str = "sqlx::query=off";

    /// A layer whose spans come from `tracer`.
    pub fn layer<S>(tracer: SdkTracer) -> impl Layer<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        // Not only events: the driver asks before whether one would be wanted, which is of another kind.
        let is_statement = |metadata: &Metadata<'_>| metadata.target() == TARGET;
        Self(tracer).with_filter(filter_fn(is_statement).with_max_level_hint(LevelFilter::TRACE))
    }

    /// Whether somebody listens: without that the driver need not measure.
    pub(super) fn are_wanted() -> bool {
        tracing::enabled!(target: TARGET, Level::TRACE)
    }
}

impl<S: Subscriber> Layer<S> for QuerySpans {
    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        let parent = Context::current();
        if !parent.span().span_context().is_sampled() {
            return;
        }
        let mut statement = Statement::default();
        event.record(&mut statement);
        let end = SystemTime::now();
        let start = end.checked_sub(statement.elapsed).unwrap_or(end);
        let text = statement.text();
        let (operation, collection) = (operation(&text), collection(&text));
        let mut attributes = vec![
            KeyValue::new("db.system.name", "postgresql"),
            KeyValue::new("db.operation.name", operation.clone()),
        ];
        let mut name = operation;
        if let Some(collection) = collection {
            name = format!("{name} {collection}");
            attributes.push(KeyValue::new("db.collection.name", collection));
        }
        attributes.push(KeyValue::new("db.query.text", text));
        let rows = i64::try_from(statement.rows).unwrap_or(i64::MAX);
        attributes.push(KeyValue::new("db.response.returned_rows", rows));
        self.0
            .span_builder(name)
            .with_kind(SpanKind::Client)
            .with_start_time(start)
            .with_attributes(attributes)
            .start_with_context(&self.0, &parent)
            .end_with_timestamp(end);
    }
}

/// What the driver says of a statement.
#[derive(Default)]
struct Statement {
    /// All of it, or its beginning.
    summary: String,
    /// All of it, where that is longer.
    whole: String,
    elapsed: Duration,
    rows: u64,
}

impl Statement {
    /// The statement on one line.
    fn text(&self) -> String {
        let text = if self.whole.trim().is_empty() {
            &self.summary
        } else {
            &self.whole
        };
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.whole),
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.elapsed = Duration::try_from_secs_f64(value).unwrap_or_default();
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            self.rows = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// What the statement does: its first word, or the first of its parts where it is put together of several.
fn operation(text: &str) -> String {
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
    let first = words.next().unwrap_or_default();
    let is_part = |word: &&str| PARTS.iter().any(|part| word.eq_ignore_ascii_case(part));
    let is_composed = first.eq_ignore_ascii_case("with");
    let part = is_composed.then(|| words.find(is_part)).flatten();
    part.unwrap_or(first).to_ascii_uppercase()
}

/// The first table that it names.
fn collection(text: &str) -> Option<String> {
    let mut words = text.split(' ');
    words.find(|word| {
        ["from", "into", "update"]
            .iter()
            .any(|before| word.eq_ignore_ascii_case(before))
    })?;
    let name = words.next()?;
    let end = name.find(['(', ')', ',', ';']).unwrap_or(name.len());
    let name = name.get(..end)?.replace('"', "");
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_named_by_what_it_does_and_to_which_table() {
        for (text, expected_operation, expected_collection) in [
            (
                r#"SELECT id FROM "session" WHERE token = $1"#,
                "SELECT",
                Some("session"),
            ),
            (
                r#"INSERT INTO "user"(id) VALUES ($1)"#,
                "INSERT",
                Some("user"),
            ),
            (
                r#"update auth."account" set x = $1"#,
                "UPDATE",
                Some("auth.account"),
            ),
            ("DELETE FROM verification", "DELETE", Some("verification")),
            (
                r#"WITH new AS ( INSERT INTO "user" (id) VALUES ($1)) SELECT 1"#,
                "INSERT",
                Some("user"),
            ),
            ("SELECT 1", "SELECT", None),
            ("SELECT (now() from", "SELECT", None),
            ("", "", None),
        ] {
            assert_eq!(operation(text), expected_operation, "{text}");
            assert_eq!(collection(text).as_deref(), expected_collection, "{text}");
        }
    }
}
