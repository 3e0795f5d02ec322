{{/* Pieces of the NetworkPolicies. docs/network.md has the table that they add up to. */}}

{{/* Peers inside the release: (dict "root" $ "components" (list "frontend")). */}}
{{- define "todo.peers" -}}
{{- range .components }}
- podSelector:
    matchLabels:
      {{- include "todo.selectorLabels" (dict "root" $.root "component" .) | nindent 6 }}
{{- end }}
{{- end }}

{{- define "todo.namespacePeer" -}}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ . }}
{{- end }}

{{- define "todo.ports" -}}
{{- range . }}
- protocol: TCP
  port: {{ . }}
{{- end }}
{{- end }}

{{/* The way out to something configured: (dict "root" $ "rule" $egress.loki "namespace" "monitoring" or ""). */}}
{{- define "todo.egressOutside" -}}
- ports:
    {{- include "todo.ports" .rule.ports | trim | nindent 4 }}
  {{- if .rule.to }}
  to:
    {{- toYaml .rule.to | nindent 4 }}
  {{- else if .namespace }}
  to:
    {{- include "todo.namespacePeer" .namespace | trim | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The policy of one of our servers. What differs: who else may come, and where it goes. */}}
{{- define "todo.serverPolicy" -}}
{{- $values := .root.Values -}}
{{- $policy := $values.networkPolicy -}}
{{- $isBackend := eq .component "backend" -}}
{{- $settings := include "todo.settings" . | fromYaml -}}
{{- $open := ne $settings.service.type "ClusterIP" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "todo.objectName" . }}
  labels:
    {{- include "todo.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "todo.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - ports:
        {{- include "todo.ports" (list (include "todo.containerPort" . | int)) | trim | nindent 8 }}
      {{- if $open }}
      # From anyone: what comes by a node's port comes from the node's address.
      {{- else }}
      from:
        {{- include "todo.peers" (dict "root" .root "components" ($isBackend | ternary (list "frontend" "test" "loadtest") (list "test" "loadtest"))) | trim | nindent 8 }}
        {{- if or $values.ingress.enabled $values.httpRoute.enabled }}
        {{- if $policy.ingressNamespace }}
        {{- include "todo.namespacePeer" $policy.ingressNamespace | trim | nindent 8 }}
        {{- else }}
        # Nobody said where the Ingress controller is.
        - namespaceSelector: {}
        {{- end }}
        {{- end }}
        {{- with $policy.monitoringNamespace }}
        {{- include "todo.namespacePeer" . | trim | nindent 8 }}
        {{- end }}
      {{- end }}
  egress:
    {{- include "todo.serverEgress" . | trim | default "[]" | nindent 4 }}
{{- end }}

{{/* Where one of our servers goes. */}}
{{- define "todo.serverEgress" -}}
{{- $values := .root.Values -}}
{{- $policy := $values.networkPolicy -}}
{{- $isBackend := eq .component "backend" -}}
{{- if not $isBackend }}
- ports:
    {{- include "todo.ports" (list 8000) | trim | nindent 4 }}
  to:
    {{- include "todo.peers" (dict "root" .root "components" (list "backend")) | trim | nindent 4 }}
{{- if $values.config.backendUrl }}
{{ include "todo.egressOutside" (dict "rule" $policy.egress.backend "namespace" "") | trim }}
{{- end }}
{{- else if $values.database.enabled }}
- ports:
    {{- include "todo.ports" (list 5432) | trim | nindent 4 }}
  to:
    {{- include "todo.peers" (dict "root" .root "components" (list "database")) | trim | nindent 4 }}
{{- else if not (include "todo.sqlite" .root) }}
{{ include "todo.egressOutside" (dict "rule" $policy.egress.database "namespace" "") | trim }}
{{- end }}
{{- if and $isBackend (or $values.secrets.openaiApiKey (and $values.secrets.existingSecret $values.config.openaiModel)) }}
{{ include "todo.egressOutside" (dict "rule" $policy.egress.model "namespace" "") | trim }}
{{- end }}
{{- if $values.config.lokiUrl }}
{{ include "todo.egressOutside" (dict "rule" $policy.egress.loki "namespace" $policy.monitoringNamespace) | trim }}
{{- end }}
{{- if $values.config.otlpEndpoint }}
{{ include "todo.egressOutside" (dict "rule" $policy.egress.otlp "namespace" $policy.monitoringNamespace) | trim }}
{{- end }}
{{- end }}
