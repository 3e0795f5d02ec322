{{/* How Prometheus reads one of our servers: (dict "root" $ "component" "backend"). The bounds protect Prometheus from us. */}}
{{- define "todo.serviceMonitor" -}}
{{- $monitor := .root.Values.metrics.serviceMonitor -}}
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
      interval: {{ $monitor.interval }}
      scrapeTimeout: {{ $monitor.scrapeTimeout }}
      relabelings:
        # The operator's label for the port's name, which would push our route label aside.
        - action: labeldrop
          regex: endpoint
{{- end }}
