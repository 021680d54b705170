{{- /* Volumes that users add: whole ones, and the short forms for a ConfigMap, a Secret or a folder of the node. */ -}}

{{- define "prometheus.extraMounts" -}}
{{- $mounts := list -}}
{{- range .extraHostPathMounts }}{{ $mounts = append $mounts (pick . "name" "mountPath" "subPath" "readOnly") }}{{ end -}}
{{- range .extraConfigmapMounts }}{{ $mounts = append $mounts (merge (dict "name" (print $.name "-" .name)) (pick . "mountPath" "subPath" "readOnly")) }}{{ end -}}
{{- range .extraSecretMounts }}{{ $mounts = append $mounts (pick . "name" "mountPath" "subPath" "readOnly") }}{{ end -}}
{{- with concat $mounts .extraVolumeMounts }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{- define "prometheus.extraVolumes" -}}
{{- $volumes := list -}}
{{- range .extraHostPathMounts }}{{ $volumes = append $volumes (dict "name" .name "hostPath" (dict "path" .hostPath)) }}{{ end -}}
{{- range .extraConfigmapMounts }}{{ $volumes = append $volumes (dict "name" (print $.name "-" .name) "configMap" (dict "name" .configMap)) }}{{ end -}}
{{- range .extraSecretMounts }}{{ $volumes = append $volumes (dict "name" .name "secret" (pick . "secretName" "optional")) }}{{ end -}}
{{- with concat $volumes .extraVolumes }}{{ toYaml . }}{{ end -}}
{{- end -}}
