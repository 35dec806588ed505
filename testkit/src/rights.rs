//! Gives the operator in a namespace the rights that the chart gives it, so that a missing one fails a test.

use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};

/// The rules where the operator watches: YAML between the lines of a named template.
const RULES: &str = include_str!("../../charts/authbackend-operator/templates/_rules.tpl");

/// Grants the chart's rules in `namespace`, and those of the leader lease.
pub async fn grant(client: &Client, namespace: &str) {
    let (_, rest) = RULES
        .split_once("rules\" -}}\n")
        .expect("the template is defined");
    let (rules, _) = rest.split_once("{{- end }}").expect("the template ends");
    let mut rules: Vec<PolicyRule> =
        serde_saphyr::from_str(rules).expect("the template holds rules");
    rules.push(lease(&["create"], None));
    rules.push(lease(&["get", "update"], Some("authbackend-operator")));
    let metadata = ObjectMeta {
        name: Some("operator".to_owned()),
        ..ObjectMeta::default()
    };
    let role = Role {
        metadata: metadata.clone(),
        rules: Some(rules),
    };
    let binding = RoleBinding {
        metadata,
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "Role".to_owned(),
            name: "operator".to_owned(),
        },
        subjects: Some(vec![Subject {
            kind: "User".to_owned(),
            name: "operator".to_owned(),
            ..Subject::default()
        }]),
    };
    let params = PostParams::default();
    let roles: Api<Role> = Api::namespaced(client.clone(), namespace);
    roles.create(&params, &role).await.unwrap();
    let bindings: Api<RoleBinding> = Api::namespaced(client.clone(), namespace);
    bindings.create(&params, &binding).await.unwrap();
}

fn lease(verbs: &[&str], name: Option<&str>) -> PolicyRule {
    PolicyRule {
        api_groups: Some(vec!["coordination.k8s.io".to_owned()]),
        resources: Some(vec!["leases".to_owned()]),
        resource_names: name.map(|name| vec![name.to_owned()]),
        verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
        ..PolicyRule::default()
    }
}
