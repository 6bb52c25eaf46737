{{- /* Pods of `helm test`, one after the other by weight. */ -}}
{{- define "openclaw.testHook" -}}
helm.sh/hook: test
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation
{{- end }}

{{- /* What each of them is: root, component. */ -}}
{{- define "openclaw.testPod" -}}
restartPolicy: Never
automountServiceAccountToken: false
enableServiceLinks: false
{{- include "openclaw.scheduling" (dict "root" .root "component" .component "of" .root.Values.jobs) | nindent 0 }}
securityContext: {{- include (ternary "openclaw.agentSecurity" "openclaw.podSecurity" (eq .component "agent")) .root | nindent 2 }}
{{- include "openclaw.pullSecrets" .root | nindent 0 }}
{{- end }}

{{- /* Its container but for the last word of its command, a program: root, image. */ -}}
{{- define "openclaw.testContainer" -}}
image: {{ include "openclaw.image" (dict "root" .root "name" .image) }}
imagePullPolicy: {{ .root.Values.images.pullPolicy }}
securityContext: {{- include "openclaw.containerSecurity" .root | nindent 2 }}
resources: {{- toYaml .root.Values.jobs.resources | nindent 2 }}
env:
  # where names cannot be asked, that is to be known soon
  - {name: RES_OPTIONS, value: "timeout:1 attempts:1"}
command:
  - python3
  - -I
  - -c
{{- end }}

{{- /* The program that tries OPEN and SHUT. */ -}}
{{- define "openclaw.testReach" -}}
import socket, sys, time
def reached(target):
    try:
        socket.create_connection(target, timeout=3).close()
        return True
    except OSError:
        return False
# rules of a new pod may come a moment late
end = time.monotonic() + 20
while True:
    missing = [t for t in OPEN if not reached(t)]
    leaking = [t for t in SHUT if reached(t)]
    if not missing and not leaking:
        print(f"{WHO} reaches what it may, and nothing else.")
        sys.exit(0)
    if time.monotonic() > end:
        break
    time.sleep(1)
for host, port in leaking:
    print(f"{WHO} reaches {host}:{port}: the network plugin does not enforce NetworkPolicies.")
if leaking:
    print("Agents are not held to their bounds: install a network plugin that enforces, such as Calico or Cilium.")
for host, port in missing:
    print(f"{WHO} does not reach {host}:{port}, {NEEDS}.")
sys.exit(1)
{{- end }}
