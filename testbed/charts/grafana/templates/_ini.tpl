{{- /* grafana.ini, and the check that it holds no secret. */ -}}

{{- /* Entries outside any section come first. */ -}}
{{- define "grafana.ini" -}}
{{- $sections := list -}}
{{- $lines := list -}}
{{- range $name, $value := index .Values "grafana.ini" -}}
{{- if kindIs "map" $value -}}
  {{- $sections = append $sections (print "[" $name "]") -}}
  {{- range $key, $entry := $value }}{{ $sections = append $sections (include "grafana.ini.line" (list $ $key $entry)) }}{{ end -}}
{{- else -}}
  {{- $lines = append $lines (include "grafana.ini.line" (list $ $name $value)) -}}
{{- end -}}
{{- end -}}
{{- concat $lines $sections | join "\n" -}}
{{- end -}}

{{- /* (list $ KEY VALUE): strings are templates, lists are JSON, null is empty. */ -}}
{{- define "grafana.ini.line" -}}
{{- $value := last . -}}
{{- index . 1 }} = {{ if kindIs "string" $value }}{{ tpl $value (first .) }}{{ else if kindIs "slice" $value }}{{ toJson $value }}{{ else if not (kindIs "invalid" $value) }}{{ $value }}{{ end -}}
{{- end -}}

{{- /* Words in a key that speak of a secret: wider than upstream's list of single keys, for fewer lines. The value may
       point to the secret: $__env{NAME}, $__file{PATH} or ${NAME}. */ -}}
{{- define "grafana.refuseSecrets" -}}
{{- range $section, $entries := index .Values "grafana.ini" -}}
{{- if kindIs "map" $entries -}}
{{- range $key, $value := $entries -}}
{{- if and (regexMatch "(password|client_secret|secret_key|account_key)$" $key) (not (regexMatch "\\$(__[a-z]+)?{.+}" (toString $value))) -}}
{{- fail (printf "grafana.ini holds a secret in plain text: %s.%s" $section $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
