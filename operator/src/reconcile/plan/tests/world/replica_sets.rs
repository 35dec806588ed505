//! The part of a Deployment's controller that keeps templates.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, ReplicaSetSpec};
use kube::{Resource as _, ResourceExt as _};

use super::World;

impl World {
    /// One ReplicaSet for each template, with the annotations of the Deployment.
    pub(super) fn keep_template(&mut self, deployment: &Deployment) {
        let spec = deployment.spec.as_ref().unwrap();
        let sets = &mut self.observed.replica_sets;
        let revision = (sets.len() + 1).to_string();
        let is_same = |set: &Arc<ReplicaSet>| {
            set.spec.as_ref().unwrap().template.as_ref() == Some(&spec.template)
        };
        sets.retain(|set| !is_same(set));
        let mut set = ReplicaSet {
            spec: Some(ReplicaSetSpec {
                template: Some(spec.template.clone()),
                ..ReplicaSetSpec::default()
            }),
            ..ReplicaSet::default()
        };
        set.metadata.owner_references = deployment
            .controller_owner_ref(&())
            .map(|owner| vec![owner]);
        set.metadata.annotations = deployment.metadata.annotations.clone();
        set.annotations_mut()
            .insert("deployment.kubernetes.io/revision".to_owned(), revision);
        sets.push(Arc::new(set));
    }
}
