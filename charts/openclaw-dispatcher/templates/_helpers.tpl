{{- /* What the names of all that the chart makes begin with. */ -}}
{{- define "openclaw.fullname" -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name }}{{ $name = .Release.Name }}{{ with .Values.nameOverride }}{{ $name = printf "%s-%s" $name . }}{{ end }}{{ end -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name) -}}
{{- fail (printf "%s cannot begin names of Services, which have a letter first and then letters, digits and dashes: set fullnameOverride, or choose another name of the release." $name) -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{- /* The name of a part. Services may have 63 characters, a StatefulSet 52: its pods bear its name with a hash as a label. */ -}}
{{- define "openclaw.name" -}}
{{- $base := include "openclaw.fullname" .root -}}
{{- $most := ternary 52 63 (eq .part "postgres") -}}
{{- $name := printf "%s-%s" $base .part -}}
{{- if gt (len $name) $most -}}
{{- $room := int (sub $most (add (len .part) 10)) -}}
{{- $name = printf "%s-%s-%s" ($base | trunc $room | trimSuffix "-") (sha256sum $base | trunc 8) .part -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{- define "openclaw.selector" -}}
app.kubernetes.io/name: {{ .root.Values.nameOverride | default .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- /* Labels of what is no pod: those above, the chart's version, and commonLabels where these say something else. */ -}}
{{- define "openclaw.labels" -}}
{{- $ours := include "openclaw.selector" . | fromYaml -}}
{{- $_ := set $ours "app.kubernetes.io/version" .root.Chart.AppVersion -}}
{{- $_ := set $ours "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $_ := set $ours "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- merge $ours (.root.Values.commonLabels | default dict) | toYaml -}}
{{- end }}

{{- /* Metadata of a part's pods: root, component, of (the part's values), annotations (of ours). No version stands there: it
would restart the part with each version of the chart. */ -}}
{{- define "openclaw.podMetadata" -}}
{{- $of := .of | default dict -}}
{{- $labels := merge (include (.versioned | default false | ternary "openclaw.labels" "openclaw.selector") . | fromYaml) ($of.podLabels | default dict) (.root.Values.podLabels | default dict) (.root.Values.commonLabels | default dict) -}}
labels: {{- $labels | toYaml | nindent 2 }}
{{- with merge (.annotations | default dict) ($of.podAnnotations | default dict) (.root.Values.podAnnotations | default dict) }}
annotations: {{- . | toYaml | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Annotations of a part's Deployment or StatefulSet: root, of. */ -}}
{{- define "openclaw.annotations" -}}
{{- with merge (dict) ((.of | default dict).annotations | default dict) (.root.Values.commonAnnotations | default dict) }}
annotations: {{- . | toYaml | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Where a part's pods may run: root, component, of (the part's values, which go before those of every part), affinity (of ours,
where neither says one). */ -}}
{{- define "openclaw.scheduling" -}}
{{- $root := .root -}}
{{- $component := .component -}}
{{- $of := .of | default dict -}}
{{- with $of.priorityClassName | default (.unranked | default false | ternary "" (include "openclaw.partsPriority" $root)) }}
priorityClassName: {{ . }}
{{- end }}
{{- with $of.nodeSelector | default $root.Values.nodeSelector }}
nodeSelector: {{- . | toYaml | nindent 2 }}
{{- end }}
{{- $tolerations := $of.tolerations | default $root.Values.tolerations }}
{{- if .leaves }}
{{- $named := list }}{{ range $tolerations }}{{ $named = append $named (.key | default "") }}{{ end }}
{{- range $key := list "node.kubernetes.io/not-ready" "node.kubernetes.io/unreachable" }}
{{- if not (or (has $key $named) (has "" $named)) }}
{{- $tolerations = append $tolerations (dict "key" $key "operator" "Exists" "effect" "NoExecute" "tolerationSeconds" (int $root.Values.nodeAwaySeconds)) }}
{{- end }}
{{- end }}
{{- end }}
{{- with $tolerations }}
tolerations: {{- . | toYaml | nindent 2 }}
{{- end }}
{{- if .leaves }}
{{- /* A name server on a node that is away answers nothing: the question is put again after two seconds, not after ten. */}}
dnsConfig:
  options:
    - {name: timeout, value: "1"}
    - {name: attempts, value: "2"}
{{- end }}
{{- with $of.affinity | default $root.Values.affinity | default .affinity }}
affinity: {{- . | toYaml | nindent 2 }}
{{- end }}
{{- with $of.topologySpreadConstraints | default $root.Values.topologySpreadConstraints }}
topologySpreadConstraints:
{{- range . }}
{{- $constraint := deepCopy . }}
{{- if not .labelSelector }}
{{- $_ := set $constraint "labelSelector" (dict "matchLabels" (include "openclaw.selector" (dict "root" $root "component" $component) | fromYaml)) }}
{{- end }}
  - {{- $constraint | toYaml | nindent 4 }}
{{- end }}
{{- end }}
{{- end }}

{{- /* An affinity that keeps a part's pods on different nodes where it can: root, component. */ -}}
{{- define "openclaw.apart" -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels: {{- include "openclaw.selector" . | nindent 12 }}
{{- end }}

{{- define "openclaw.agentsNamespace" -}}
{{ .Values.agents.namespace | default (printf "%s-agents" .Release.Namespace) }}
{{- end }}

{{- /* Whether agents have a namespace apart from the one that holds the release's Secrets. */ -}}
{{- define "openclaw.agentsApart" -}}
{{- if ne (include "openclaw.agentsNamespace" .) .Release.Namespace }}true{{ end }}
{{- end }}

{{- /* What no namespace holds bears the release's names. */ -}}
{{- define "openclaw.clusterName" -}}
{{ .Release.Namespace }}-{{ include "openclaw.fullname" . }}
{{- end }}

{{- define "openclaw.partsPriority" -}}
{{- if .Values.priorityClasses.parts }}{{ .Values.priorityClasses.parts }}{{ else if .Values.priorityClasses.create }}{{ include "openclaw.clusterName" . }}-parts{{ end }}
{{- end }}

{{- define "openclaw.agentsPriority" -}}
{{- if .Values.priorityClasses.agents }}{{ .Values.priorityClasses.agents }}{{ else if .Values.priorityClasses.create }}{{ include "openclaw.clusterName" . }}-agents{{ end }}
{{- end }}

{{- /* Labels that choose agents' pods. */ -}}
{{- define "openclaw.agentLabels" -}}
app.kubernetes.io/component: agent
app.kubernetes.io/managed-by: openclaw-operator
{{- end }}

{{- /* The TCP ports of an address, as in https://host or postgresql://user:password@one:5432,two:5432/name, with commas between. */ -}}
{{- define "openclaw.ports" -}}
{{- $url := . -}}
{{- $ports := list -}}
{{- range splitList "," (regexReplaceAll "^.*@" (regexFind "^[^/?#]*" (regexReplaceAll "^[a-z0-9+]+://" . "")) "") -}}
{{- $port := trimPrefix ":" (regexFind ":[0-9]+$" .) -}}
{{- if not $port }}{{ $port = ternary "80" (ternary "5432" "443" (hasPrefix "postgres" $url)) (hasPrefix "http://" $url) }}{{ end -}}
{{- $ports = append $ports $port -}}
{{- end -}}
{{- join "," ($ports | uniq) -}}
{{- end }}

{{- define "openclaw.dnsPorts" -}}
{{- $ports := list -}}
{{- range .Values.networkPolicy.dnsPorts }}{{ $ports = append (append $ports (dict "protocol" "UDP" "port" (int .))) (dict "protocol" "TCP" "port" (int .)) }}{{ end -}}
{{- toJson $ports -}}
{{- end }}

{{- /* Addresses of the API server, as /32 and /128: of a cluster that is asked, and by the values. */ -}}
{{- define "openclaw.apiServerCidrs" -}}
{{- $found := .Values.networkPolicy.apiServerCidrs -}}
{{- with lookup "discovery.k8s.io/v1" "EndpointSlice" "default" "kubernetes" -}}
{{- range .endpoints }}{{ range .addresses }}{{ $found = append $found (printf "%s/%s" . (ternary "128" "32" (contains ":" .))) }}{{ end }}{{ end -}}
{{- end -}}
{{- toJson ($found | uniq) -}}
{{- end }}

{{- /* IPv4 blocks as NAT64 shows them (RFC 6052) within 64:ff9b::/96. */ -}}
{{- define "openclaw.nat64" -}}
{{- $blocks := list -}}
{{- range . -}}
{{- $parts := splitList "/" . -}}
{{- $b := splitList "." (first $parts) -}}
{{- $blocks = append $blocks (printf "64:ff9b::%02x%02x:%02x%02x/%d" (index $b 0 | int) (index $b 1 | int) (index $b 2 | int) (index $b 3 | int) (add 96 (last $parts | int))) -}}
{{- end -}}
{{- toJson $blocks -}}
{{- end }}

{{- /* The agents' ServiceAccount bears the release's name, so that two releases can share a namespace of agents. */ -}}
{{- define "openclaw.agentServiceAccount" -}}
{{ include "openclaw.name" (dict "root" . "part" "agent") }}
{{- end }}

{{- define "openclaw.standby" -}}
{{- if gt (int .Values.gateway.replicas) 1 }}true{{ end }}
{{- end }}

{{- define "openclaw.image" -}}
{{- $image := index .root.Values.images .name -}}
{{- $registry := .root.Values.images.registry -}}
{{- if and (eq .name "postgres") (not $image.useRegistry) -}}{{- $registry = "" -}}{{- end -}}
{{- $tag := $image.tag | default .root.Values.images.tag | default .root.Chart.AppVersion -}}
{{- with $registry }}{{ . | trimSuffix "/" }}/{{ end }}{{ $image.repository }}{{ if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $tag }}{{ end }}
{{- end }}

{{- define "openclaw.embeddedPostgres" -}}
{{- if not (or .Values.database.url .Values.database.existingSecret.name) }}true{{ end }}
{{- end }}

{{- define "openclaw.databaseQuota" -}}
{{- if .Values.database.quota }}
{{- .Values.database.quota }}
{{- else if include "openclaw.embeddedPostgres" . }}
{{- .Values.database.embedded.quota }}
{{- end }}
{{- end }}

{{- define "openclaw.apiBase" -}}
{{- if .Values.demo.enabled -}}
{{ .Values.telegram.apiBase | default (printf "http://%s:8081" (include "openclaw.name" (dict "root" . "part" "demo-telegram"))) }}
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

{{- /* What the first provider speaks: what has an address of its own is some compatible API. */ -}}
{{- define "openclaw.api" -}}
{{- if or (include "openclaw.demoModel" .) (and .Values.llm.baseUrl (not .Values.llm.api)) }}openai-completions{{ else }}{{ .Values.llm.api }}{{ end }}
{{- end }}

{{- /* Further providers as JSON: what is no secret, for the operator; with the files of their keys, for the gateway. */ -}}
{{- define "openclaw.providerCards" -}}
{{- $cards := list }}
{{- range .Values.llm.providers }}
{{- $card := pick . "name" "baseUrl" "models" }}
{{- if .api }}{{ $_ := set $card "api" .api }}{{ end }}
{{- $cards = append $cards $card }}
{{- end }}
{{- toJson $cards }}
{{- end }}
{{- define "openclaw.providerSettings" -}}
{{- $cards := list }}
{{- range .Values.llm.providers }}
{{- $card := pick . "name" "baseUrl" "models" "callsAtOnce" }}
{{- if .api }}{{ $_ := set $card "api" .api }}{{ end }}
{{- $_ := set $card "apiKeyFile" (printf "/etc/openclaw/providers/%s/key" .name) }}
{{- $cards = append $cards $card }}
{{- end }}
{{- toJson $cards }}
{{- end }}

{{- /* Of a pod and of a container, as the values say: what is null there is left to the platform. Numbers are written whole. */ -}}
{{- define "openclaw.podSecurity" -}}
{{- include "openclaw.wholeIds" .Values.podSecurityContext -}}
{{- end }}

{{- /* Of an agent's pod, as the operator makes it. */ -}}
{{- define "openclaw.agentSecurity" -}}
{{- $context := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- if eq .Values.agents.ids "Fixed" }}{{ $context = merge $context (dict "runAsUser" 10001 "runAsGroup" 10001 "fsGroup" 10001) }}{{ end -}}
{{- include "openclaw.wholeIds" $context -}}
{{- end }}

{{- define "openclaw.containerSecurity" -}}
{{- include "openclaw.wholeIds" .Values.securityContext -}}
{{- end }}

{{- define "openclaw.wholeIds" -}}
{{- $context := dict -}}
{{- range $key, $value := . }}
{{- if kindIs "invalid" $value }}
{{- else if has $key (list "runAsUser" "runAsGroup" "fsGroup") }}{{ $_ := set $context $key (int64 $value) }}
{{- else }}{{ $_ := set $context $key $value }}
{{- end }}
{{- end }}
{{- toYaml $context -}}
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
  value: {{ include "openclaw.noProxy" .Values.proxy.noProxy | quote }}
{{- end }}
{{- end }}

{{- /* Of gateway and operator: where traces go. Empty where nowhere. */ -}}
{{- define "openclaw.tracingEnv" -}}
{{- if .Values.tracing.endpoint }}
- name: TRACING_ENDPOINT
  value: {{ .Values.tracing.endpoint | quote }}
- name: TRACING_RATIO
  value: {{ .Values.tracing.ratio | quote }}
- name: TRACING_INSTANCE
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
{{- if .Values.tracing.existingSecret.name }}
- name: TRACING_HEADERS_FILE
  value: /etc/openclaw/tracing/headers
{{- end }}
{{- end }}
{{- end }}
{{- define "openclaw.tracingMount" -}}
{{- if and .Values.tracing.endpoint .Values.tracing.existingSecret.name }}
- {name: tracing, mountPath: /etc/openclaw/tracing, readOnly: true}
{{- end }}
{{- end }}
{{- define "openclaw.tracingVolume" -}}
{{- if and .Values.tracing.endpoint .Values.tracing.existingSecret.name }}
- name: tracing
  secret:
    secretName: {{ .Values.tracing.existingSecret.name }}
    items: [{key: {{ .Values.tracing.existingSecret.key }}, path: headers}]
{{- end }}
{{- end }}

{{- /* What is reached without a proxy: what is within the cluster, and what a value names. */ -}}
{{- define "openclaw.noProxy" -}}
{{- printf "%s,localhost,127.0.0.1,::1,.svc,.cluster.local,kubernetes.default" . | trimPrefix "," -}}
{{- end }}

{{- define "openclaw.telegramSecret" -}}
{{ .Values.telegram.existingSecret.name | default (include "openclaw.name" (dict "root" . "part" "telegram")) }}
{{- end }}
{{- define "openclaw.llmSecret" -}}
{{ .Values.llm.existingSecret.name | default (include "openclaw.name" (dict "root" . "part" "llm")) }}
{{- end }}
{{- define "openclaw.speechSecret" -}}
{{- if .Values.speech.existingSecret.name }}{{ .Values.speech.existingSecret.name }}{{ else if .Values.speech.apiKey }}{{ include "openclaw.name" (dict "root" . "part" "speech") }}{{ end }}
{{- end }}
{{- /* Where the keys are that seal tokens of linked accounts; empty where no connection lets people link any. */ -}}
{{- define "openclaw.accountsSecret" -}}
{{- $linkable := false -}}
{{- range .Values.connections }}{{ if .clientId }}{{ $linkable = true }}{{ end }}{{ end -}}
{{- if $linkable }}{{ .Values.accounts.existingSecret.name | default (include "openclaw.name" (dict "root" . "part" "accounts")) }}{{ end }}
{{- end }}
{{- define "openclaw.databaseSecret" -}}
{{ .Values.database.existingSecret.name | default (include "openclaw.name" (dict "root" . "part" "database")) }}
{{- end }}

{{- /* Ids as text: large numbers of a values file are floats, and must not become 1e+09. */ -}}
{{- define "openclaw.ids" -}}
{{- $ids := list -}}
{{- range . }}{{- $ids = append $ids (. | int64 | toString) -}}{{- end -}}
{{- join "," $ids -}}
{{- end }}

{{- define "openclaw.webhookSecret" -}}
{{ .Values.telegram.webhook.existingSecret.name | default (include "openclaw.name" (dict "root" . "part" "webhook")) }}
{{- end }}
