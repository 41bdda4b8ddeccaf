{{/*
Pose and region, which read pictures, differ in name, ports and values: dict "root" $ "component" NAME "values" VALUES
"grpc" PORT "metrics" PORT.
*/}}
{{- define "atelier.reader" -}}
{{- $name := printf "%s-%s" (include "atelier.name" .root) .component }}
{{- $own := printf "listen: 0.0.0.0:%d\nmetrics_listen: 0.0.0.0:%d\ndrain_seconds: %v\nphotograph_models: /opt/atelier/models/photographs\nmodel: %s\n%s" (int .grpc) (int .metrics) .values.drainSeconds (.values.models | toJson) (include "atelier.listenerSettings" .) }}
{{- $settings := include "atelier.settings" (dict "root" .root "own" $own "more" .values.settings) | fromYaml }}
{{- include "atelier.serviceAccount" . }}
---
{{ include "atelier.config" (dict "root" .root "component" .component "settings" $settings) }}
---
# Without an address of its own, so that callers see all pods and take turns over them.
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels: {{- include "atelier.labels" . | nindent 4 }}
spec:
  clusterIP: None
  selector: {{- include "atelier.selector" . | nindent 4 }}
  ports:
    - {name: grpc, port: {{ .grpc }}, targetPort: grpc, appProtocol: grpc}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels: {{- include "atelier.labels" . | nindent 4 }}
spec:
  replicas: {{ .values.replicas }}
  # The old pod goes when the new one is ready.
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  selector:
    matchLabels: {{- include "atelier.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "atelier.labels" . | nindent 8 }}
      annotations:
        # New settings are a new pod.
        atelier/settings: {{ $settings | toYaml | sha256sum }}
        {{- with .values.podAnnotations }}{{ toYaml . | nindent 8 }}{{ end }}
    spec:
      serviceAccountName: {{ $name }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      # preStop, the drain, and some seconds to end.
      terminationGracePeriodSeconds: {{ add .root.Values.preStopSeconds .values.drainSeconds 10 }}
      {{- with .root.Values.image.pullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext: {{- include "atelier.podSecurity" . | nindent 8 }}
      {{- include "atelier.spread" . | nindent 6 }}
      {{- with .values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ include "atelier.image" (dict "root" .root "image" .component) }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: [--config, /etc/atelier/settings.yaml]
          ports:
            - {name: grpc, containerPort: {{ .grpc }}}
            - {name: metrics, containerPort: {{ .metrics }}}
            - {name: health, containerPort: 7470}
          securityContext: {{- include "atelier.containerSecurity" . | nindent 12 }}
          {{- include "atelier.probes" . | nindent 10 }}
          lifecycle:
            preStop:
              exec: {command: [sleep, {{ .root.Values.preStopSeconds | quote }}]}
          resources: {{- toYaml .values.resources | nindent 12 }}
          volumeMounts:
            - {name: settings, mountPath: /etc/atelier/settings.yaml, subPath: settings.yaml, readOnly: true}
            {{- include "atelier.secretMounts" . | nindent 12 }}
            {{- if .root.Values.models.claim }}
            - {name: models, mountPath: /models, readOnly: true}
            {{- end }}
      volumes:
        - {name: settings, configMap: {name: {{ $name }}}}
        {{- include "atelier.secretVolumes" . | nindent 8 }}
        {{- with .root.Values.models.claim }}
        - {name: models, persistentVolumeClaim: {claimName: {{ . }}, readOnly: true}}
        {{- end }}
{{- if and .root.Values.disruptionBudget.enabled (gt (int .values.replicas) 1) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  labels: {{- include "atelier.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "atelier.selector" . | nindent 6 }}
{{- end }}
{{- end }}
