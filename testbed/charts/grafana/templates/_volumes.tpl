{{- /* Mounts and volumes, in the same order in both. */ -}}

{{- define "grafana.mounts" -}}
- {name: config, mountPath: /etc/grafana/grafana.ini, subPath: grafana.ini}
{{- range $folder, $files := dict
    "datasources" .Values.datasources
    "dashboards" .Values.dashboardProviders
    "alerting" .Values.alerting
    "notifiers" .Values.notifiers }}
{{- range $file, $_ := $files }}
- {name: config, mountPath: /etc/grafana/provisioning/{{ $folder }}/{{ $file }}, subPath: {{ $file }}}
{{- end }}
{{- end }}
- name: storage
  mountPath: /var/lib/grafana
  {{- include "bed.present" (pick .Values.persistence "subPath") | nindent 2 }}
- {name: search, mountPath: /var/lib/grafana-search}
{{- range $provider, $_ := .Values.dashboardsConfigMaps }}
- {name: dashboards-{{ $provider }}, mountPath: /var/lib/grafana/dashboards/{{ $provider }}}
{{- end }}
{{- range .Values.extraConfigmapMounts }}
- {{- tpl (pick . "name" "mountPath" "subPath" "readOnly" | toYaml) $ | nindent 2 }}
{{- end }}
{{- range concat .Values.extraSecretMounts .Values.extraVolumeMounts }}
- {{- pick . "name" "mountPath" "subPath" "readOnly" | toYaml | nindent 2 }}
{{- end }}
{{- range .Values.extraEmptyDirMounts }}
- {{- pick . "name" "mountPath" | toYaml | nindent 2 }}
{{- end }}
{{- if .Values.shadowBundledPlugins }}
- {name: shadow-bundled-plugins, mountPath: /usr/share/grafana/data/plugins-bundled}
{{- end }}
{{- end -}}

{{- define "grafana.volumes" -}}
- {name: config, configMap: {name: {{ include "bed.fullname" . }}}}
- name: storage
  {{- if .Values.persistence.enabled }}
  persistentVolumeClaim: {claimName: {{ tpl (default (include "bed.fullname" .) .Values.persistence.existingClaim) . }}}
  {{- else if .Values.persistence.inMemory.enabled }}
  emptyDir: {{- merge (dict "medium" "Memory") (pick .Values.persistence.inMemory "sizeLimit") | toYaml | nindent 4 }}
  {{- else }}
  emptyDir: {}
  {{- end }}
- {name: search, emptyDir: {}}
{{- range $provider, $name := .Values.dashboardsConfigMaps }}
- {name: dashboards-{{ $provider }}, configMap: {name: {{ tpl $name $ }}}}
{{- end }}
{{- range .Values.extraConfigmapMounts }}
- name: {{ tpl .name $ }}
  configMap: {{- merge (dict "name" (tpl .configMap $)) (pick . "optional" "items") | toYaml | nindent 4 }}
{{- end }}
{{- range .Values.extraSecretMounts }}
- {{- include "grafana.secretVolume" . | nindent 2 }}
{{- end }}
{{- range .Values.extraVolumes }}
- {{- include "grafana.extraVolume" . | nindent 2 }}
{{- end }}
{{- range .Values.extraEmptyDirMounts }}
- {name: {{ .name }}, emptyDir: {}}
{{- end }}
{{- if .Values.shadowBundledPlugins }}
- {name: shadow-bundled-plugins, emptyDir: {}}
{{- end }}
{{- with .Values.extraContainerVolumes }}
{{ tpl (toYaml .) $ }}
{{- end }}
{{- end -}}

{{- define "grafana.secretVolume" -}}
name: {{ .name }}
{{- if .secretName }}
secret: {{- pick . "secretName" "defaultMode" "optional" "items" | toYaml | nindent 2 }}
{{- else }}
{{ pick . "projected" "csi" | toYaml }}
{{- end }}
{{- end -}}

{{- /* Here a claim is named flat; without any source the volume is an empty folder. */ -}}
{{- define "grafana.extraVolume" -}}
{{- $source := pick . "hostPath" "csi" "configMap" "emptyDir" -}}
{{- if .existingClaim }}{{ $source = dict "persistentVolumeClaim" (dict "claimName" .existingClaim) }}{{ end -}}
{{- merge (dict "name" .name) (default (dict "emptyDir" dict) $source) | toYaml -}}
{{- end -}}
