{{/* Refuses what would render and then not work, each with one line that names the value. What a schema can say about one
     value alone is in values.schema.json. */}}

{{- define "todo.validate" -}}
{{- include "todo.validateDatabase" . -}}
{{- include "todo.validateScaling" . -}}
{{- include "todo.validateConnections" . -}}
{{- include "todo.validateExporter" . -}}
{{- include "todo.validateWatched" . -}}
{{- range $component := list "backend" "frontend" -}}
{{- include "todo.validateServer" (dict "root" $ "component" $component "settings" (get $.Values $component)) -}}
{{- end -}}
{{- end }}

{{/* The exporter's driver knows fewer words than the backend's; it takes a comma for the beginning of another server, and writes a
     password with a blank into its log. */}}
{{- define "todo.validateExporter" -}}
{{- $url := .Values.secrets.databaseUrl -}}
{{- if .Values.metrics.postgresExporter.enabled -}}
{{- if include "todo.sqlite" . -}}
{{- fail "metrics.postgresExporter.enabled: a SQLite file has no server to measure" -}}
{{- end -}}
{{- if and $url (not (regexMatch "[?&]sslmode=(disable|require|verify-ca|verify-full)(&|$)" $url)) -}}
{{- fail "metrics.postgresExporter.enabled: secrets.databaseUrl must say sslmode=disable, require, verify-ca or verify-full" -}}
{{- end -}}
{{- if or (regexMatch "\\s" .Values.secrets.databasePassword) (regexMatch "\\s|%20|[+]" $url) -}}
{{- fail "metrics.postgresExporter.enabled: a password with a blank would stand in the exporter's log" -}}
{{- end -}}
{{- if contains "," $url -}}
{{- fail "metrics.postgresExporter.enabled: secrets.databaseUrl must not contain a comma; write %2C" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Prometheus knows Deployments, pods and the autoscaler by their names alone. */}}
{{- define "todo.validateWatched" -}}
{{- $name := include "todo.fullname" . -}}
{{- if and (or .Values.metrics.prometheusRule.enabled .Values.metrics.dashboards.enabled) (not (contains "todo" $name)) -}}
{{- fail (printf "fullnameOverride: rules and dashboards find objects by the word todo in their names, which %s lacks" $name) -}}
{{- end -}}
{{- end }}

{{- define "todo.validateDatabase" -}}
{{- $secrets := .Values.secrets -}}
{{- $database := .Values.database -}}
{{- if and $secrets.existingSecret (or $secrets.databaseUrl $secrets.databasePassword $secrets.jwtSecret $secrets.openaiApiKey) -}}
{{- fail "secrets.existingSecret: that Secret has everything, so the other keys of `secrets` must be empty" -}}
{{- end -}}
{{- if and $secrets.jwtSecret (lt (regexFindAll "(?s)." $secrets.jwtSecret -1 | len) 32) -}}
{{- fail "secrets.jwtSecret: has fewer than 32 characters" -}}
{{- end -}}
{{- if $database.enabled -}}
{{- if $secrets.databaseUrl -}}
{{- fail "secrets.databaseUrl: is set although database.enabled is true; set database.enabled=false to use another database" -}}
{{- end -}}
{{- else -}}
{{- if and .Values.backend.enabled (not (or $secrets.databaseUrl $secrets.existingSecret)) -}}
{{- fail "secrets.databaseUrl: is empty although database.enabled is false; give a URL, or a Secret with DATABASE_URL in secrets.existingSecret" -}}
{{- end -}}
{{- if $secrets.databasePassword -}}
{{- fail "secrets.databasePassword: is for the database of this chart, and database.enabled is false" -}}
{{- end -}}
{{- if and $secrets.databaseUrl (not (regexMatch "^(sqlite|postgres|postgresql):" $secrets.databaseUrl)) -}}
{{- fail "secrets.databaseUrl: is neither a sqlite: nor a postgres: URL" -}}
{{- end -}}
{{- end -}}
{{- if include "todo.sqlite" . -}}
{{- if not (regexMatch "^sqlite:(//)?/data/[^/]" $secrets.databaseUrl) -}}
{{- fail "secrets.databaseUrl: a SQLite file must be under /data, where its claim is mounted: sqlite:/data/todo.db" -}}
{{- end -}}
{{- if .Values.backend.autoscaling.enabled -}}
{{- fail "backend.autoscaling.enabled: SQLite is a file of one pod; set it to false" -}}
{{- end -}}
{{- if gt (int .Values.backend.replicas) 1 -}}
{{- fail "backend.replicas: SQLite is a file of one pod; set it to 1" -}}
{{- end -}}
{{- if .Values.backup.enabled -}}
{{- fail "backup.enabled: dumps are made of PostgreSQL; a SQLite file is backed up with its volume" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "todo.validateScaling" -}}
{{- $scaling := .Values.backend.autoscaling -}}
{{- if and .Values.backend.enabled $scaling.enabled -}}
{{- $floor := include "todo.backendFloor" . | int -}}
{{- if gt $floor (int $scaling.maxReplicas) -}}
{{- fail (printf "backend.autoscaling.maxReplicas: is %d, below the floor of %d (backend.autoscaling.minReplicas, else backend.replicas)" (int $scaling.maxReplicas) $floor) -}}
{{- end -}}
{{- if lt $floor 1 -}}
{{- fail "backend.replicas: an HPA needs at least 1" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* How many pods more than there should be a rollout may have. */}}
{{- define "todo.backendSurge" -}}
{{- $surge := default 1 (default dict .Values.backend.updateStrategy.rollingUpdate).maxSurge -}}
{{- $most := .Values.backend.autoscaling.enabled | ternary .Values.backend.autoscaling.maxReplicas .Values.backend.replicas | int -}}
{{- if kindIs "string" $surge -}}
{{- $percent := trimSuffix "%" $surge | int -}}
{{- div (add (mul $most $percent) 99) 100 -}}
{{- else -}}
{{- int $surge -}}
{{- end -}}
{{- end }}

{{/* Every pod has its pool and one connection for its readiness check; PostgreSQL keeps three for superusers, and a backup and
     a person want one each. The exporter has two. */}}
{{- define "todo.validateConnections" -}}
{{- if and .Values.backend.enabled (not (include "todo.sqlite" .)) -}}
{{- $pool := int .Values.config.databaseMaxConnections -}}
{{- $most := .Values.backend.autoscaling.enabled | ternary .Values.backend.autoscaling.maxReplicas .Values.backend.replicas | int -}}
{{- $pods := add $most (include "todo.backendSurge" . | int) -}}
{{- $others := .Values.metrics.postgresExporter.enabled | ternary 7 5 -}}
{{- $needed := add (mul (add $pool 1) $pods) $others -}}
{{- if gt (int $needed) (int .Values.database.maxConnections) -}}
{{- fail (printf "config.databaseMaxConnections: (%d + 1) connections x %d pods (maximum and surge) + %d = %d, above database.maxConnections %d" $pool $pods $others $needed (int .Values.database.maxConnections)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "todo.validateServer" -}}
{{- $config := .root.Values.config -}}
{{- $settings := .settings -}}
{{- if $settings.enabled -}}
{{- if and $settings.pdb.enabled (regexMatch "^0+%?$" (toString $settings.pdb.maxUnavailable)) -}}
{{- fail (printf "%s.pdb.maxUnavailable: is 0, which forbids every eviction, so that no node could be drained" .component) -}}
{{- end -}}
{{- $sleep := default dict (default dict (default dict $settings.lifecycle).preStop).sleep -}}
{{- $before := int (default 0 $sleep.seconds) -}}
{{- $needed := add $before (int $config.shutdownDelaySeconds) (int $config.shutdownGraceSeconds) 5 -}}
{{- if lt (int $settings.terminationGracePeriodSeconds) (int $needed) -}}
{{- fail (printf "%s.terminationGracePeriodSeconds: is %d, but preStop %d + config.shutdownDelaySeconds %d + config.shutdownGraceSeconds %d + 5 to close and flush = %d" .component (int $settings.terminationGracePeriodSeconds) $before (int $config.shutdownDelaySeconds) (int $config.shutdownGraceSeconds) $needed) -}}
{{- end -}}
{{- end -}}
{{- end }}
