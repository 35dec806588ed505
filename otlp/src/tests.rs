//! What reaches a collector, and what happens when none takes it.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::runtime::Handle;
use tracing_subscriber::{Layer as _, fmt, fmt::MakeWriter, layer::SubscriberExt as _};

use crate::{Export, FileReader, Service, Settings, TARGET, collector::Collector};

const LIMIT: Duration = Duration::from_secs(20);

fn settings(variables: &[(&str, &str)]) -> Settings {
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| (*text).to_owned())
    };
    let reader: FileReader = Arc::new(|path| std::fs::read_to_string(path));
    let service = Service {
        name: "test",
        version: "1.2.3",
    };
    Settings::load(&variable, &reader, service)
        .unwrap()
        .unwrap()
}

fn start(variables: &[(&str, &str)]) -> Export {
    Export::start(&settings(variables), Handle::current()).unwrap()
}

/// What is logged, process-wide: the exporter logs from a thread of its own.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn count(&self, text: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap())
            .matches(text)
            .count()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Makes `count` spans of ours.
fn work(export: &Export, count: usize) {
    let subscriber = tracing_subscriber::registry().with(export.layer());
    tracing::subscriber::with_default(subscriber, || {
        for _ in 0..count {
            tracing::info_span!(target: TARGET, "work", step = 1).in_scope(|| {});
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn only_spans_that_are_meant_to_be_exported_are() {
    let collector = Collector::start().await.unwrap();
    let export = start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint())]);
    let subscriber = tracing_subscriber::registry().with(export.layer());
    tracing::subscriber::with_default(subscriber, || {
        let outer = tracing::info_span!(target: TARGET, "outer");
        let foreign = tracing::info_span!("foreign", password = "hunter2");
        outer.in_scope(|| {
            foreign.in_scope(|| {
                tracing::info!(target: TARGET, password = "hunter2", "an event");
                tracing::error!(error = "hunter2", "another");
                tracing::info_span!(target: TARGET, "inner").in_scope(|| {});
            });
        });
    });
    export.finish(LIMIT).await;
    let mut spans = collector.spans();
    spans.sort_by(|one, other| one.name.cmp(&other.name));
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["inner", "outer"]);
    assert_eq!(spans[0].parent, spans[1].id);
    assert_eq!(spans[0].trace, spans[1].trace);
    assert!(!collector.text().contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_source_says_its_name_and_the_headers_who_may_send() {
    let collector = Collector::start().await.unwrap();
    let export = start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=hunter2"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=shop"),
    ]);
    work(&export, 1);
    export.finish(LIMIT).await;
    let resource = &collector.spans()[0].resource;
    for (name, value) in [
        ("service.name", "test"),
        ("service.version", "1.2.3"),
        ("team", "shop"),
    ] {
        assert_eq!(
            resource.get(name).map(String::as_str),
            Some(value),
            "{name}"
        );
    }
    assert_eq!(collector.headers()[0]["x-key"], "hunter2");
    assert!(!collector.text().contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sampler_decides_how_much_is_exported() {
    let collector = Collector::start().await.unwrap();
    let export = start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint()),
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.5"),
    ]);
    work(&export, 400);
    export.finish(LIMIT).await;
    let count = collector.spans().len();
    assert!((100..300).contains(&count), "{count} of 400");
}

/// One test, because a log for all threads can be set once.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_fails_is_told_of_once_and_holds_nobody_up() {
    let log = Log::default();
    let layer = fmt::layer().with_ansi(false).with_writer(log.clone());
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer.boxed()))
        .unwrap();
    let collector = Collector::start().await.unwrap();
    collector.answer(401);
    let refused = start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=hunter2"),
    ]);
    // More than one batch of 512, and more than the queue of 2048 holds.
    work(&refused, 10_000);
    refused.finish(LIMIT).await;
    assert!(collector.headers().len() > 1);
    assert_eq!(log.count("traces cannot be exported"), 1);
    assert_eq!(log.count("the collector answered 401 Unauthorized"), 1);

    collector.answer(0);
    let ignored = start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint())]);
    work(&ignored, 10_000);
    // The exporter's own limit is ten seconds for each batch: this one goes before it.
    ignored.finish(Duration::from_millis(100)).await;
    assert_eq!(log.count("some traces were not exported in time"), 1);

    let absent = start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")]);
    work(&absent, 1);
    absent.finish(LIMIT).await;
    assert_eq!(log.count("the collector cannot be reached"), 1);
    assert_eq!(log.count("hunter2"), 0);
}
