//! What may reach the pods, and what they may reach.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
    NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{Instance, postgres, tracing};
use crate::labels::{COMPONENT, Component};
use crate::names;
use crate::reconcile::database::DatabaseIdentity;

/// Where a database is, as a policy can say it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Destination {
    /// In the pods of the managed database.
    Managed,
    /// In the pods of a Cluster of CloudNativePG, by its name.
    Cnpg(String),
    /// On a host that everyone in the cluster finds by its name or address.
    Host(DatabaseIdentity),
}

/// The policy of the managed database: its own AuthBackend's pods may connect to it, and it connects to nothing.
pub fn of_postgres(instance: &Instance) -> Option<NetworkPolicy> {
    instance.spec.database.managed.as_ref()?;
    let policy = instance.spec.network_policy.clone().unwrap_or_default();
    let rule = NetworkPolicyIngressRule {
        from: Some(vec![pods(own_pods(instance))]),
        ports: Some(vec![tcp(postgres::PORT)]),
    };
    policy.enabled().then(|| NetworkPolicy {
        metadata: instance.metadata(names::postgres(&instance.name), Component::Postgres),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(labelled(instance.selector(Component::Postgres))),
            ingress: Some(vec![rule]),
            policy_types: Some(both()),
            ..NetworkPolicySpec::default()
        }),
    })
}

/// The policy of the server and the migration, where the spec asks for one. `databases` are all that they connect to at
/// the moment, `ports` those of the other services that settings name.
pub fn of_server(
    instance: &Instance,
    databases: &[Destination],
    mut ports: BTreeSet<u16>,
) -> Option<NetworkPolicy> {
    let policy = instance.spec.network_policy.clone()?;
    let metrics = policy.metrics_from.map(|from| NetworkPolicyIngressRule {
        from: Some(from),
        ports: Some(vec![tcp(super::deployment::ADMIN_PORT.into())]),
    });
    let api = NetworkPolicyIngressRule {
        from: policy.api_from.clone(),
        ports: Some(vec![tcp(super::deployment::HTTP_PORT.into())]),
    };
    let mut egress = vec![dns()];
    egress.extend(databases.iter().map(|database| to(instance, database)));
    ports.extend(tracing::port(instance));
    egress.extend(to_services(&ports));
    egress.extend(policy.additional_egress.clone().unwrap_or_default());
    policy.enabled.unwrap_or(true).then(|| NetworkPolicy {
        metadata: instance.metadata(names::server(&instance.name), Component::Server),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(own_pods(instance)),
            ingress: Some(std::iter::once(api).chain(metrics).collect()),
            egress: Some(egress),
            policy_types: Some(both()),
        }),
    })
}

/// The pods of the server and of the migration.
fn own_pods(instance: &Instance) -> LabelSelector {
    let mut labels = instance.selector(Component::Server);
    labels.remove(COMPONENT);
    let components = [Component::Migration, Component::Server];
    LabelSelector {
        match_labels: Some(labels),
        match_expressions: Some(vec![LabelSelectorRequirement {
            key: COMPONENT.to_owned(),
            operator: "In".to_owned(),
            values: Some(components.map(|part| part.as_str().to_owned()).into()),
        }]),
    }
}

/// Names are looked up wherever the cluster's DNS is: in a namespace, or on the nodes.
fn dns() -> NetworkPolicyEgressRule {
    let port = |protocol: &str| NetworkPolicyPort {
        protocol: Some(protocol.to_owned()),
        ..tcp(53)
    };
    NetworkPolicyEgressRule {
        ports: Some(vec![port("UDP"), port("TCP")]),
        ..NetworkPolicyEgressRule::default()
    }
}

/// To a database. A policy knows addresses and labels, no names: a host that is named is everywhere, on its port.
fn to(instance: &Instance, database: &Destination) -> NetworkPolicyEgressRule {
    let (peer, port) = match database {
        Destination::Managed => {
            let labels = instance.selector(Component::Postgres);
            (Some(pods(labelled(labels))), postgres::PORT)
        }
        Destination::Cnpg(cluster) => {
            let labels = [("cnpg.io/cluster".to_owned(), cluster.clone())].into();
            (Some(pods(labelled(labels))), postgres::PORT)
        }
        Destination::Host(identity) => (address(&identity.host), identity.port.into()),
    };
    NetworkPolicyEgressRule {
        to: peer.map(|peer| vec![peer]),
        ports: Some(vec![tcp(port)]),
    }
}

/// Peer for a host that is an address.
fn address(host: &str) -> Option<NetworkPolicyPeer> {
    let address: std::net::IpAddr = host.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    Some(NetworkPolicyPeer {
        ip_block: Some(IPBlock {
            cidr: format!("{address}/{bits}"),
            ..IPBlock::default()
        }),
        ..NetworkPolicyPeer::default()
    })
}

/// To other services, wherever they are; no rule where the settings name none, since a rule without ports admits all.
fn to_services(ports: &BTreeSet<u16>) -> Option<NetworkPolicyEgressRule> {
    (!ports.is_empty()).then(|| NetworkPolicyEgressRule {
        ports: Some(ports.iter().map(|&port| tcp(port.into())).collect()),
        ..NetworkPolicyEgressRule::default()
    })
}

fn labelled(labels: BTreeMap<String, String>) -> LabelSelector {
    LabelSelector {
        match_labels: Some(labels),
        ..LabelSelector::default()
    }
}

fn pods(selector: LabelSelector) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        pod_selector: Some(selector),
        ..NetworkPolicyPeer::default()
    }
}

fn tcp(port: i32) -> NetworkPolicyPort {
    NetworkPolicyPort {
        protocol: Some("TCP".to_owned()),
        port: Some(IntOrString::Int(port)),
        ..NetworkPolicyPort::default()
    }
}

fn both() -> Vec<String> {
    vec!["Ingress".to_owned(), "Egress".to_owned()]
}
