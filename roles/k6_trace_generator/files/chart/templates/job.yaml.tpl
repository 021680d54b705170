{{- if not .Values.endless }}
# A bounded run. A Job can't be changed, so each run id has a Job of its own. A run that failed is not tried again: its
# spans would be counted twice.
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "generator.job" . }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "generator.labels" . | nindent 4 }}
spec:
  backoffLimit: 0
  parallelism: {{ .Values.instances }}
  completions: {{ .Values.instances }}
  activeDeadlineSeconds: {{ .Values.deadlineSeconds }}
  template:
    {{- include "generator.pod" . | nindent 4 }}
{{- end }}
