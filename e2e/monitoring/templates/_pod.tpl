{{/* What every container and every pod of this chart has: nothing that Pod Security `restricted` would refuse. */}}
{{- define "container" -}}
imagePullPolicy: IfNotPresent
securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
{{- end }}

{{- define "pod" -}}
securityContext: {runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, seccompProfile: {type: RuntimeDefault}}
{{- end }}

{{/* A Deployment's head: (dict "name" "loki" "account" "" ). */}}
{{- define "deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .name }}, namespace: monitoring, labels: {app.kubernetes.io/name: {{ .name }}}}
spec:
  replicas: 1
  strategy: {type: Recreate}
  selector: {matchLabels: {app.kubernetes.io/name: {{ .name }}}}
  template:
    metadata: {labels: {app.kubernetes.io/name: {{ .name }}}}
    spec:
{{- end }}
