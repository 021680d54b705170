{{- /* The parts of the pod: where it runs, and its one container. */ -}}

{{- define "tempo.placement" -}}
{{- $pulls := list -}}
{{- range .Values.tempo.pullSecrets }}{{ $pulls = append $pulls (dict "name" .) }}{{ end -}}
{{- include "bed.present" (dict
  "imagePullSecrets" $pulls
  "securityContext" .Values.securityContext
  "priorityClassName" .Values.priorityClassName
  "hostAliases" .Values.hostAliases
  "initContainers" .Values.initContainers
  "nodeSelector" .Values.nodeSelector
  "tolerations" .Values.tolerations
  "affinity" .Values.affinity) -}}
{{- end -}}

{{- define "tempo.container" -}}
{{- $t := .Values.tempo -}}
image: {{ default $t.registry .Values.global.imageRegistry }}/{{ $t.repository }}:{{ default .Chart.AppVersion $t.tag }}
imagePullPolicy: {{ $t.pullPolicy }}
args:
  - -config.file=/conf/tempo.yaml
  - -mem-ballast-size-mbs={{ $t.memBallastSizeMbs }}
  {{- range $flag, $value := $t.extraArgs }}
  - {{ ternary (print "-" $flag "=" $value) (print "-" $flag) (not (empty $value)) | quote }}
  {{- end }}
ports:
  {{- range $name, $port := dict "prom-metrics" 3200 "jaeger-thrift-h" 14268 "jaeger-grpc" 14250 "zipkin" 9411
      "otlp-legacy" 55680 "otlp-grpc" 4317 "otlp-httplegacy" 55681 "otlp-http" 4318 }}
  - {name: {{ $name }}, containerPort: {{ $port }}}
  {{- end }}
  - {name: jaeger-thrift-c, containerPort: 6831, protocol: UDP}
  - {name: jaeger-thrift-b, containerPort: 6832, protocol: UDP}
volumeMounts:
  - {name: tempo-conf, mountPath: /conf}
  {{- if .Values.persistence.enabled }}
  - {name: storage, mountPath: /var/tempo}
  {{- end }}
  {{- if $t.metricsGenerator.enabled }}
  - {name: tmp, mountPath: /tmp}
  {{- end }}
  {{- with $t.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{ include "bed.present" (dict
  "env" $t.extraEnv
  "envFrom" $t.extraEnvFrom
  "livenessProbe" $t.livenessProbe
  "readinessProbe" $t.readinessProbe
  "resources" $t.resources
  "securityContext" $t.securityContext) }}
{{- end -}}
