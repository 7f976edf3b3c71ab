{{- define "nacre.name" -}}
{{- printf "%s-nacre" .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "nacre.selector" -}}
app.kubernetes.io/name: nacre
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "nacre.labels" -}}
{{ include "nacre.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}
