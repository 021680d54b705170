{{- /* Names, labels and the default content of tempo.yaml. */ -}}

{{- define "tempo.labels" -}}
{{ include "bed.chartLabel" . }}
{{ include "bed.selector" . }}
app.kubernetes.io/version: {{ default .Chart.AppVersion (.Values.tempo.tag | splitList "@" | first) | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with merge (dict) .Values.extraLabels .Values.global.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "tempo.account" -}}
{{- ternary (include "bed.fullname" .) "default" .Values.serviceAccount.create | coalesce .Values.serviceAccount.name -}}
{{- end -}}

{{- /* The value `config` includes this; a user's own `config` replaces it. What is written out here takes any key. */ -}}
{{- define "tempo.config" -}}
{{- $t := .Values.tempo -}}
{{- $config := dict
  "stream_over_http_enabled" $t.streamOverHttpEnabled
  "memberlist" (dict "cluster_label" (list .Release.Name .Release.Namespace | join "."))
  "multitenancy_enabled" $t.multitenancyEnabled
  "usage_report" (dict "reporting_enabled" $t.reportingEnabled)
  "compactor" (dict "compaction" (dict "block_retention" $t.retention))
  "distributor" (dict "receivers" $t.receivers)
  "ingester" $t.ingester
  "server" (toYaml $t.server | fromYaml)
  "storage" (toYaml $t.storage | fromYaml)
  "querier" $t.querier
  "query_frontend" $t.queryFrontend
  "overrides" (toYaml $t.overrides | fromYaml)
-}}
{{- if $t.metricsGenerator.enabled }}{{ $_ := set $config "metrics_generator" (include "tempo.generator" $t.metricsGenerator | fromYaml) }}{{ end -}}
{{- toYaml $config -}}
{{- end -}}

{{- /* The full remote_write list wins over the plain URL. */ -}}
{{- define "tempo.generator" -}}
{{- $g := . -}}
{{- $writes := default (list (dict "url" $g.remoteWriteUrl)) $g.storage.remote_write -}}
{{- include "bed.present" (dict
  "processor" $g.processor
  "registry" $g.registry
  "storage" (dict "path" $g.storage.path "remote_write" $writes)
  "traces_storage" (dict "path" $g.traces_storage.path)) -}}
{{- end -}}
