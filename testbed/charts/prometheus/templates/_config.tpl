{{- /* prometheus.yml, put together from the values that describe its parts. */ -}}

{{- define "prometheus.config" -}}
{{- $s := .Values.server -}}
{{- $file := index .Values.serverFiles "prometheus.yml" -}}
{{- $jobs := concat
  (include "prometheus.jobs" . | fromYamlArray)
  (default list $file.scrape_configs)
  (include "prometheus.extraJobs" . | fromYamlArray) -}}
{{- $alerting := dict -}}
{{- if $s.alertmanagers }}{{ $alerting = merge (dict "alertmanagers" $s.alertmanagers) .Values.alertRelabelConfigs }}{{ end -}}
{{- $sections := dict
  "global" $s.global
  "remote_write" (include "prometheus.remotes" (list $ $s.remoteWrite) | fromYamlArray)
  "remote_read" (include "prometheus.remotes" (list $ $s.remoteRead) | fromYamlArray)
  "storage" (include "bed.present" (dict "tsdb" $s.tsdb "exemplars" $s.exemplars) | fromYaml)
  "otlp" $s.otlp
  "scrape_config_files" .Values.scrapeConfigFiles
  "scrape_configs" $jobs
  "alerting" $alerting -}}
{{- include "bed.present" (merge (omit $file "scrape_configs") $sections) -}}
{{- end -}}

{{- /* The map of jobs as a list: a job is on unless it says otherwise, and its key is its name. */ -}}
{{- define "prometheus.jobs" -}}
{{- $jobs := list -}}
{{- range $key, $job := .Values.scrapeConfigs -}}
{{- if dig "enabled" true $job -}}
{{- $name := dict "job_name" (default $key $job.job_name) -}}
{{- $jobs = append $jobs (merge $name (omit $job "enabled" "job_name")) -}}
{{- end -}}
{{- end -}}
{{- toYaml $jobs -}}
{{- end -}}

{{- /* Text that must be a list of jobs once it is rendered. A parse error comes back as the list's one string. */ -}}
{{- define "prometheus.extraJobs" -}}
{{- $text := tpl (default "" .Values.extraScrapeConfigs) . -}}
{{- range fromYamlArray $text -}}
{{- if not (kindIs "map" .) }}{{ fail (printf "extraScrapeConfigs is not a list of jobs: %v" .) }}{{ end -}}
{{- end -}}
{{- $text -}}
{{- end -}}

{{- /* (list $ REMOTES): their URLs are templates. */ -}}
{{- define "prometheus.remotes" -}}
{{- $root := first . -}}
{{- $remotes := list -}}
{{- range last . -}}
{{- $remotes = append $remotes (merge (dict "url" (tpl .url $root)) .) -}}
{{- end -}}
{{- toYaml $remotes -}}
{{- end -}}
