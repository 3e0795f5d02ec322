{{/* What all pods have in common. Each takes (dict "root" $ "component" "backend"). */}}

{{/* The user of a component: that of our images, or that of somebody else's. */}}
{{- define "todo.user" -}}
{{- get (dict "database" 999 "backup" 999 "postgres-exporter" 65534) .component | default 65532 -}}
{{- end }}

{{/* The pod's settings that precede its containers. Pod Security `restricted` is a default here, not an option. */}}
{{- define "todo.pod" -}}
{{- $settings := include "todo.settings" . | fromYaml -}}
{{- $user := include "todo.user" . | int -}}
{{- $security := dict "runAsNonRoot" true "runAsUser" $user "runAsGroup" $user "fsGroup" $user "fsGroupChangePolicy" "OnRootMismatch" "seccompProfile" (dict "type" "RuntimeDefault") -}}
serviceAccountName: {{ include "todo.serviceAccountName" . }}
automountServiceAccountToken: false
# Variables named after Services would meet our own.
enableServiceLinks: false
{{- with .root.Values.global.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml (mergeOverwrite $security (default dict $settings.podSecurityContext)) | nindent 2 }}
{{- with $settings.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $settings.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $settings.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Over hosts and zones where that is possible, never at the price of a pod that cannot start. */}}
{{- define "todo.spread" -}}
{{- $settings := include "todo.settings" . | fromYaml -}}
affinity:
{{- with $settings.affinity }}
  {{- toYaml . | nindent 2 }}
{{- else }}
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "todo.selectorLabels" . | nindent 14 }}
{{- end }}
topologySpreadConstraints:
{{- with $settings.topologySpreadConstraints }}
  {{- toYaml . | nindent 2 }}
{{- else }}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    # The pods of one revision are spread, whatever the old ones occupy during a rollout.
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "todo.selectorLabels" $ | nindent 8 }}
{{- end }}
{{- end }}
{{- end }}

{{/* The container's settings behind its name. */}}
{{- define "todo.container" -}}
{{- $settings := include "todo.settings" . | fromYaml -}}
{{- $security := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")) -}}
image: {{ include "todo.image" . | quote }}
imagePullPolicy: {{ include "todo.imagePullPolicy" . }}
securityContext:
  {{- toYaml (mergeOverwrite $security (default dict $settings.securityContext)) | nindent 2 }}
resources:
  {{- toYaml $settings.resources | nindent 2 }}
{{- end }}

{{- define "todo.probes" -}}
{{- $probes := (include "todo.settings" . | fromYaml).probes -}}
{{- range $kind := list "startup" "liveness" "readiness" }}
{{- with get $probes $kind }}
{{ $kind }}Probe:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{- define "todo.podAnnotations" -}}
{{- with (include "todo.settings" . | fromYaml).podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "todo.serviceAccount" -}}
{{- $account := (include "todo.settings" . | fromYaml).serviceAccount -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "todo.serviceAccountName" . }}
  labels:
    {{- include "todo.labels" . | nindent 4 }}
  {{- with $account.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}
