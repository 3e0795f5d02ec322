{{/* Secrets: an existing Secret, else values, else what the cluster has kept, else generated once. */}}

{{/* A secret of this release by its key: its value, what an earlier release wrote, or a new random one. */}}
{{- define "todo.keptSecret" -}}
{{- if .value -}}
{{- .value -}}
{{- else -}}
{{- $kept := lookup "v1" "Secret" .root.Release.Namespace (include "todo.secretName" .root) -}}
{{- $encoded := get (default dict (default dict $kept).data) .key -}}
{{- if $encoded }}{{ b64dec $encoded }}{{ else }}{{ randAlphaNum 48 }}{{ end -}}
{{- end -}}
{{- end }}

{{/* The data of the Secret. The database's password is drawn once for both of its places. */}}
{{- define "todo.secretData" -}}
{{- $secrets := .Values.secrets -}}
{{- $url := $secrets.databaseUrl -}}
{{- if .Values.database.enabled -}}
{{- $database := .Values.database -}}
{{- $password := include "todo.keptSecret" (dict "root" . "key" "POSTGRES_PASSWORD" "value" $secrets.databasePassword) -}}
{{- /* No TLS inside the release: asking for it would cost each new connection a round trip. */ -}}
{{- $url = printf "postgres://%s:%s@%s:5432/%s?sslmode=disable" $database.user (urlquery $password | replace "+" "%20") (include "todo.databaseHost" .) $database.name }}
POSTGRES_PASSWORD: {{ $password | quote }}
{{- end }}
DATABASE_URL: {{ $url | quote }}
JWT_SECRET: {{ include "todo.keptSecret" (dict "root" . "key" "JWT_SECRET" "value" $secrets.jwtSecret) | quote }}
{{- with $secrets.openaiApiKey }}
OPENAI_API_KEY: {{ . | quote }}
{{- end }}
{{- end }}

{{/* Rolls the pods when a secret changes. Over what the values say, or the existing Secret: a generated secret never changes,
     and a checksum over it would differ between the render that draws it and the next, which finds it. */}}
{{- define "todo.secretChecksum" -}}
{{- $database := .Values.database -}}
{{- $parts := list (omit .Values.secrets "existingSecret") -}}
{{- if .Values.secrets.existingSecret -}}
{{- $existing := lookup "v1" "Secret" .Release.Namespace .Values.secrets.existingSecret -}}
{{- $parts = list .Values.secrets.existingSecret (default dict (default dict $existing).data) -}}
{{- else if $database.enabled -}}
{{- $parts = append $parts (list $database.user $database.name (include "todo.databaseHost" .)) -}}
{{- end -}}
{{- toJson $parts | sha256sum -}}
{{- end }}
