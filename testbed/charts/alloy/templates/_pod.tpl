{{- /* The pod, the same in every kind of workload. */ -}}

{{- define "alloy.pod" -}}
{{- $c := .Values.controller -}}
metadata:
  labels: {{- include "bed.selector" . | nindent 4 }} {{- include "bed.present" $c.podLabels | nindent 4 }}
  annotations:
    kubectl.kubernetes.io/default-container: alloy
    {{- with .Values.alloy.configMap }}
    {{- if and .create .content }}
    # New configuration, new pod.
    checksum/config: {{ tpl .content $ | sha256sum | trunc 63 }}
    {{- end }}
    {{- end }}
    {{- include "bed.present" $c.podAnnotations | nindent 4 }}
spec:
  serviceAccountName: {{ include "alloy.account" . }}
  dnsPolicy: {{ $c.dnsPolicy }}
  {{- include "bed.present" (dict
    "securityContext" .Values.global.podSecurityContext
    "imagePullSecrets" (default .Values.image.pullSecrets .Values.global.image.pullSecrets)
    "initContainers" $c.initContainers
    "priorityClassName" $c.priorityClassName
    "hostNetwork" $c.hostNetwork
    "hostPID" $c.hostPID
    "hostAliases" .Values.alloy.hostAliases
    "affinity" $c.affinity
    "nodeSelector" $c.nodeSelector
    "tolerations" $c.tolerations
    "topologySpreadConstraints" $c.topologySpreadConstraints
    "terminationGracePeriodSeconds" $c.terminationGracePeriodSeconds) | nindent 2 }}
  containers:
    - name: alloy
      {{- include "alloy.container" . | nindent 6 }}
    {{- with $c.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: config
      configMap: {name: {{ include "alloy.config.name" . }}}
    {{- range $name, $path := include "alloy.host.paths" . | fromYaml }}
    - {name: {{ $name }}, hostPath: {path: {{ $path }}}}
    {{- end }}
    {{- with $c.volumes.extra }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- /* Folders of the node that the pod asked to see, by volume name. */ -}}
{{- define "alloy.host.paths" -}}
{{- $mounts := .Values.alloy.mounts -}}
{{- include "bed.present" (dict
  "varlog" (ternary "/var/log" "" $mounts.varlog)
  "dockercontainers" (ternary "/var/lib/docker/containers" "" $mounts.dockercontainers)) -}}
{{- end -}}
