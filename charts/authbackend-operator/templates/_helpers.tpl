{{/* Name of the chart, as label and in names of objects. */}}
{{- define "authbackend-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 53 | trimSuffix "-" }}
{{- end }}

{{/* Name of the objects: the release's, with the chart's unless the release is named after it. */}}
{{- define "authbackend-operator.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride }}
{{- else }}
{{- $name := include "authbackend-operator.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 53 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 53 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Name of the leader lease: each release has its own. */}}
{{- define "authbackend-operator.leaseName" -}}
{{- default (include "authbackend-operator.fullname" .) .Values.leaderElection.leaseName }}
{{- end }}

{{- define "authbackend-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "authbackend-operator.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* What never changes during the life of a release: a Deployment's selector is immutable. */}}
{{- define "authbackend-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "authbackend-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "authbackend-operator.labels" -}}
{{ include "authbackend-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: authbackend
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
Reference of an image. Called with (dict "image" … "root" $): `image` has repository, tag and digest. With
`imageRegistry`, the registry in front of the repository is replaced; a first segment is a registry when it has a dot
or a colon, or is localhost, as container runtimes read it.
*/}}
{{- define "authbackend-operator.image" -}}
{{- $repository := .image.repository }}
{{- with .root.Values.imageRegistry }}
{{- $first := first (splitList "/" $repository) }}
{{- if and (contains "/" $repository) (or (contains "." $first) (contains ":" $first) (eq $first "localhost")) }}
{{- $repository = trimPrefix (printf "%s/" $first) $repository }}
{{- end }}
{{- $repository = printf "%s/%s" . $repository }}
{{- end }}
{{- if .image.digest }}
{{- printf "%s@%s" $repository .image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (default .root.Chart.AppVersion .image.tag) }}
{{- end }}
{{- end }}
