{{/* Names, labels and images. A helper about one component takes (dict "root" $ "component" "backend"). */}}

{{- define "todo.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* Prefix of every object's name. A StatefulSet's pods carry its name and a hash in a label of 63 characters, so that 42 are
     left here; two long names that begin alike stay apart by a hash. */}}
{{- define "todo.fullname" -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name -}}
{{- $chart := default .Chart.Name .Values.nameOverride -}}
{{- $name = contains $chart .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $chart) -}}
{{- end -}}
{{- if gt (len $name) 42 -}}
{{- $name = printf "%s-%s" (trunc 33 $name | trimSuffix "-") (sha256sum $name | trunc 8) -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{- define "todo.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "todo.version" -}}
{{- .Chart.AppVersion | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* What a selector may rely on for ever: no version, no chart. */}}
{{- define "todo.selectorLabels" -}}
app.kubernetes.io/name: {{ include "todo.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{/* Labels of an object. */}}
{{- define "todo.labels" -}}
{{ include "todo.selectorLabels" . }}
app.kubernetes.io/part-of: todo
app.kubernetes.io/version: {{ include "todo.version" .root | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ include "todo.chart" .root }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels of a pod. Not the chart's version, which would roll every pod with each chart; and not our version on the
     database and what measures it, which an upgrade of the application must leave alone. */}}
{{- define "todo.podLabels" -}}
{{ include "todo.selectorLabels" . }}
app.kubernetes.io/part-of: todo
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- if not (has .component (list "database" "postgres-exporter")) }}
app.kubernetes.io/version: {{ include "todo.version" .root | quote }}
{{- end }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- with (include "todo.settings" . | fromYaml).podLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The values of a component; the test pod's are those of its image, the load test. */}}
{{- define "todo.settings" -}}
{{- if eq .component "postgres-exporter" -}}
{{- toYaml .root.Values.metrics.postgresExporter -}}
{{- else -}}
{{- get .root.Values (eq .component "test" | ternary "loadtest" .component) | toYaml -}}
{{- end -}}
{{- end }}

{{- define "todo.objectName" -}}
{{- printf "%s-%s" (include "todo.fullname" .root) .component -}}
{{- end }}

{{- define "todo.serviceAccountName" -}}
{{- $account := (include "todo.settings" . | fromYaml).serviceAccount -}}
{{- $account.create | ternary (default (include "todo.objectName" .) $account.name) (default "default" $account.name) -}}
{{- end }}

{{/* The image of a component. What the backup's leaves empty is the database's, because the tools must be the server's own;
     but the digest of one image says nothing about another. */}}
{{- define "todo.imageSettings" -}}
{{- $image := (include "todo.settings" . | fromYaml).image -}}
{{- if eq .component "backup" -}}
{{- $own := $image -}}
{{- $image = deepCopy .root.Values.database.image -}}
{{- if or $own.repository $own.tag $own.digest }}{{ $_ := set $image "digest" "" }}{{ end -}}
{{- range $key, $value := $own -}}
{{- if $value }}{{ $_ := set $image $key $value }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toYaml $image -}}
{{- end }}

{{/* An image's name: a digest wins over a tag, an empty tag is the application's version. */}}
{{- define "todo.image" -}}
{{- $image := include "todo.imageSettings" . | fromYaml -}}
{{- $registry := default .root.Values.global.imageRegistry $image.registry -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest -}}
{{- with $image.tag }}:{{ . }}{{ end }}@{{ $image.digest -}}
{{- else -}}
:{{ default .root.Chart.AppVersion $image.tag -}}
{{- end -}}
{{- end }}

{{- define "todo.imagePullPolicy" -}}
{{- default "IfNotPresent" (include "todo.imageSettings" . | fromYaml).pullPolicy -}}
{{- end }}

{{- define "todo.configName" -}}
{{ include "todo.fullname" . }}-config
{{- end }}

{{- define "todo.secretName" -}}
{{- default (printf "%s-secrets" (include "todo.fullname" .)) .Values.secrets.existingSecret -}}
{{- end }}

{{/* Where the backend, the backup and the restore find the database of this release. */}}
{{- define "todo.databaseHost" -}}
{{- include "todo.objectName" (dict "root" . "component" "database") -}}
{{- end }}

{{/* "true" when the data is in a SQLite file, else empty. */}}
{{- define "todo.sqlite" -}}
{{- if and (not .Values.database.enabled) (hasPrefix "sqlite:" .Values.secrets.databaseUrl) -}}true{{- end -}}
{{- end }}

{{/* The least number of backend pods while nothing is wrong. */}}
{{- define "todo.backendFloor" -}}
{{- $backend := .Values.backend -}}
{{- if $backend.autoscaling.enabled -}}
{{- default $backend.replicas $backend.autoscaling.minReplicas | int -}}
{{- else -}}
{{- $backend.replicas | int -}}
{{- end -}}
{{- end }}
