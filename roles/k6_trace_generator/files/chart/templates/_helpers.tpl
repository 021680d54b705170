{{- /* Names, labels and the pod that the Job and the Deployment share. */ -}}
{{- define "generator.name" -}}
{{- .Release.Name | trunc 22 | trimSuffix "-" -}}
{{- end -}}

{{- define "generator.selector" -}}
app.kubernetes.io/name: k6-trace-generator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "generator.labels" -}}
{{ include "generator.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
tracing.run.id: {{ .Values.runId | quote }}
{{- end -}}

{{- define "generator.pod" -}}
metadata:
  labels:
    {{- include "generator.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/scripts: {{ .Values.scripts | toJson | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  restartPolicy: {{ ternary "Always" "Never" .Values.endless }}
  terminationGracePeriodSeconds: 10
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 12345
    runAsGroup: 12345
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: k6
      image: "{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      command:
        {{- toYaml .Values.command | nindent 8 }}
      # The status API on 6565 tells what a run in progress has sent so far.
      args: [run, --quiet, --no-color, --address, "0.0.0.0:6565", /scripts/main.js]
      env:
        # k6 must not look outside: no usage report, no extension fetched at run time.
        - name: K6_NO_USAGE_REPORT
          value: "true"
        - name: K6_AUTO_EXTENSION_RESOLUTION
          value: "false"
        - name: HOME
          value: /tmp
        - name: RUN_ID
          value: {{ .Values.runId | quote }}
        {{- range $name, $value := .Values.env }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
      ports:
        - name: status
          containerPort: 6565
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: scripts
          mountPath: /scripts
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: scripts
      configMap:
        name: {{ include "generator.name" . }}-{{ .Values.runId }}
    - name: tmp
      emptyDir: {}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
