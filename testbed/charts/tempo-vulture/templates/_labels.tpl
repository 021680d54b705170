{{- /* Labels and account of every object. Upstream's version label is that of the chart, whatever the image. */ -}}

{{- define "vulture.labels" -}}
{{ include "bed.chartLabel" . }}
{{ include "bed.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.global.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "vulture.account" -}}
{{- ternary (include "bed.fullname" .) "default" .Values.serviceAccount.create | coalesce .Values.serviceAccount.name -}}
{{- end -}}
