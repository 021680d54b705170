{{- /* The one container: command line, ports, probes and mounts. */ -}}

{{- define "alloy.container" -}}
{{- $a := .Values.alloy -}}
image: {{ default .Values.image.registry .Values.global.image.registry }}/{{ .Values.image.repository }}{{ include "alloy.image.id" . }}
imagePullPolicy: {{ default .Values.image.pullPolicy .Values.global.image.pullPolicy }}
args: {{- include "alloy.args" . | nindent 2 }}
env:
  - {name: ALLOY_DEPLOY_MODE, value: helm}
  {{- range list "HOSTNAME" "K8S_NODE_NAME" }}
  - {name: {{ . }}, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
  {{- end }}
  {{- with $a.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- if $a.enableHttpServerPort }}
readinessProbe:
  httpGet: {path: /-/ready, port: {{ $a.listenPort }}, scheme: {{ $a.listenScheme }}}
  initialDelaySeconds: {{ $a.initialDelaySeconds }}
  timeoutSeconds: {{ $a.timeoutSeconds }}
{{- end }}
volumeMounts:
  - {name: config, mountPath: /etc/alloy}
  {{- range $name, $path := include "alloy.host.paths" . | fromYaml }}
  - {name: {{ $name }}, mountPath: {{ $path }}, readOnly: true}
  {{- end }}
  {{- with $a.mounts.extra }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{ include "bed.present" (dict
  "ports" (include "alloy.ports" $a | fromYamlArray)
  "command" $a.command
  "envFrom" $a.envFrom
  "livenessProbe" $a.livenessProbe
  "lifecycle" $a.lifecycle
  "resources" $a.resources
  "securityContext" $a.securityContext) }}
{{- end -}}

{{- define "alloy.ports" -}}
{{- if .enableHttpServerPort }}
- {name: http-metrics, containerPort: {{ .listenPort }}}
{{- end }}
{{- range .extraPorts }}
- name: {{ .name }}
  containerPort: {{ .targetPort }}
  protocol: {{ default "TCP" .protocol }}
  {{- include "bed.present" (pick . "hostPort") | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "alloy.args" -}}
{{- $a := .Values.alloy -}}
- run
- /etc/alloy/{{ include "alloy.config.key" . }}
- --storage.path={{ $a.storagePath }}
- --server.http.listen-addr={{ $a.listenAddr }}:{{ $a.listenPort }}
- --server.http.ui-path-prefix={{ $a.uiPathPrefix }}
{{- if not $a.enableReporting }}
- --disable-reporting
{{- end }}
{{- if $a.clustering.enabled }}
- --cluster.enabled=true
- --cluster.join-addresses={{ include "bed.fullname" . }}-cluster
{{- with $a.clustering.name }}
- --cluster.name={{ . }}
{{- end }}
{{- end }}
{{- with $a.stabilityLevel }}
- --stability.level={{ . }}
{{- end }}
{{- with $a.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}
