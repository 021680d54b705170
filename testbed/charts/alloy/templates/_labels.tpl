{{- /* Labels, image and account of every object. */ -}}

{{- define "alloy.image.id" -}}
{{- $tag := print ":" (default .Chart.AppVersion .Values.image.tag) -}}
{{- $digest := print "@sha256:" (.Values.image.digest | default "" | trimPrefix "sha256:") -}}
{{- ternary $digest $tag (not (empty .Values.image.digest)) -}}
{{- end -}}

{{- /* A digest is cut to what a label may hold. */ -}}
{{- define "alloy.labels" -}}
{{ include "bed.chartLabel" . }}
{{ include "bed.selector" . }}
app.kubernetes.io/version: {{ include "alloy.image.id" . | trimPrefix "@sha256" | trimPrefix ":" | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: alloy
{{- end -}}

{{- define "alloy.account" -}}
{{- ternary (include "bed.fullname" .) "default" .Values.serviceAccount.create | coalesce .Values.serviceAccount.name -}}
{{- end -}}

{{- define "alloy.ns" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "alloy.config.name" -}}
{{- default (include "bed.fullname" .) .Values.alloy.configMap.name -}}
{{- end -}}

{{- define "alloy.config.key" -}}
{{- default "config.alloy" .Values.alloy.configMap.key -}}
{{- end -}}
