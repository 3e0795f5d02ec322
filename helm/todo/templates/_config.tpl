{{/* The data of the ConfigMap: every variable of the two servers that is no secret, under its real name. Empty ones are left
     out, which is what the servers take an empty value for, and so are those that null has removed. */}}
{{- define "todo.configData" -}}
{{- $config := .Values.config -}}
{{- $backend := printf "http://%s:%d" (include "todo.objectName" (dict "root" . "component" "backend")) (int .Values.backend.service.port) -}}
{{- $variables := dict
  "LOG_LEVEL" $config.logLevel
  "ENVIRONMENT" $config.environment
  "API_VERSION" $config.apiVersion
  "CLUSTER_NAME" $config.clusterName
  "CORS_ORIGINS" $config.corsOrigins
  "BACKEND_URL" (default $backend $config.backendUrl)
  "TRUSTED_PROXIES" $config.trustedProxies
  "COOKIE_SECURE" $config.cookieSecure
  "LOKI_URL" $config.lokiUrl
  "OTEL_EXPORTER_OTLP_ENDPOINT" $config.otlpEndpoint
  "OTEL_TRACES_SAMPLER_ARG" $config.otelTracesSamplerArg
  "OPENAI_MODEL" $config.openaiModel
  "OPENAI_BASE_URL" $config.openaiBaseUrl
  "AGENT_TEMPERATURE" $config.agentTemperature
  "AGENT_MAX_TOKENS" $config.agentMaxTokens
  "AGENT_MAX_HISTORY" $config.agentMaxHistory
  "MCP_ALLOWED_HOSTS" $config.mcpAllowedHosts
  "DATABASE_MAX_CONNECTIONS" $config.databaseMaxConnections
  "MAX_CONCURRENT_REQUESTS" $config.maxConcurrentRequests
  "REQUESTS_PER_MINUTE" $config.requestsPerMinute
  "LOGINS_PER_MINUTE" $config.loginsPerMinute
  "REQUEST_TIMEOUT_SECONDS" $config.requestTimeoutSeconds
  "BACKEND_TIMEOUT_SECONDS" $config.backendTimeoutSeconds
  "SHUTDOWN_DELAY_SECONDS" $config.shutdownDelaySeconds
  "SHUTDOWN_GRACE_SECONDS" $config.shutdownGraceSeconds
-}}
{{- range $name, $value := $variables }}
{{- /* YAML's numbers arrive as floating point, and a million would be printed as 1e+06. */ -}}
{{- $text := kindIs "float64" $value | ternary (int64 $value) $value | toString -}}
{{- if not (or (kindIs "invalid" $value) (eq $text "")) }}
{{ $name }}: {{ $text | quote }}
{{- end }}
{{- end }}
{{- end }}
