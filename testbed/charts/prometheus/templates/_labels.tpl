{{- /* Labels, names and account of every object; each belongs to the server. */ -}}

{{- define "prometheus.selector" -}}
app.kubernetes.io/component: {{ .Values.server.name }}
{{ include "bed.selector" . }}
{{- end -}}

{{- define "prometheus.labels" -}}
{{ include "bed.chartLabel" . }}
{{ include "prometheus.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion }}
app.kubernetes.io/part-of: {{ include "bed.name" . }}
{{- with .Values.commonMetaLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* The server's name hangs on the release's and the chart's, unless it is overridden whole. */ -}}
{{- define "prometheus.server" -}}
{{- $base := include "bed.fullname" (dict "Values" (pick .Values "nameOverride") "Release" .Release "Chart" .Chart) -}}
{{- default (list $base .Values.server.name | join "-") .Values.server.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "prometheus.account" -}}
{{- $a := .Values.serviceAccounts.server -}}
{{- ternary (include "prometheus.server" .) "default" $a.create | coalesce $a.name -}}
{{- end -}}

{{- define "prometheus.ns" -}}
{{- default .Release.Namespace .Values.forceNamespace -}}
{{- end -}}

{{- define "prometheus.meta" -}}
name: {{ include "prometheus.server" . }}
namespace: {{ include "prometheus.ns" . }}
{{- end -}}
