{{- /* The one container: image, ports, environment and probes. */ -}}

{{- define "grafana.container" -}}
{{- $i := .Values.image -}}
image: {{ default $i.registry .Values.global.imageRegistry }}/{{ $i.repository }}:{{ default .Chart.AppVersion $i.tag }}{{ with $i.sha }}@sha256:{{ . }}{{ end }}
imagePullPolicy: {{ $i.pullPolicy }}
ports:
  - {name: {{ .Values.podPortName }}, containerPort: {{ .Values.service.targetPort }}, protocol: TCP}
  - {name: {{ .Values.gossipPortName }}-tcp, containerPort: 9094, protocol: TCP}
  - {name: {{ .Values.gossipPortName }}-udp, containerPort: 9094, protocol: UDP}
  - {name: profiling, containerPort: 6060, protocol: TCP}
env: {{- include "grafana.env" . | nindent 2 }}
volumeMounts: {{- include "grafana.mounts" . | nindent 2 }}
{{ include "bed.present" (dict
  "command" .Values.command
  "args" .Values.args
  "envFrom" (include "grafana.envFrom" . | fromYamlArray)
  "startupProbe" .Values.startupProbe
  "livenessProbe" .Values.livenessProbe
  "readinessProbe" .Values.readinessProbe
  "lifecycle" .Values.lifecycleHooks
  "resources" .Values.resources
  "securityContext" .Values.containerSecurityContext) }}
{{- end -}}

{{- /* The account comes from its Secret unless `env` brings its own; paths come from grafana.ini. */ -}}
{{- define "grafana.env" -}}
{{- $env := .Values.env -}}
{{- $ini := index .Values "grafana.ini" -}}
{{- $admin := .Values.admin -}}
- {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
{{- range $name, $key := dict "GF_SECURITY_ADMIN_USER" $admin.userKey "GF_SECURITY_ADMIN_PASSWORD" $admin.passwordKey }}
{{- if not (or (hasKey $env $name) (hasKey $env (print $name "__FILE")) $env.GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION) }}
- {name: {{ $name }}, valueFrom: {secretKeyRef: {name: {{ tpl $admin.existingSecret $ }}, key: {{ $key }}}}}
{{- end }}
{{- end }}
{{- if .Values.plugins }}
- {name: GF_PLUGINS_PREINSTALL_SYNC, valueFrom: {configMapKeyRef: {name: {{ include "bed.fullname" . }}, key: plugins}}}
{{- end }}
{{- range $name := list "data" "logs" "plugins" "provisioning" }}
- {name: GF_PATHS_{{ upper $name }}, value: {{ get $ini.paths $name | quote }}}
{{- end }}
- {name: GF_UNIFIED_STORAGE_INDEX_PATH, value: {{ $ini.unified_storage.index_path | quote }}}
{{- if dig "limits" "memory" "" .Values.resources }}
- {name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: "1"}}}
{{- end }}
{{- range $name, $source := .Values.envValueFrom }}
- name: {{ $name }}
  valueFrom: {{- tpl (toYaml $source) $ | nindent 4 }}
{{- end }}
{{- range $name, $value := $env }}
- {name: {{ tpl $name $ | quote }}, value: {{ tpl (toString $value) $ | quote }}}
{{- end }}
{{- end -}}

{{- define "grafana.envFrom" -}}
{{- with .Values.envFromSecret }}
- secretRef: {name: {{ tpl . $ }}}
{{- end }}
{{- range .Values.envFromSecrets }}
- secretRef: {name: {{ tpl .name $ }}, optional: {{ default false .optional }}}
  {{- include "bed.present" (pick . "prefix") | nindent 2 }}
{{- end }}
{{- range .Values.envFromConfigMaps }}
- configMapRef: {name: {{ tpl .name $ }}, optional: {{ default false .optional }}}
  {{- include "bed.present" (pick . "prefix") | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Secrets are named by a string or by a map. */ -}}
{{- define "grafana.pullSecrets" -}}
{{- range concat .Values.global.imagePullSecrets .Values.image.pullSecrets }}
- name: {{ if kindIs "map" . }}{{ .name }}{{ else }}{{ . }}{{ end }}
{{- end }}
{{- end -}}
