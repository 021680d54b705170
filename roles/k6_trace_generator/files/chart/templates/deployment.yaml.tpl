{{- if .Values.endless }}
# An endless run: k6 is started again whenever it ends.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "generator.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.instances }}
  # Never an old generator beside a new one: the rate would be twice as high.
  strategy:
    type: Recreate
  selector:
    matchLabels:
      {{- include "generator.selector" . | nindent 6 }}
  template:
    {{- include "generator.pod" . | nindent 4 }}
{{- end }}
