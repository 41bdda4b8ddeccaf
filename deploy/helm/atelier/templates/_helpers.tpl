{{/* What the names of all objects start with. */}}
{{- define "atelier.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* The labels that select a component: dict "root" $ "component" NAME. */}}
{{- define "atelier.selector" -}}
app.kubernetes.io/name: atelier
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "atelier.labels" -}}
{{ include "atelier.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{- define "atelier.image" -}}
{{ .root.Values.image.registry }}/{{ .image }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* Pod Security "restricted". Volumes are handed to the group. */}}
{{- define "atelier.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "atelier.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/*
Probes on the port that serves health alone, unencrypted. Startup and liveness ask whether the process lives: a worker
that still loads its networks, or waits for a server that is away, is alive and not ready, and killing it would only
make it load again.
*/}}
{{- define "atelier.probes" -}}
startupProbe:
  grpc: {port: 7470, service: liveness}
  periodSeconds: 2
  # 10 minutes: a server that brings a large database to a new schema opens its ports after that.
  failureThreshold: 300
livenessProbe:
  grpc: {port: 7470, service: liveness}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  grpc: {port: 7470}
  periodSeconds: 5
  timeoutSeconds: 3
{{- end }}

{{/* Secrets of every process: dict "root" $. */}}
{{- define "atelier.secretMounts" -}}
- {name: worker-secret, mountPath: /etc/atelier/worker, readOnly: true}
{{- if .root.Values.secrets.tls }}
- {name: tls, mountPath: /etc/atelier/tls, readOnly: true}
{{- end }}
{{- end }}

{{- define "atelier.secretVolumes" -}}
- name: worker-secret
  secret:
    secretName: {{ .root.Values.secrets.worker }}
    defaultMode: 0440
{{- if .root.Values.secrets.tls }}
- name: tls
  secret:
    secretName: {{ .root.Values.secrets.tls }}
    defaultMode: 0440
{{- end }}
{{- end }}

{{/* Settings that every process has, as a dict in YAML. */}}
{{- define "atelier.commonSettings" -}}
health_listen: 0.0.0.0:7470
log_format: json
worker_secret_file: /etc/atelier/worker/worker.secret
{{- end }}

{{/*
TLS both ways: each process shows its certificate on its port and to those that it calls. On the public port a token
does in place of a client's certificate.
*/}}
{{- define "atelier.listenerSettings" -}}
{{- if .root.Values.secrets.tls }}
tls_cert_file: /etc/atelier/tls/tls.crt
tls_key_file: /etc/atelier/tls/tls.key
tls_client_ca_file: /etc/atelier/tls/ca.crt
{{- else }}
insecure: true
{{- end }}
{{- end }}

{{- define "atelier.channelSettings" -}}
{{- if .root.Values.secrets.tls }}
tls_ca_file: /etc/atelier/tls/ca.crt
{{- else }}
insecure: true
{{- end }}
{{- end }}

{{/* Pods of a component on different nodes, and over zones, where there are such. */}}
{{- define "atelier.spread" -}}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{- include "atelier.selector" . | nindent 14 }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "atelier.selector" . | nindent 8 }}
{{- end }}

{{/* A group of workers with what it leaves out: dict "root" $ "group" VALUES, as YAML. */}}
{{- define "atelier.workerGroup" -}}
{{- mergeOverwrite (deepCopy .root.Values.generation) (deepCopy (.group | default dict)) | toYaml -}}
{{- end }}

{{/* The ConfigMap of a process: dict "root" $ "component" NAME "file" NAME "settings" DICT. */}}
{{- define "atelier.config" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "atelier.name" .root }}-{{ .component }}
  labels: {{- include "atelier.labels" . | nindent 4 }}
data:
  settings.yaml: |
    {{- toYaml .settings | nindent 4 }}
{{- end }}

{{/* Settings in the order of their strength: dict "root" $ "own" YAML "more" DICT. */}}
{{- define "atelier.settings" -}}
{{- mergeOverwrite (include "atelier.commonSettings" . | fromYaml) (.own | fromYaml) (deepCopy (.more | default dict)) | toYaml -}}
{{- end }}

{{- define "atelier.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "atelier.name" .root }}-{{ .component }}
  labels: {{- include "atelier.labels" . | nindent 4 }}
# Nothing of Atelier calls the Kubernetes API.
automountServiceAccountToken: false
{{- end }}
