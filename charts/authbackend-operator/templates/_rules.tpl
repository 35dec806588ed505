{{/*
What the operator may do where it watches, each verb with its reason. Objects are written by server-side apply, which
is the verb patch, and create where the object is new. Nothing here is a wildcard, and no right is given that no
reason stands beside.
*/}}
{{- define "authbackend-operator.rules" -}}
# The resource itself: read and followed. Never written: spec belongs to its author.
- apiGroups: [authbackend.dev]
  resources: [authbackends]
  verbs: [get, list, watch]
# What the operator reports.
- apiGroups: [authbackend.dev]
  resources: [authbackends/status]
  verbs: [patch]
# Owner references that block deletion need this where OwnerReferencesPermissionEnforcement is on (OpenShift).
- apiGroups: [authbackend.dev]
  resources: [authbackends/finalizers]
  verbs: [update]
# Addresses and identities of the pods. get, list, watch: see drift. create, patch: apply. They go with their owner, which
# is the garbage collector's work.
- apiGroups: [""]
  resources: [services, serviceaccounts]
  verbs: [get, list, watch, create, patch]
# Settings of the pods. get: is the name somebody else's? list, watch: see drift. create, patch: apply. delete: settings
# that no pod runs with any longer.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch, create, patch, delete]
# get: a referenced Secret, by name. list, watch: that one changed; the operator asks for metadata only, which RBAC
# cannot express. create: generated credentials and signing secrets. patch: owner and labels of these, never their data.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, patch]
# Exit code and message of a migration's pods; what keeps a pod from starting.
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
# The servers and the managed Postgres. Never deleted by the operator.
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get, list, watch, create, patch]
# The pod templates of before, kept in ReplicaSets by the Deployments' controller: one that served is put back when the pods
# of another do not start.
- apiGroups: [apps]
  resources: [replicasets]
  verbs: [list]
# Migrations: created and never changed. get: is the name somebody else's? delete: old ones, and one that is to be tried again.
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, delete]
# Availability while nodes are drained. delete: one pod is left.
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
# spec.autoscaling. delete: it is set no longer.
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch, create, patch, delete]
# spec.exposure.ingress. delete: it is set no longer.
# spec.networkPolicy. delete: it is set no longer.
- apiGroups: [networking.k8s.io]
  resources: [ingresses, networkpolicies]
  verbs: [get, list, watch, create, patch, delete]
# Optional APIs, where the cluster serves them: spec.exposure.httpRoute …
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: [get, list, watch, create, patch, delete]
# … spec.exposure.certificate …
- apiGroups: [cert-manager.io]
  resources: [certificates]
  verbs: [get, list, watch, create, patch, delete]
# … spec.database.cnpg: is the Cluster ready? Never written …
- apiGroups: [postgresql.cnpg.io]
  resources: [clusters]
  verbs: [get, list, watch]
# … and spec.monitoring.
- apiGroups: [monitoring.coreos.com]
  resources: [podmonitors, servicemonitors]
  verbs: [get, list, watch, create, patch, delete]
# One event for each transition. patch: count a repeated one up.
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
