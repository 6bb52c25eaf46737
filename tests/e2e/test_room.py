"""An agent's disk, and what a class adds to its pod, on the real cluster with the real pi."""

from __future__ import annotations

import json

from tests.e2e.conftest import now_ms
from tests.support.chat import wait

SMALL = {"workspace": {"size": "512Mi"}}


def test_home_and_tmp_have_the_room_of_the_workspace(system, chat):
    # beyond what they had when each was a volume of its own: 512 MiB and 1 GiB
    chat.ask(
        "bash: head -c 700M /dev/zero >~/x && head -c 1200M /dev/zero >/tmp/y && echo all $((40 + 2)) written",
        "all 42 written",
    )
    pod = system.pod(chat.thread)
    used = system.exec(pod, "sh", "-c", "du -sm /home/agent /tmp | cut -f1").split()
    assert [int(n) >= least for n, least in zip(used, (700, 1200), strict=True)] == [True, True]
    chat.ask("bash: rm ~/x /tmp/y && echo cleared $((40 + 2))", "cleared 42")
    assert system.pod(chat.thread) == pod


def test_what_goes_beyond_the_size_fails_in_the_tool_and_names_the_limit(system, chat):
    system.make_class("small", **SMALL)
    system.make_thread(chat, "small")
    since = len(system.requests())
    one = chat.say("bash: head -c 2G /dev/zero >~/x; echo code $?")
    chat.wait_for("512 MiB of its 512 MiB (workspace.size", one)
    pod = system.pod(chat.thread)
    many = chat.say(
        "bash: rm ~/x; for n in $(seq 2000); do head -c 1M /dev/urandom >/tmp/x-$n; sleep 0.02; done; echo all $((40 + 2))"
    )
    chat.wait_for("What ran was stopped", many)
    assert not any("all 42" in one["text"] for one in chat.answers(many))
    # nobody was evicted, and the agent clears up in the same pod
    chat.ask("bash: rm /tmp/x-* && echo cleared $((40 + 2))", "cleared 42")
    assert system.pod(chat.thread) == pod
    assert len(system.requests()) > since


def test_a_storage_class_gives_the_agent_a_claim_of_its_own(system, chat):
    # the built-in node's class makes folders, which refuse nothing: there the runner measures too
    system.make_class("claimed", workspace={"size": "512Mi", "storageClassName": "standard"})
    system.make_thread(chat, "claimed")
    chat.ask("bash: touch ~/x /tmp/x x && echo made $((40 + 2))", "made 42")
    pod = json.loads(system.agents.kubectl("get", "pod", system.pod(chat.thread), "-o", "json"))
    (work,) = [volume for volume in pod["spec"]["volumes"] if volume["name"] == "work"]
    assert work["ephemeral"]["volumeClaimTemplate"]["spec"]["storageClassName"] == "standard"
    asked = chat.say("bash: head -c 2G /dev/zero >~/x; echo code $?")
    chat.wait_for("512 MiB of its 512 MiB (workspace.size", asked)


def test_files_that_a_smaller_volume_cannot_hold_are_told_and_not_evicted(system, chat):
    system.make_class("shrinking", workspace={"size": "1Gi"})
    system.make_thread(chat, "shrinking")
    chat.ask("bash: head -c 160M /dev/urandom >big && echo small >note && echo made $((40 + 2))", "made 42")
    number = system.wanted(chat.thread)
    # a pod that is ended keeps what it can within its grace; this is about files that were kept
    system.wait_logged(system.pod(chat.thread), "files_kept")
    system.make_class("shrinking", workspace={"size": "128Mi"})
    stop = json.dumps({"spec": {"stop": number}})
    system.agents.kubectl("patch", "at", chat.thread, "--type=merge", "-p", stop)
    wait(lambda: system.run(chat.thread).get("finishedAt"), "the run's end")
    asked = chat.say("bash: ls; echo listed $((40 + 2))")
    chat.wait_for("listed 42", asked)
    assert not system.wait_run(chat.thread, number=number + 1).get("finishedAt")
    assert "The earlier files could not be brought back" in json.dumps(system.requests()[-1])


def test_an_eviction_names_the_volume_and_is_not_resumed_into_the_same_end(system, chat):
    system.make_class("small", **SMALL)
    system.make_thread(chat, "small")
    chat.ask("hello", "Echo: hello")
    pod, number = system.pod(chat.thread), system.wanted(chat.thread)
    since = now_ms()
    asked = chat.say("hang")  # a turn is under way
    wait(lambda: 'hang"' in json.dumps([one["body"] for one in system.requests(since)]), "the turn's call")
    # what no tool of the agent did: written from beside, so that neither the command's limit nor its note is in the way
    system.exec(pod, "sh", "-c", "for n in 1 2 3 4 5; do head -c 300M /dev/zero >/tmp/x-$n; done", check=False)
    run = system.wait_run(chat.thread, reason="DiskFull")
    assert '"work"' in run["message"]
    chat.shown("work", asked)
    # the next run begins by the next message, and not by itself
    assert system.wanted(chat.thread) == number
    chat.ask("again", "Echo: again")


def test_a_pod_has_what_its_class_says(system, chat):
    settings = {
        "metadata": {"name": "company"},
        "data": {"motd": "from a ConfigMap", "pip.conf": "[global]\ntimeout = 7\n"},
    }
    body = {"apiVersion": "v1", "kind": "ConfigMap", **settings}
    system.agents.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    system.make_class(
        "dressed",
        podMetadata={"labels": {"team": "a"}, "annotations": {"sidecar.istio.io/inject": "false"}},
        env=[{"name": "GREETING", "value": "$(HOME) costs $$5"}],
        mounts=[
            {"configMap": "company", "mountPath": "/etc/company"},
            {"configMap": "company", "key": "pip.conf", "mountPath": "/etc/pip.conf"},
            {"configMap": "missing", "mountPath": "/etc/missing", "optional": True},
        ],
        scheduling={
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [
                            {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]}
                        ]
                    }
                }
            },
            "topologySpreadConstraints": [{"topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"}],
        },
        dnsConfig={"options": [{"name": "ndots", "value": "2"}]},
        instructions="\U0001f600" * 32_768,
    )  # fmt: skip
    system.make_thread(chat, "dressed")
    chat.ask(
        'bash: echo "$GREETING" && cat /etc/company/motd && grep timeout /etc/pip.conf && grep ndots /etc/resolv.conf',
        "ndots:2",
    )
    said = "\n".join(one["text"] for one in chat.answers())
    assert "$(HOME) costs $$5" in said
    assert "from a ConfigMap" in said
    pod = json.loads(system.agents.kubectl("get", "pod", system.pod(chat.thread), "-o", "json"))
    assert pod["metadata"]["labels"]["team"] == "a"
    assert pod["metadata"]["annotations"]["sidecar.istio.io/inject"] == "false"


def test_the_agents_image_works_for_a_user_that_it_does_not_know(system):
    """As OpenShift runs it: a uid of the namespace's range, group 0, and nothing in /etc/passwd."""
    image = system.values["images"]["runner"]
    script = (
        "set -e; id; cd /workspace; git config --global user.name Ada; git init -q; touch /tmp/x /run/agent/x ~/x;"
        "export PI_CODING_AGENT_DIR=/run/agent PI_OFFLINE=1 NODE_DEBUG_NATIVE=COMPILE_CACHE;"
        """python -I -c 'import os; from agent_runner.podsetup import *; link_compile_cache(os.environ, "/run/agent", os.getuid())';"""
        "export NODE_COMPILE_CACHE=/run/agent/compile-cache;"
        # what asks stays until there is an answer: pi leaves where nobody is there
        """(echo '{"id":"1","type":"get_state"}'; for n in $(seq 900); do [ -s /run/agent/answer ] && break; sleep 0.2; done)"""
        " | node /opt/pi/node_modules/@earendil-works/pi-coding-agent/dist/bundle/cli.js"
        " --mode rpc --no-session 2>/run/agent/said | head -1 | tee /run/agent/answer; grep -c 'was accepted' /run/agent/said"
    )
    mounts = [{"name": "work", "mountPath": path, "subPath": sub} for path, sub in (
        ("/workspace", "workspace"), ("/home/agent", "home"), ("/tmp", "tmp"))]  # fmt: skip
    security = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "agent", "image": f"{image['repository']}:{image['tag']}", "command": ["bash", "-c", script],
        "securityContext": security, "env": [{"name": "HOME", "value": "/home/agent"}], "workingDir": "/",
        "volumeMounts": [*mounts, {"name": "state", "mountPath": "/run/agent"}],
    }  # fmt: skip
    ids = {"runAsNonRoot": True, "runAsUser": 1000680000, "runAsGroup": 0, "fsGroup": 1000680000}
    spec = {
        "containers": [container], "restartPolicy": "Never", "securityContext": ids, "automountServiceAccountToken": False,
        "volumes": [{"name": "work", "emptyDir": {}}, {"name": "state", "emptyDir": {}}],
    }  # fmt: skip
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "unknown-user"}, "spec": spec}
    system.kubectl("delete", "pod", "unknown-user", "--ignore-not-found")
    system.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    try:
        phase = lambda: json.loads(system.kubectl("get", "pod", "unknown-user", "-o", "json"))["status"]["phase"]  # noqa: E731
        wait(lambda: phase() in {"Succeeded", "Failed"}, "the pod's end", show=phase)
        said = system.kubectl("logs", "unknown-user")
        assert phase() == "Succeeded", said
        who, state, accepted = said.splitlines()
        assert "uid=1000680000 gid=0" in who
        assert json.loads(state)["success"] is True
        assert int(accepted) > 0  # what the image holds of compiled modules is used
    finally:
        system.kubectl("delete", "pod", "unknown-user", "--wait=false")
