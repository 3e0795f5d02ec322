{{/* Deployment, Service and PodDisruptionBudget of our two servers, which differ in ports, variables and the file of SQLite.
     Each takes (dict "root" $ "component" "backend"). */}}

{{- define "todo.containerPort" -}}
{{- eq .component "backend" | ternary 8000 3000 -}}
{{- end }}

{{- define "todo.deployment" -}}
{{- $settings := include "todo.settings" . | fromYaml -}}
{{- $values := .root.Values -}}
{{- $isBackend := eq .component "backend" -}}
{{- $sqlite := and $isBackend (eq (include "todo.sqlite" .root) "true") -}}
{{- /* Two pods never share the file; and Recreate does not go together with the limits of a rolling update. */ -}}
{{- $recreate := or $sqlite (eq $settings.updateStrategy.type "Recreate") -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "todo.objectName" . }}
  labels:
    {{- include "todo.labels" . | nindent 4 }}
spec:
  {{- if not (and $isBackend $settings.autoscaling.enabled) }}
  replicas: {{ $settings.replicas }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "todo.selectorLabels" . | nindent 6 }}
  strategy:
    {{- $recreate | ternary (dict "type" "Recreate") $settings.updateStrategy | toYaml | nindent 4 }}
  minReadySeconds: {{ $settings.minReadySeconds }}
  progressDeadlineSeconds: {{ $settings.progressDeadlineSeconds }}
  revisionHistoryLimit: {{ $settings.revisionHistoryLimit }}
  template:
    metadata:
      labels:
        {{- include "todo.podLabels" . | nindent 8 }}
      annotations:
        checksum/config: {{ include "todo.configData" .root | sha256sum }}
        {{- if $isBackend }}
        checksum/secret: {{ include "todo.secretChecksum" .root }}
        {{- end }}
        {{- with include "todo.podAnnotations" . | trim }}
        {{- . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "todo.pod" . | nindent 6 }}
      {{- include "todo.spread" . | nindent 6 }}
      terminationGracePeriodSeconds: {{ $settings.terminationGracePeriodSeconds }}
      containers:
        - name: {{ .component }}
          {{- include "todo.container" . | nindent 10 }}
          ports:
            - name: http
              containerPort: {{ include "todo.containerPort" . }}
          envFrom:
            - configMapRef:
                name: {{ include "todo.configName" .root }}
            {{- if $isBackend }}
            - secretRef:
                name: {{ include "todo.secretName" .root }}
            {{- end }}
            {{- with $settings.extraEnvFrom }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          env:
            - name: LISTEN_ADDR
              value: {{ printf "%s:%s" (default "0.0.0.0" $values.config.listenHost) (include "todo.containerPort" .) | quote }}
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
            - name: POD_NAMESPACE
              valueFrom:
                fieldRef:
                  fieldPath: metadata.namespace
            {{- with $settings.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- include "todo.probes" . | trim | nindent 10 }}
          {{- with $settings.lifecycle }}
          lifecycle:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          volumeMounts:
            - name: tmp
              mountPath: /tmp
            {{- if $sqlite }}
            - name: data
              mountPath: /data
            {{- end }}
            {{- with $settings.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir:
            sizeLimit: 64Mi
        {{- if $sqlite }}
        - name: data
          {{- if $values.database.persistence.enabled }}
          persistentVolumeClaim:
            claimName: {{ include "todo.objectName" . }}
          {{- else }}
          emptyDir: {}
          {{- end }}
        {{- end }}
        {{- with $settings.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}

{{- define "todo.service" -}}
{{- $service := (include "todo.settings" . | fromYaml).service -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "todo.objectName" . }}
  labels:
    {{- include "todo.labels" . | nindent 4 }}
  {{- with $service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $service.type }}
  {{- with $service.externalTrafficPolicy }}
  externalTrafficPolicy: {{ . }}
  {{- end }}
  sessionAffinity: {{ $service.sessionAffinity }}
  selector:
    {{- include "todo.selectorLabels" . | nindent 4 }}
  ports:
    - name: http
      port: {{ $service.port }}
      targetPort: http
      {{- if and (eq $service.type "NodePort") $service.nodePort }}
      nodePort: {{ $service.nodePort }}
      {{- end }}
{{- end }}

{{- define "todo.podDisruptionBudget" -}}
{{- $settings := include "todo.settings" . | fromYaml -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "todo.objectName" . }}
  labels:
    {{- include "todo.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ $settings.pdb.maxUnavailable }}
  # A pod that is not ready serves nobody; it must not keep a node from being drained.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "todo.selectorLabels" . | nindent 6 }}
{{- end }}
