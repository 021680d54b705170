{{- /* What all stand-in charts share, the same text in each: names, labels, and two small tools.
       Helm charts cannot include a file of their neighbour, so this one is kept identical by a test. */ -}}

{{- define "bed.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* RELEASE when it already names the chart, else RELEASE-CHART; an override wins. */ -}}
{{- define "bed.fullname" -}}
{{- $name := include "bed.name" . -}}
{{- $joined := ternary .Release.Name (list .Release.Name $name | join "-") (contains $name .Release.Name) -}}
{{- default $joined .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* What a Service selects its pods by. */ -}}
{{- define "bed.selector" -}}
app.kubernetes.io/name: {{ include "bed.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* A label may not hold the "+" of this chart's version. */ -}}
{{- define "bed.chartLabel" -}}
helm.sh/chart: {{ list .Chart.Name (.Chart.Version | replace "+" "_") | join "-" }}
{{- end -}}

{{- /* A map as YAML, without its empty entries. */ -}}
{{- define "bed.present" -}}
{{- $kept := dict -}}
{{- range $key, $value := . -}}
{{- if $value }}{{ $_ := set $kept $key $value }}{{ end -}}
{{- end -}}
{{- if $kept }}{{ toYaml $kept }}{{ end -}}
{{- end -}}

{{- /* (list $ PATH...): stop when one of these values is switched on. Silence would look like a success. */ -}}
{{- define "bed.refuse" -}}
{{- $root := first . -}}
{{- range $path := rest . -}}
  {{- $node := $root.Values.AsMap -}}
  {{- range splitList "." $path }}{{ $node = get (default dict $node) . }}{{ end -}}
  {{- if $node -}}
    {{- fail (printf "the stand-in chart %s renders nothing for %s: switch it off, or use the upstream chart" $root.Chart.Name $path) -}}
  {{- end -}}
{{- end -}}
{{- end -}}
