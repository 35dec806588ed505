//! Ways in: Ingress, HTTPRoute, certificates; scrapes; network policies. Their looks are golden files.

use std::sync::Arc;

use serde_json::{Value, json};

use super::world::{World, minimal, spec_with, verdict};
use crate::optional::{OptionalApi, Served};

fn exposed() -> Value {
    spec_with(&json!({"exposure": {
        "httpRoute": {"parentRefs": [{"name": "public"}]},
        "certificate": {"issuerRef": {"name": "letsencrypt"}},
    }}))
}

#[test]
fn an_api_that_is_not_served_is_named_with_the_remedy() {
    let mut world = World::new(&exposed());
    world.observed.served = Served::new();
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("False", "MissingAPI"));
    assert_eq!(world.verdict("Stalled"), verdict("True", "MissingAPI"));
    assert_eq!(world.verdict("Available"), verdict("True", "Serving"));
    let message = world.condition("Ready").message;
    for part in [
        "exposure.httpRoute needs gateway.networking.k8s.io/v1 HTTPRoute",
        "install the Gateway API",
        "exposure.certificate needs cert-manager.io/v1 Certificate",
        "or remove the field",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn once_the_api_is_served_nobody_has_to_do_anything() {
    let mut world = World::new(&exposed());
    world.observed.served = Served::new();
    world.converge();
    world.observed.served = OptionalApi::ALL.into();
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    assert!(world.find_condition("Stalled").is_none());
    assert_eq!(world.observed.optional.len(), 2);
}

#[test]
fn an_api_that_nobody_asks_for_may_be_missing() {
    let mut world = World::new(&minimal());
    world.observed.served = Served::new();
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn what_is_not_asked_for_any_longer_goes() {
    let mut world = World::serving(&spec_with(&json!({
        "exposure": {"ingress": {}, "httpRoute": {"parentRefs": [{"name": "public"}]}},
        "networkPolicy": {},
    })));
    assert!(world.observed.ingress.is_some());
    assert!(world.observed.network_policy.is_some());
    world.edit(&json!({"exposure": null, "networkPolicy": null}));
    world.converge();
    assert!(world.observed.ingress.is_none());
    assert!(world.observed.network_policy.is_none());
    assert!(world.observed.optional.is_empty());
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn a_managed_database_is_closed_unless_policies_are_switched_off() {
    let managed = |policy: Value| {
        let mut change = json!({"database": {"managed": {}}});
        if !policy.is_null() {
            change["networkPolicy"] = policy;
        }
        World::serving(&spec_with(&change)).observed
    };
    let default = managed(Value::Null);
    assert!(default.postgres_network_policy.is_some());
    assert!(default.network_policy.is_none());
    let on = managed(json!({}));
    assert!(on.postgres_network_policy.is_some() && on.network_policy.is_some());
    let off = managed(json!({"enabled": false}));
    assert!(off.postgres_network_policy.is_none() && off.network_policy.is_none());
}

/// Ports of the egress rules without peers.
fn open_ports(world: &World) -> Vec<i64> {
    let policy = serde_json::to_value(world.observed.network_policy.as_deref()).unwrap();
    let rules = policy["spec"]["egress"].as_array().unwrap().clone();
    let open = rules.iter().filter(|rule| rule["to"].is_null());
    let mut ports: Vec<i64> = open
        .flat_map(|rule| rule["ports"].as_array().cloned().unwrap_or_default())
        .filter_map(|port| port["port"].as_i64())
        .collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

#[test]
fn a_policy_admits_the_port_of_the_database_and_of_other_services() {
    let secret = json!({"name": "google", "key": "secret"});
    let mut world = World::new(&spec_with(&json!({
        "networkPolicy": {},
        "auth": {"socialProviders": {"google": {"clientId": "x", "clientSecretRef": secret}}},
    })));
    world.put_secret("shop-db", &[("uri", "postgres://u:p@db.example:6432/shop")]);
    world.converge();
    assert_eq!(open_ports(&world), [53, 443, 6432]);
}

#[test]
fn a_policy_admits_the_database_that_still_serves() {
    let mut world = World::serving(&spec_with(&json!({"networkPolicy": {}})));
    world.edit(&json!({"database": {"connection": {
        "host": "new.example", "port": 7777, "name": "n", "user": "u",
        "passwordRef": {"name": "new-db", "key": "password"},
    }}}));
    world.put_secret("new-db", &[("password", "x")]);
    world.step();
    assert_eq!(open_ports(&world), [53, 5432, 7777]);
}

#[test]
fn a_policy_stays_while_the_database_is_not_known() {
    let mut world = World::serving(&spec_with(&json!({"networkPolicy": {}})));
    let before = world.observed.network_policy.clone();
    world.observed.secrets.remove("shop-db");
    world.step();
    assert_eq!(world.observed.network_policy, before);
    assert!(before.is_some());
}

#[test]
fn a_policy_is_made_after_the_databases_secret_has_got_another_name() {
    let mut world = World::serving(&minimal());
    let renamed = json!({"secretRef": {"name": "shop-db-v2", "key": "uri"}});
    world.edit(&json!({"database": renamed}));
    world.create_secrets();
    world.converge();
    world.observed.secrets.remove("shop-db");
    world.edit(&json!({"networkPolicy": {}}));
    world.converge();
    assert_eq!(open_ports(&world), [53, 5432]);
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn a_policy_admits_a_database_that_is_being_migrated_though_the_spec_names_another() {
    let mut world = World::serving(&spec_with(&json!({"networkPolicy": {}})));
    for (name, port) in [("second-db", 7777), ("third-db", 8888)] {
        let url = format!("postgres://u:p@db.example:{port}/shop");
        world.put_secret(name, &[("uri", &url)]);
        world.edit(&json!({"database": {"secretRef": {"name": name, "key": "uri"}}}));
        world.step();
        if port == 7777 {
            let job = world.running_job().unwrap();
            world.set_pod(&job, "Running", &json!({"running": {}}));
        }
    }
    assert_eq!(open_ports(&world), [53, 5432, 7777, 8888]);
}

#[test]
fn ready_waits_for_a_policy_that_cannot_be_made_yet() {
    let mut world = World::serving(&spec_with(&json!({"networkPolicy": {}, "replicas": 0})));
    let mut status = world.status();
    let mut previous = status.current.clone().unwrap_or_default();
    previous.database_hash = "another".to_owned();
    let unknown = json!({"secretRef": {"name": "gone", "key": "uri"}});
    previous.database = serde_json::from_value(unknown).unwrap();
    status.previous = Some(previous);
    world.write_status(&status);
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "Applying"));
    assert_eq!(
        world.condition("Ready").message,
        "the NetworkPolicy is brought up to date"
    );
}

/// What a parent says of the route, in the form of the Gateway API.
fn parent(accepted: &Value) -> Value {
    let resolved = json!({"type": "ResolvedRefs", "status": "True"});
    json!({"parents": [{"parentRef": {"name": "public"}, "conditions": [accepted, resolved]}]})
}

#[test]
fn a_route_that_nobody_has_looked_at_is_waited_for() {
    let old = json!({"type": "Accepted", "status": "True", "observedGeneration": 1});
    for status in [
        Value::Null,
        json!({"parents": []}),
        json!({"parents": [{"parentRef": {"name": "another"}, "conditions": []}]}),
        json!({"parents": [{"parentRef": {"name": "public", "namespace": "other"}, "conditions": []}]}),
        parent(&json!({"type": "Accepted", "status": "Unknown"})),
        parent(&old),
    ] {
        let mut world = World::serving(&exposed());
        let route = world.observed.optional.get_mut(&OptionalApi::HttpRoute);
        Arc::make_mut(route.unwrap()).metadata.generation = Some(2);
        world.controller_says(OptionalApi::HttpRoute, status.clone());
        world.step();
        assert_eq!(
            world.verdict("Ready"),
            verdict("False", "WaitingForGateway"),
            "{status}"
        );
        assert!(world.find_condition("Stalled").is_none());
        assert_eq!(world.verdict("Available"), verdict("True", "Serving"));
        let message = world.condition("Ready").message;
        assert!(message.contains("Gateway team-a/public"), "{message}");
    }
}

#[test]
fn a_route_that_is_refused_needs_someone_and_says_why() {
    let mut world = World::serving(&exposed());
    let refused = json!({
        "type": "Accepted", "status": "False",
        "reason": "NotAllowedByListeners", "message": "no listener admits the namespace",
    });
    world.controller_says(OptionalApi::HttpRoute, parent(&refused));
    world.controller_says(OptionalApi::Certificate, Value::Null);
    world.step();
    assert_eq!(world.verdict("Stalled"), verdict("True", "RouteRefused"));
    assert_eq!(world.verdict("Available"), verdict("True", "Serving"));
    let message = world.condition("Ready").message;
    for part in [
        "Gateway team-a/public",
        "NotAllowedByListeners: no listener admits",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn one_controller_that_takes_a_route_is_enough() {
    let mut world = World::serving(&exposed());
    let entry = |status: &str| {
        let holds = |type_: &str| json!({"type": type_, "status": status});
        json!({
            "parentRef": {"name": "public"},
            "conditions": [holds("Accepted"), holds("ResolvedRefs")],
        })
    };
    let status = json!({"parents": [entry("False"), entry("True")]});
    world.controller_says(OptionalApi::HttpRoute, status);
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn a_certificate_is_waited_for_with_what_the_last_try_said() {
    let ready = json!({"type": "Ready", "status": "False", "reason": "DoesNotExist", "message": "no Secret"});
    let failed = json!({"type": "Issuing", "status": "False", "reason": "Failed", "message": "the order is invalid"});
    for (status, cause) in [
        (Value::Null, "does it run?"),
        (json!({"conditions": [ready]}), "DoesNotExist: no Secret"),
        (
            json!({"conditions": [ready, failed]}),
            "Failed: the order is invalid",
        ),
    ] {
        let mut world = World::serving(&exposed());
        world.controller_says(OptionalApi::Certificate, status);
        world.step();
        let reason = verdict("False", "WaitingForCertificate");
        assert_eq!(world.verdict("Ready"), reason);
        assert!(world.find_condition("Stalled").is_none());
        let message = world.condition("Ready").message;
        assert!(message.contains(cause), "{message}");
    }
}

#[test]
fn an_ingress_without_an_address_is_as_good_as_one_with() {
    let world = World::serving(&spec_with(&json!({"exposure": {"ingress": {}}})));
    assert!(world.observed.ingress.as_ref().unwrap().status.is_none());
}

#[test]
fn a_certificate_for_an_address_is_refused_here_too() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"baseURL": "https://10.0.0.1/api", "exposure": {"ingress": {}}}));
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "InvalidSpec"));
    assert!(world.condition("Ready").message.contains("host name"));
}
