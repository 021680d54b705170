{{- /* Labels, account and namespace of every object. */ -}}

{{- define "grafana.labels" -}}
{{ include "bed.chartLabel" . }}
{{ include "bed.selector" . }}
app.kubernetes.io/version: {{ default .Chart.AppVersion (.Values.image.tag | splitList "@" | first) | trunc 63 | quote }}
{{- with .Values.extraLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "grafana.account" -}}
{{- ternary (include "bed.fullname" .) "default" .Values.serviceAccount.create | coalesce .Values.serviceAccount.name -}}
{{- end -}}

{{- define "grafana.ns" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "grafana.meta" -}}
name: {{ include "bed.fullname" . }}
namespace: {{ include "grafana.ns" . }}
labels: {{- include "grafana.labels" . | nindent 2 }}
{{- end -}}
