{{/* The Job that a dump or a restore is: (dict "root" $ "component" "backup" "script" "backup.sh"). */}}
{{- define "todo.backupJob" -}}
{{- $backup := .root.Values.backup -}}
{{- $database := .root.Values.database -}}
{{- $claim := default (include "todo.objectName" .) $backup.persistence.existingClaim -}}
metadata:
  labels:
    {{- include "todo.labels" . | nindent 4 }}
spec:
  # Once: what failed is looked at, and the next dump has its own time.
  backoffLimit: 0
  activeDeadlineSeconds: {{ $backup.activeDeadlineSeconds }}
  template:
    metadata:
      labels:
        {{- include "todo.podLabels" . | nindent 8 }}
      {{- with include "todo.podAnnotations" . | trim }}
      annotations:
        {{- . | nindent 8 }}
      {{- end }}
    spec:
      restartPolicy: Never
      {{- include "todo.pod" . | nindent 6 }}
      {{- with $backup.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ trimSuffix ".sh" .script }}
          {{- include "todo.container" . | nindent 10 }}
          command: [/bin/sh, /scripts/{{ .script }}]
          {{- with $backup.extraEnvFrom }}
          envFrom:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          env:
            {{- if $database.enabled }}
            - name: PGHOST
              value: {{ include "todo.databaseHost" .root }}
            - name: PGUSER
              value: {{ $database.user | quote }}
            - name: PGDATABASE
              value: {{ $database.name | quote }}
            - name: PGPASSWORD
              valueFrom:
                secretKeyRef:
                  name: {{ include "todo.secretName" .root }}
                  key: POSTGRES_PASSWORD
            {{- else }}
            - name: DATABASE_URL
              valueFrom:
                secretKeyRef:
                  name: {{ include "todo.secretName" .root }}
                  key: DATABASE_URL
            {{- end }}
            - name: PGCONNECT_TIMEOUT
              value: "10"
            - name: BACKUP_FOLDER
              value: /backup
            {{- if eq .script "backup.sh" }}
            - name: BACKUP_RETENTION
              value: {{ $backup.retention | quote }}
            {{- else }}
            # Empty means the newest.
            - name: RESTORE_FILE
              value: ""
            {{- end }}
            {{- with $backup.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          volumeMounts:
            - name: scripts
              mountPath: /scripts
              readOnly: true
            - name: backup
              mountPath: /backup
            - name: tmp
              mountPath: /tmp
            {{- with $backup.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: scripts
          configMap:
            name: {{ include "todo.objectName" . }}
        - name: backup
          persistentVolumeClaim:
            claimName: {{ $claim }}
        - name: tmp
          emptyDir:
            sizeLimit: 64Mi
        {{- with $backup.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}
