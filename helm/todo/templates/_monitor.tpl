{{/* How Prometheus reads a component: (dict "root" $ "component" "backend"). The bounds protect Prometheus from us. */}}
{{- define "todo.serviceMonitor" -}}
{{- $monitor := .root.Values.metrics.serviceMonitor -}}
{{- $often := eq .component "postgres-exporter" | ternary .root.Values.metrics.postgresExporter.serviceMonitor $monitor -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "todo.objectName" . }}
  labels:
    {{- include "todo.labels" . | nindent 4 }}
    {{- with $monitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "todo.selectorLabels" . | nindent 6 }}
  namespaceSelector:
    matchNames: [{{ .root.Release.Namespace }}]
  sampleLimit: 5000
  labelLimit: 20
  labelValueLengthLimit: 200
  endpoints:
    - port: http
      path: /metrics
      interval: {{ $often.interval }}
      scrapeTimeout: {{ $often.scrapeTimeout }}
      relabelings:
        # The operator's label for the port's name, which would push our route label aside.
        - action: labeldrop
          regex: endpoint
        # The same whatever the release is called, so that rules and dashboards need no values.
        - action: replace
          targetLabel: job
          replacement: todo-{{ trimSuffix "-exporter" .component }}
{{- end }}

{{/* The bases of links in rules and dashboards: (dict "root" $ "text" $text). Without values the text is the file's, byte by byte. */}}
{{- define "todo.withLinks" -}}
{{- $rule := .root.Values.metrics.prometheusRule -}}
{{- $text := .text -}}
{{- with $rule.runbookBaseUrl }}{{ $text = replace "https://todo.example.com/docs/runbooks" (trimSuffix "/" .) $text }}{{ end -}}
{{- with $rule.grafanaUrl }}{{ $text = replace "https://grafana.example.com" (trimSuffix "/" .) $text }}{{ end -}}
{{- $text -}}
{{- end }}
