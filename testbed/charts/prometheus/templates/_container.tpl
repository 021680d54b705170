{{- /* The one container: command line, probes, and the mounts that the values ask for. */ -}}

{{- define "prometheus.container" -}}
{{- $s := .Values.server -}}
{{- $image := $s.image -}}
{{- $tag := tpl $image.tag . | default .Chart.AppVersion | print ":" -}}
{{- if $image.digest }}{{ $tag = print "@" (tpl $image.digest .) }}{{ else if $image.distroless }}{{ $tag = print $tag "-distroless" }}{{ end -}}
image: {{ tpl $image.repository . }}{{ $tag }}
imagePullPolicy: {{ $image.pullPolicy }}
args: {{- default (include "prometheus.args" $s | fromYamlArray) $s.defaultFlagsOverride | toYaml | nindent 2 }}
ports:
  - containerPort: 9090
    {{- include "bed.present" (dict "name" $s.portName) | nindent 4 }}
readinessProbe:
  {{- include "prometheus.probe" (list $s "ready") | nindent 2 }}
  initialDelaySeconds: {{ $s.readinessProbeInitialDelay }}
  periodSeconds: {{ $s.readinessProbePeriodSeconds }}
  timeoutSeconds: {{ $s.readinessProbeTimeout }}
  failureThreshold: {{ $s.readinessProbeFailureThreshold }}
  successThreshold: {{ $s.readinessProbeSuccessThreshold }}
livenessProbe:
  {{- include "prometheus.probe" (list $s "healthy") | nindent 2 }}
  initialDelaySeconds: {{ $s.livenessProbeInitialDelay }}
  periodSeconds: {{ $s.livenessProbePeriodSeconds }}
  timeoutSeconds: {{ $s.livenessProbeTimeout }}
  failureThreshold: {{ $s.livenessProbeFailureThreshold }}
  successThreshold: {{ $s.livenessProbeSuccessThreshold }}
{{- if $s.startupProbe.enabled }}
startupProbe:
  {{- include "prometheus.probe" (list $s "healthy") | nindent 2 }}
  {{- omit $s.startupProbe "enabled" | toYaml | nindent 2 }}
{{- end }}
volumeMounts:
  - {name: config-volume, mountPath: /etc/config}
  - name: storage-volume
    mountPath: {{ $s.persistentVolume.mountPath }}
    {{- include "bed.present" (pick $s.persistentVolume "subPath") | nindent 4 }}
  {{- include "prometheus.extraMounts" $s | nindent 2 }}
{{ include "bed.present" (dict
  "command" $s.command
  "env" $s.env
  "resources" $s.resources
  "securityContext" $s.containerSecurityContext) }}
{{- end -}}

{{- define "prometheus.args" -}}
{{- with .retention }}
- --storage.tsdb.retention.time={{ . }}
{{- end }}
{{- with .retentionSize }}
- --storage.tsdb.retention.size={{ . }}
{{- end }}
- --config.file={{ .configPath }}
- --storage.tsdb.path={{ default .persistentVolume.mountPath .storagePath }}
- --web.console.libraries=/etc/prometheus/console_libraries
- --web.console.templates=/etc/prometheus/consoles
{{- range .extraFlags }}
- --{{ . }}
{{- end }}
{{- range $flag, $value := .extraArgs }}
- --{{ ternary (print $flag "=" $value) $flag (not (empty $value)) }}
{{- end }}
{{- with .prefixURL }}
- --web.route-prefix={{ . }}
{{- end }}
{{- with .baseURL }}
- --web.external-url={{ . }}
{{- end }}
{{- end -}}

{{- /* (list SERVER PAGE): a port probe for who can't use the pages. */ -}}
{{- define "prometheus.probe" -}}
{{- $s := first . -}}
{{- $port := default 9090 $s.portName -}}
{{- if $s.tcpSocketProbeEnabled }}
tcpSocket: {port: {{ $port }}}
{{- else }}
httpGet:
  path: {{ $s.prefixURL }}/-/{{ last . }}
  port: {{ $port }}
  scheme: {{ $s.probeScheme }}
  {{- include "bed.present" (dict "httpHeaders" $s.probeHeaders) | nindent 2 }}
{{- end }}
{{- end -}}
