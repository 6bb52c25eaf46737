{{- define "openclaw.labels" -}}
app.kubernetes.io/name: openclaw-dispatcher
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: Helm
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "openclaw.selector" -}}
app.kubernetes.io/name: openclaw-dispatcher
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "openclaw.agentsNamespace" -}}
{{ .Values.agents.namespace | default .Release.Namespace }}
{{- end }}

{{- /* The agents' ServiceAccount bears the release's name, so that two releases can share a namespace of agents. */ -}}
{{- define "openclaw.agentServiceAccount" -}}
{{ .Release.Name }}-agent
{{- end }}

{{- define "openclaw.standby" -}}
{{- if gt (int .Values.gateway.replicas) 1 }}true{{ end }}
{{- end }}

{{- define "openclaw.image" -}}
{{- $image := index .root.Values.images .name -}}
{{- $registry := .root.Values.images.registry -}}
{{- if and (eq .name "postgres") (not $image.useRegistry) -}}{{- $registry = "" -}}{{- end -}}
{{- $tag := $image.tag | default .root.Values.images.tag | default .root.Chart.AppVersion -}}
{{- with $registry }}{{ . | trimSuffix "/" }}/{{ end }}{{ $image.repository }}:{{ $tag }}
{{- end }}

{{- define "openclaw.embeddedPostgres" -}}
{{- if not (or .Values.database.url .Values.database.existingSecret.name) }}true{{ end }}
{{- end }}

{{- define "openclaw.apiBase" -}}
{{- if .Values.demo.enabled -}}
{{ .Values.telegram.apiBase | default (printf "http://%s-demo-telegram:8081" .Release.Name) }}
{{- else -}}
{{ .Values.telegram.apiBase }}
{{- end -}}
{{- end }}

{{- /* The demo's own model and bot step in only where no real one is named. */ -}}
{{- define "openclaw.demoModel" -}}
{{- if and .Values.demo.enabled (not .Values.llm.apiKey) (not .Values.llm.existingSecret.name) }}true{{ end }}
{{- end }}

{{- define "openclaw.provider" -}}
{{- if include "openclaw.demoModel" . }}demo{{ else }}{{ .Values.llm.provider }}{{ end }}
{{- end }}

{{- define "openclaw.model" -}}
{{- if include "openclaw.demoModel" . }}scripted{{ else }}{{ .Values.llm.model }}{{ end }}
{{- end }}

{{- define "openclaw.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "openclaw.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "openclaw.pullSecrets" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- /* Variables and mount of an extra certificate authority and of a proxy. */ -}}
{{- define "openclaw.outsideEnv" -}}
{{- if .Values.extraCaConfigMap }}
- name: EXTRA_CA_FILE
  value: /etc/openclaw/ca/ca.crt
{{- end }}
{{- with .Values.proxy.http }}
- name: HTTP_PROXY
  value: {{ . | quote }}
{{- end }}
{{- with .Values.proxy.https }}
- name: HTTPS_PROXY
  value: {{ . | quote }}
{{- end }}
{{- if or .Values.proxy.http .Values.proxy.https }}
- name: NO_PROXY
  value: {{ printf "%s,localhost,127.0.0.1,.svc,.cluster.local,kubernetes.default" .Values.proxy.noProxy | trimPrefix "," | quote }}
{{- end }}
{{- end }}

{{- define "openclaw.telegramSecret" -}}
{{ .Values.telegram.existingSecret.name | default (printf "%s-telegram" .Release.Name) }}
{{- end }}
{{- define "openclaw.llmSecret" -}}
{{ .Values.llm.existingSecret.name | default (printf "%s-llm" .Release.Name) }}
{{- end }}
{{- define "openclaw.databaseSecret" -}}
{{ .Values.database.existingSecret.name | default (printf "%s-database" .Release.Name) }}
{{- end }}

{{- /* Ids as text: large numbers of a values file are floats, and must not become 1e+09. */ -}}
{{- define "openclaw.ids" -}}
{{- $ids := list -}}
{{- range . }}{{- $ids = append $ids (. | int64 | toString) -}}{{- end -}}
{{- join "," $ids -}}
{{- end }}

{{- define "openclaw.webhookSecret" -}}
{{ .Values.telegram.webhook.existingSecret.name | default (printf "%s-webhook" .Release.Name) }}
{{- end }}
