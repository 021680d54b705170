# The scripts that k6 runs, and the topology and the load that they read.
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-{{ .Values.runId }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "generator.labels" . | nindent 4 }}
data:
  {{- range $file, $content := .Values.scripts }}
  {{ $file }}: {{ $content | toJson }}
  {{- end }}
