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
  "MCP_ALLOWED_HOSTS" (include "todo.mcpAllowedHosts" .)
  "CHAT_MESSAGES_PER_MINUTE" $config.chatMessagesPerMinute
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

{{/* The host names by which a client of MCP may come: those of the backend's Service, of Ingress and HTTPRoute, also while these are
     off, so that switching them rolls no pods, and the values' own. null leaves the variable out, and then only programs in the pod
     itself get in. */}}
{{- define "todo.mcpAllowedHosts" -}}
{{- $own := .Values.config.mcpAllowedHosts -}}
{{- if not (kindIs "invalid" $own) -}}
{{- $service := include "todo.objectName" (dict "root" . "component" "backend") -}}
{{- $inside := printf "%s.%s" $service .Release.Namespace -}}
{{- $hosts := list $service $inside (printf "%s.svc" $inside) (printf "%s.svc.cluster.local" $inside) -}}
{{- $hosts = concat (append $hosts .Values.ingress.host) .Values.httpRoute.hostnames (splitList "," (nospace $own)) -}}
{{- /* No client comes by a name with a star, which an Ingress may have. */ -}}
{{- $named := list -}}
{{- range $hosts -}}
{{- if and . (not (contains "*" .)) -}}{{- $named = append $named . -}}{{- end -}}
{{- end -}}
{{- uniq $named | join "," -}}
{{- end -}}
{{- end }}

{{/* Which path goes to which server, in a fixed order: the API, MCP, and what tells a client of MCP how to show its token (RFC 9728). */}}
{{- define "todo.paths" -}}
{{- range $component, $paths := dict "backend" (list "/api" "/mcp" "/.well-known/oauth-protected-resource") "frontend" (list "/") }}
{{- if (get $.Values $component).enabled }}
{{- range $paths }}
- {path: {{ . }}, component: {{ $component }}}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
