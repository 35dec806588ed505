//! What a collector is told of reconciles, and what it must not be told.

use std::sync::Arc;
use std::time::Duration;

use authbackend_otlp::collector::{Collector, Span};
use authbackend_otlp::{Export, FileReader, Service, Settings};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::ListParams;
use serde_json::json;
use tokio::runtime::Handle;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::harness::World;

fn export(collector: &Collector) -> Export {
    let endpoint = collector.endpoint();
    let variable = |name: &str| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| endpoint.clone());
    let reader: FileReader = Arc::new(|path| std::fs::read_to_string(path));
    let service = Service {
        name: "authbackend-operator",
        version: "test",
    };
    let settings = Settings::load(&variable, &reader, service)
        .unwrap()
        .unwrap();
    Export::start(&settings, Handle::current()).unwrap()
}

fn attribute<'a>(span: &'a Span, name: &str) -> &'a str {
    span.attributes.get(name).map_or("", String::as_str)
}

#[tokio::test]
async fn a_reconcile_is_a_trace_of_its_writes_without_what_secrets_hold() {
    let collector = Collector::start().await.unwrap();
    let export = export(&collector);
    let subscriber = tracing_subscriber::registry().with(export.layer());
    // This test has one thread, and the operator runs on it.
    let guard = tracing::subscriber::set_default(subscriber);
    // While a process has one subscriber, whether a span is wanted is decided by the thread that meets it first, for all
    // threads: one of another test, where nobody wants it. With two, both are asked, about what was met before too.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    tracing::callsite::rebuild_interest_cache();
    let world = World::new("traces").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    operator.stop().await.unwrap();
    drop(guard);
    export.finish(Duration::from_secs(20)).await;

    let spans = collector.spans();
    let config_map = world
        .api::<ConfigMap>()
        .list(&ListParams::default())
        .await
        .unwrap();
    let config_map = config_map.items.iter().find_map(|object| {
        let name = object.metadata.name.clone()?;
        name.starts_with("shop-config-").then_some(name)
    });
    let path = format!(
        "/api/v1/namespaces/{}/configmaps/{}",
        world.namespace,
        config_map.unwrap()
    );
    let write = spans
        .iter()
        .find(|span| span.name == "patch configmaps" && attribute(span, "url.path") == path)
        .unwrap_or_else(|| panic!("no write of {path}: {spans:#?}"));
    assert_eq!(write.kind, 3, "a client's");
    assert_eq!(attribute(write, "http.request.method"), "PATCH");
    assert_eq!(attribute(write, "http.response.status_code"), "201");
    let reconcile = spans.iter().find(|span| span.id == write.parent).unwrap();
    assert_eq!(reconcile.name, "reconcile AuthBackend");
    assert_eq!(attribute(reconcile, "k8s.namespace.name"), world.namespace);
    assert_eq!(attribute(reconcile, "authbackend.name"), "shop");
    assert_eq!(attribute(reconcile, "authbackend.outcome"), "done");
    assert!(!spans.iter().any(|span| span.name.starts_with("watch")));
    assert!(!collector.text().contains("hunter2"));
}
