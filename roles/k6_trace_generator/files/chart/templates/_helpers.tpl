{{- /* Names, labels and the pod that the Job and the Deployment share. */ -}}
{{- /* A Job's name becomes a label of its pods: 63 characters with the run id, which must be whole. */ -}}
{{- define "generator.job" -}}
{{- .Release.Name | trunc (int (sub 62 (len .Values.runId))) | trimSuffix "-" }}-{{ .Values.runId -}}
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

{{- define "generator.fromSecret" -}}
valueFrom:
  secretKeyRef:
    name: {{ .secret }}
    key: {{ .key | quote }}
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
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
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
        {{- range .Values.secretEnv }}
        - name: {{ .name }}
          {{- include "generator.fromSecret" . | nindent 10 }}
        {{- end }}
        {{- with .Values.headers }}
        - name: OTLP_HEADERS
          value: {{ toJson . | quote }}
        {{- end }}
        {{- /* The script is told which variable holds which header. */}}
        {{- $variables := dict }}
        {{- range $place, $header := .Values.secretHeaders }}
        {{- $_ := set $variables $header.name (printf "OTLP_HEADER_%d" $place) }}
        - name: OTLP_HEADER_{{ $place }}
          {{- include "generator.fromSecret" $header | nindent 10 }}
        {{- end }}
        {{- with $variables }}
        - name: OTLP_SECRET_HEADERS
          value: {{ toJson . | quote }}
        {{- end }}
        {{- with .Values.authorities }}
        {{- if .secret }}
        - name: SSL_CERT_FILE
          value: /authorities/{{ .key }}
        {{- end }}
        {{- end }}
        {{- if .Values.clientCertificate }}
        - name: OTLP_CLIENT_CERTIFICATE
          value: /client-certificate
        {{- end }}
      ports:
        - name: status
          containerPort: 6565
      # k6 listens from the moment on that its scripts are read.
      readinessProbe:
        httpGet:
          path: /v1/status
          port: status
        periodSeconds: 2
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
        {{- if .Values.authorities.secret }}
        - name: authorities
          mountPath: /authorities
          readOnly: true
        {{- end }}
        {{- if .Values.clientCertificate }}
        - name: client-certificate
          mountPath: /client-certificate
          readOnly: true
        {{- end }}
  volumes:
    - name: scripts
      configMap:
        name: {{ .Release.Name }}-{{ .Values.runId }}
    {{- with .Values.authorities }}
    {{- if .secret }}
    - name: authorities
      secret:
        secretName: {{ .secret }}
        items:
          - key: {{ .key | quote }}
            path: {{ .key | quote }}
    {{- end }}
    {{- end }}
    {{- with .Values.clientCertificate }}
    - name: client-certificate
      secret:
        secretName: {{ . }}
        items:
          - key: tls.crt
            path: tls.crt
          - key: tls.key
            path: tls.key
    {{- end }}
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
