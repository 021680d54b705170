{{- /* The data of the ConfigMap: Grafana's settings and the files that provision it. */ -}}
{{- define "grafana.data" -}}
{{- with .Values.plugins }}
plugins: {{ join "," . }}
{{- end }}
grafana.ini: | {{- include "grafana.ini" . | nindent 2 }}
{{- range $file, $content := merge (dict) .Values.datasources .Values.alerting }}
{{ $file }}: | {{- tpl (toYaml $content) $ | nindent 2 }}
{{- end }}
{{- range $file, $content := merge (dict) .Values.dashboardProviders .Values.notifiers }}
{{ $file }}: | {{- toYaml $content | nindent 2 }}
{{- end }}
{{- end -}}
