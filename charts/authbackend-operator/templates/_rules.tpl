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
# Settings, addresses and identities of the pods. get, list, watch: see drift. create, patch: apply.
# delete: what the spec asks for no longer.
- apiGroups: [""]
  resources: [configmaps, services, serviceaccounts]
  verbs: [get, list, watch, create, patch, delete]
# get: the referenced keys, by name. list, watch: that they changed, as metadata only (RBAC cannot say so, the
# operator asks for no more). create: generated credentials and signing secrets. patch: their owner, never their data,
# when an AuthBackend goes and deletionPolicy says what stays.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, patch]
# The end of a migration: exit code and message of its pods; what keeps a pod from starting. Never written.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
# The last lines of a failed migration, for the status.
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
# The servers and the managed Postgres.
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get, list, watch, create, patch, delete]
# Migrations. delete: old ones, and one that is asked to be tried again.
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, patch, delete]
# Availability while nodes are drained.
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
# spec.autoscaling.
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch, create, patch, delete]
# One event for each transition. patch: count a repeated one up.
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
