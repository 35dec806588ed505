//! What `spec.podTemplate` may say.
//!
//! A list of what is allowed, not of what is not: a field that a later Kubernetes adds is refused until somebody thought
//! about it. Guarded is what the operator's promises rest on: which image runs, that it is probed and stopped as it
//! should be, that credentials are where it looks for them, and the restricted Pod Security Standard.

use authbackend_crds::v1alpha1::{PodTemplate, is_reserved_variable};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::{Map, Value};

use super::form;
use crate::build::deployment::CONTAINER;
use crate::build::{deployment, job};

/// Fields of the pod that may be set.
const POD: [&str; 15] = [
    "affinity",
    "containers",
    "dnsConfig",
    "dnsPolicy",
    "hostAliases",
    "initContainers",
    "nodeSelector",
    "preemptionPolicy",
    "readinessGates",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
];
/// Fields of the pod's security context that may be set: none that gives a right.
const POD_SECURITY: [&str; 3] = [
    "fsGroupChangePolicy",
    "seLinuxOptions",
    "supplementalGroups",
];
/// Fields of the server's container that may be set.
const SERVER: [&str; 3] = ["env", "name", "volumeMounts"];
/// Names of volumes that the operator makes.
const VOLUMES: [&str; 5] = ["config", "database", "secrets", "signing", "tracing"];
/// Directory of what the operator mounts.
const DIRECTORY: &str = "/etc/authbackend";
/// The only capability that the restricted Pod Security Standard lets a container add.
const CAPABILITY: &str = "NET_BIND_SERVICE";

/// What to do instead.
const REMEDIES: [(&str, &str); 8] = [
    ("activeDeadlineSeconds", "use migration.deadlineSeconds"),
    ("image", "use image or version of spec"),
    ("imagePullPolicy", "use imagePullPolicy of spec"),
    ("imagePullSecrets", "use imagePullSecrets of spec"),
    ("priorityClassName", "use priorityClassName of spec"),
    ("resources", "use resources of spec"),
    (
        "serviceAccountName",
        "annotate the ServiceAccount named after the AuthBackend, whose annotations the operator leaves alone",
    ),
    ("envFrom", "list the variables in env"),
];

/// Every field of `template` that may not be set as it is, each with its path and the remedy.
pub fn problems(template: &PodTemplate) -> Vec<String> {
    let whole = Value::Object(template.0.clone());
    let mut problems = Problems(Vec::new());
    if !problems.parse(&whole) {
        return problems.0;
    }
    problems.0 = form::problems(&whole);
    if !problems.0.is_empty() {
        return problems.0;
    }
    let fields = |value: &Value| value.as_object().cloned().unwrap_or_default();
    problems.only(&template.0, &["metadata", "spec"], "podTemplate");
    let metadata = fields(&whole["metadata"]);
    problems.only(
        &metadata,
        &["annotations", "labels"],
        "podTemplate.metadata",
    );
    problems.names(&whole["metadata"]);
    let pod = fields(&whole["spec"]);
    problems.only(&pod, &POD, "podTemplate.spec");
    let security = fields(&whole["spec"]["securityContext"]);
    problems.only(&security, &POD_SECURITY, "podTemplate.spec.securityContext");
    for container in list(&whole["spec"]["containers"]) {
        problems.container(container);
    }
    for container in list(&whole["spec"]["initContainers"]) {
        problems.sidecar(container);
    }
    for volume in list(&whole["spec"]["volumes"]) {
        problems.volume(volume);
    }
    problems.0
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, path: &str, problem: &str) {
        self.0.push(format!("{path}: {problem}"));
    }

    /// Whether it is a pod template at all. A field that is not known, such as a misspelt one, would go unnoticed.
    fn parse(&mut self, template: &Value) -> bool {
        let mut unknown = Vec::new();
        let parsed: Result<PodTemplateSpec, _> =
            serde_ignored::deserialize(template, |path| unknown.push(path.to_string()));
        if let Err(error) = parsed {
            self.add("podTemplate", &format!("is no pod template: {error}"));
        }
        for path in unknown {
            self.add(
                &format!("podTemplate.{path}"),
                "is no field of a pod template",
            );
        }
        self.0.is_empty()
    }

    fn only(&mut self, fields: &Map<String, Value>, allowed: &[&str], path: &str) {
        for field in fields
            .keys()
            .filter(|field| !allowed.contains(&field.as_str()))
        {
            let remedy = REMEDIES.iter().find(|(known, _)| known == field);
            let remedy = remedy.map_or("remove it", |(_, remedy)| remedy);
            let problem = format!("is set by the operator: {remedy}");
            self.add(&format!("{path}.{field}"), &problem);
        }
    }

    /// Labels select pods, and annotations say what they were made from.
    fn names(&mut self, metadata: &Value) {
        for part in ["labels", "annotations"] {
            let names = metadata[part].as_object().into_iter().flat_map(Map::keys);
            let ours = |name: &&String| {
                name.starts_with("app.kubernetes.io/") && part == "labels"
                    || name.starts_with("authbackend.dev/")
            };
            for name in names.filter(ours) {
                let path = format!("podTemplate.metadata.{part}[{name}]");
                self.add(&path, "is set by the operator: use another name");
            }
        }
    }

    fn container(&mut self, container: &Value) {
        let name = container["name"].as_str().unwrap_or_default();
        let path = format!("podTemplate.spec.containers[{name}]");
        if name != CONTAINER {
            let remedy = "is not the container server: write it as an entry of initContainers with restartPolicy: Always, so that the Job of a migration ends";
            return self.add(&path, remedy);
        }
        let fields = container.as_object().cloned().unwrap_or_default();
        self.only(&fields, &SERVER, &path);
        for variable in list(&container["env"]) {
            let name = variable["name"].as_str().unwrap_or_default();
            if is_reserved_variable(name) {
                let path = format!("{path}.env[{name}]");
                self.add(&path, "is set by the operator: use another name");
            }
        }
        for mount in list(&container["volumeMounts"]) {
            let target = mount["mountPath"].as_str().unwrap_or_default();
            if target.trim_end_matches('/').is_empty()
                || format!("{target}/").starts_with(&format!("{DIRECTORY}/"))
            {
                let path = format!("{path}.volumeMounts[{target}]");
                self.add(
                    &path,
                    "hides what the operator mounts: use another directory",
                );
            }
        }
    }

    fn sidecar(&mut self, container: &Value) {
        let name = container["name"].as_str().unwrap_or_default();
        let path = format!("podTemplate.spec.initContainers[{name}]");
        if [CONTAINER, job::CONTAINER].contains(&name) {
            self.add(
                &path,
                "has the name of the operator's own container: use another name",
            );
        }
        if container["image"].as_str().is_none_or(str::is_empty) {
            self.add(&format!("{path}.image"), "is missing: name an image");
        }
        for port in list(&container["ports"]) {
            let number = port["containerPort"].as_i64().unwrap_or_default();
            let ours = [deployment::HTTP_PORT, deployment::ADMIN_PORT].map(i64::from);
            if ours.contains(&number) {
                let path = format!("{path}.ports[{number}]");
                self.add(&path, "is a port of the server: use another port");
            }
            if !port["hostPort"].is_null() {
                let path = format!("{path}.ports[{number}].hostPort");
                self.add(
                    &path,
                    "is against the restricted Pod Security Standard: remove it",
                );
            }
        }
        self.security(
            &container["securityContext"],
            &format!("{path}.securityContext"),
        );
    }

    /// As the restricted Pod Security Standard has it.
    fn security(&mut self, context: &Value, path: &str) {
        let capabilities = list(&context["capabilities"]["add"]);
        let weakened = [
            ("privileged", context["privileged"] == true),
            (
                "allowPrivilegeEscalation",
                context["allowPrivilegeEscalation"] == true,
            ),
            ("runAsNonRoot", context["runAsNonRoot"] == false),
            ("runAsUser", context["runAsUser"] == 0),
            ("procMount", !context["procMount"].is_null()),
            (
                "seccompProfile",
                context["seccompProfile"]["type"] == "Unconfined",
            ),
            (
                "capabilities.add",
                capabilities.into_iter().any(|name| name != CAPABILITY),
            ),
        ];
        for (field, _) in weakened.into_iter().filter(|(_, weakened)| *weakened) {
            let path = format!("{path}.{field}");
            self.add(
                &path,
                "is against the restricted Pod Security Standard: remove it",
            );
        }
    }

    fn volume(&mut self, volume: &Value) {
        let name = volume["name"].as_str().unwrap_or_default();
        let path = format!("podTemplate.spec.volumes[{name}]");
        if VOLUMES.contains(&name) {
            self.add(
                &path,
                "has the name of a volume of the operator: use another name",
            );
        }
        if !volume["hostPath"].is_null() {
            let path = format!("{path}.hostPath");
            self.add(
                &path,
                "is against the restricted Pod Security Standard: use another kind of volume",
            );
        }
    }
}
