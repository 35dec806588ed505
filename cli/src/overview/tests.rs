//! Overviews of AuthBackends in their typical states, as golden files.

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::events::v1::Event;
use serde::de::DeserializeOwned;

use super::*;

const NOW: &str = "2026-01-01T12:00:00Z";

fn parse<T: DeserializeOwned>(yaml: &str) -> T {
    serde_saphyr::from_str(yaml).unwrap()
}

fn text(auth_backend: &str, pods: &str, events: &str, has_colours: bool) -> String {
    let pods: Vec<Pod> = parse(pods);
    let events: Vec<Event> = parse(events);
    let overview = Overview::new(&parse(auth_backend), &pods, events);
    let mut out = Vec::new();
    text::print(&overview, &mut Screen::at(NOW, has_colours, &mut out)).unwrap();
    String::from_utf8(out).unwrap()
}

const READY: &str = "
metadata: {name: shop, namespace: team-a, generation: 2}
spec: {baseURL: https://shop.example/api, database: {managed: {}}, replicas: 2}
status:
  observedGeneration: 2
  url: https://shop.example/api
  replicas: 2
  readyReplicas: 2
  current: {image: 'ghcr.io/authbackend/server:1.0.0', version: 1.0.0, schemaVersion: 4, databaseHash: x, database: {managed: {}}}
  migration:
    hash: 2368914791eea4ca
    phase: Succeeded
    image: ghcr.io/authbackend/server:1.0.0
    databaseHash: x
    database: {managed: {}}
    job: shop-migrate-2368914791
    startedAt: '2026-01-01T09:59:00Z'
    finishedAt: '2026-01-01T10:00:00Z'
  conditions:
  - {type: Ready, status: 'True', reason: UpToDate, message: 2 pods are up to date and available, lastTransitionTime: '2026-01-01T10:01:00Z'}
  - {type: Available, status: 'True', reason: Serving, message: 'serves: ghcr.io/authbackend/server:1.0.0', lastTransitionTime: '2026-01-01T10:01:00Z'}
  - {type: Progressing, status: 'False', reason: UpToDate, message: 2 pods are up to date and available, lastTransitionTime: '2026-01-01T10:01:00Z'}
";

const FAILED: &str = "
metadata: {name: shop, namespace: team-a, generation: 3}
spec: {baseURL: https://shop.example/api, database: {managed: {}}, image: 'ghcr.io/authbackend/server:1.1.0'}
status:
  observedGeneration: 3
  url: https://shop.example/api
  replicas: 1
  readyReplicas: 1
  current: {image: 'ghcr.io/authbackend/server:1.0.0', version: 1.0.0, schemaVersion: 4, databaseHash: x, database: {managed: {}}}
  migration:
    hash: aaaaaaaaaaaaaaaa
    phase: Failed
    image: ghcr.io/authbackend/server:1.1.0
    databaseHash: x
    database: {managed: {}}
    job: shop-migrate-aaaaaaaaaa
    startedAt: '2026-01-01T11:50:00Z'
    finishedAt: '2026-01-01T11:55:00Z'
    exitCode: 10
    message: |-
      migration 5 (add_column)
      column \"locale\" already exists
  conditions:
  - {type: Ready, status: 'False', reason: MigrationFailed, message: 'column \"locale\" already exists', lastTransitionTime: '2026-01-01T11:55:00Z'}
  - {type: Available, status: 'True', reason: ServingPreviousVersion, message: 'serves: ghcr.io/authbackend/server:1.0.0', lastTransitionTime: '2026-01-01T10:01:00Z'}
  - {type: Stalled, status: 'True', reason: MigrationFailed, message: 'column \"locale\" already exists', lastTransitionTime: '2026-01-01T11:55:00Z'}
";

const PODS: &str = "
- metadata: {name: shop-7d9f-a, labels: {app.kubernetes.io/component: server}}
  spec: {nodeName: node-1, containers: []}
  status:
    phase: Running
    conditions: [{type: Ready, status: 'True'}]
    containerStatuses:
    - {name: server, image: x, imageID: x, ready: true, restartCount: 3, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}
- metadata: {name: shop-7d9f-b, labels: {app.kubernetes.io/component: server}}
  status:
    phase: Pending
    containerStatuses:
    - {name: server, image: 'server:typo', imageID: '', ready: false, restartCount: 0, state: {waiting: {reason: ErrImagePull, message: not found}}}
- metadata: {name: shop-7d9f-c, labels: {app.kubernetes.io/component: server}}
  status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}
- metadata: {name: shop-migrate-aaaaaaaaaa-x, labels: {app.kubernetes.io/component: migration}}
  status:
    phase: Failed
    containerStatuses:
    - {name: migrate, image: x, imageID: x, ready: false, restartCount: 0, state: {terminated: {exitCode: 10, reason: Error}}}
";

const EVENTS: &str = "
- metadata: {name: b}
  type: Warning
  reason: MigrationFailed
  note: column already exists
  eventTime: '2026-01-01T11:55:00.000000Z'
  series: {count: 3, lastObservedTime: '2026-01-01T11:58:00.000000Z'}
- metadata: {name: a}
  type: Normal
  reason: MigrationStarted
  note: Job shop-migrate-aaaaaaaaaa brings the schema up
  eventTime: '2026-01-01T11:50:00.000000Z'
";

#[test]
fn what_is_well_is_short() {
    insta::assert_snapshot!(text(READY, "[]", "[]", false));
}

#[test]
fn a_failed_migration_says_what_serves_what_failed_and_what_to_do() {
    insta::assert_snapshot!(text(FAILED, PODS, EVENTS, false));
}

#[test]
fn on_a_terminal_good_and_bad_have_their_colours() {
    insta::assert_snapshot!(text(FAILED, "[]", "[]", true).replace('\u{1b}', "ESC"));
}

#[test]
fn one_that_the_operator_has_not_seen_says_so() {
    let new = "
metadata: {name: shop, namespace: team-a, generation: 1}
spec: {baseURL: https://shop.example/api, database: {managed: {}}, suspend: true}
";
    insta::assert_snapshot!(text(new, "[]", "[]", false));
}

#[test]
fn machines_get_all_pods_and_events() {
    let overview = Overview::new(&parse(FAILED), &parse::<Vec<Pod>>(PODS), parse(EVENTS));
    let mut out = Vec::new();
    Screen::at(NOW, true, &mut out)
        .value(&overview, Format::Yaml)
        .unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn of_many_events_the_newest_are_kept_and_the_newest_is_last() {
    let event = |second: usize| {
        let time = format!("2026-01-01T10:00:{second:02}.000000Z");
        parse::<Event>(&format!(
            "{{metadata: {{}}, reason: R{second}, eventTime: '{time}'}}"
        ))
    };
    let lines = event_lines((0..30).rev().map(event).collect());
    let reasons: Vec<_> = lines.iter().map(|line| line.reason.as_str()).collect();
    assert_eq!(reasons.len(), super::EVENTS);
    assert_eq!((reasons[0], reasons[super::EVENTS - 1]), ("R20", "R29"));
}
