"""What is looked at from outside: logs, tables, events, resources, metrics, and rights in the cluster."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent_contract.names import LABEL_EGRESS
from dev.attack.inside.base import Outcome, decide, untried
from dev.attack.knowledge import read_keys
from dev.attack.system import STRANGER, Chat, System
from dev.bench.clouds import call
from dev.release import CommandFailedError, run

MARKER: Final = "zanzibar-4711-of-a-person"
"""What a person says and an agent answers: message text, that stands in the database and in the chat alone."""
PARTS: Final = ("gateway", "operator", "agent")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the looks from outside go by."""

    system: System
    marks: tuple[str, ...]
    """Words that pods tried to bring into logs, and that people said."""
    chats: tuple[Chat, ...]
    """All that were attacked from."""

    @property
    def words(self) -> tuple[str, ...]:
        """Return all that may stand in no log, event, metric or resource."""
        return (*read_keys(self.system), *self.marks)


Look = Callable[[Evidence], Outcome]


@dataclass(frozen=True, slots=True)
class Outside:
    """One look from outside."""

    name: str
    tried: str
    look: Look


LOOKS: dict[str, Outside] = {}


def outside(name: str, tried: str) -> Callable[[Look], Look]:
    """Make a function a look from outside."""

    def add(look: Look) -> Look:
        LOOKS[name] = Outside(name, tried, look)
        return look

    return add


def _find(words: Sequence[str], text: str) -> list[str]:
    return [f"{word[:6]}…" for word in words if word in text]


def read_logs(system: System) -> Mapping[str, str]:
    """Return the logs of the gateway and the operator, of ended containers too."""
    found = {}
    for part in PARTS[:2]:
        label = f"app.kubernetes.io/component={part}"
        found[part] = system.release.kubectl("logs", "-l", label, "--tail=-1", timeout=60)
        found[part] += system.release.kubectl("logs", "-l", label, "--tail=-1", "--previous", check=False, timeout=60)
    return found


@outside("out-logs", "keys, words of people and words of pods in the logs")
def logs(evidence: Evidence) -> Outcome:
    """Look through the logs of both parts."""
    found = {part: hits for part, text in read_logs(evidence.system).items() if (hits := _find(evidence.words, text))}
    return decide(not found, f"{len(evidence.words)} words looked for; found: {found or 'none'}")


@outside("out-log-size", "a flood of lines in the gateway's log")
def log_size(evidence: Evidence) -> Outcome:
    """Measure the longest line and all of them."""
    text = read_logs(evidence.system)["gateway"]
    longest = max((len(line) for line in text.splitlines()), default=0)
    return decide(
        longest <= 8192 and len(text) <= 64 << 20, f"{len(text) >> 10} KiB; the longest line has {longest} bytes"
    )


@outside("out-events", "keys and words in Events, resources, Jobs and pods")
def events(evidence: Evidence) -> Outcome:
    """Look through all objects of both namespaces that are no Secrets."""
    kinds = "agentthreads,subagents,agentclasses,jobs,pods,events,configmaps"
    system = evidence.system
    text = system.kubectl("get", kinds, "-o", "json", timeout=60) + system.release.kubectl(
        "get", "pods,events,configmaps", "-o", "json"
    )
    found = _find(evidence.words, text)
    return decide(not found, f"{len(text) >> 10} KiB; found: {found or 'none'}")


@outside("out-metrics", "keys, words and ids of people in metrics")
def metrics(evidence: Evidence) -> Outcome:
    """Read the metrics of gateway and operator."""
    release, text = evidence.system.release, ""
    for part in PARTS[:2]:
        label = f"app.kubernetes.io/component={part}"
        pod = release.kubectl("get", "pods", "-l", label, "-o", "jsonpath={.items[0].metadata.name}").strip()
        text += release.kubectl("get", "--raw", f"/api/v1/namespaces/{release.namespace}/pods/{pod}:9090/proxy/metrics")
    numbers = [str(chat.number) for chat in evidence.chats]
    found = _find((*evidence.words, *numbers), text)
    return decide(not found, f"{text.count(chr(10))} lines; found: {found or 'none'}")


@outside("out-tables", "keys in the database")
def tables(evidence: Evidence) -> Outcome:
    """Search a dump for each key."""
    system = evidence.system
    search = 't=$(cat); pg_dump -U openclaw openclaw | grep -cF -- "$t" || true'
    found = []
    for key in read_keys(system):
        told = system.release.kubectl(
            "exec", "-i", f"{system.release.name}-postgres-0", "--", "sh", "-c", search, stdin=key, timeout=120
        )
        found += [f"{key[:4]}…"] if told.strip() not in {"", "0"} else []
    return decide(not found, f"{len(read_keys(system))} keys; found: {found or 'none'}")


@outside("out-secrets", "Secrets in the agents' namespace, for whoever may make a Job there")
def agents_secrets(evidence: Evidence) -> Outcome:
    """List them."""
    items = json.loads(evidence.system.kubectl("get", "secrets", "-o", "json"))["items"]
    named = [i["metadata"]["name"] for i in items]
    return decide(not named, f"there: {', '.join(named) or 'none'}")


_ODD: Final[Mapping[str, Callable[[dict[str, Any]], object]]] = {
    "a Secret": lambda pod: pod["spec"]["volumes"].append({"name": "s", "secret": {"secretName": "any"}}),
    "a Secret in the environment": lambda pod: pod["spec"]["containers"][0].update(
        envFrom=[{"secretRef": {"name": "any"}}]
    ),
    "the node's disk": lambda pod: pod["spec"]["volumes"].append({"name": "h", "hostPath": {"path": "/"}}),
    "the node's network": lambda pod: pod["spec"].update(hostNetwork=True),
    "privileges": lambda pod: pod["spec"]["containers"][0]["securityContext"].update(
        privileged=True, allowPrivilegeEscalation=True
    ),
    "root": lambda pod: pod["spec"]["securityContext"].update(runAsUser=0, runAsNonRoot=False),
    "another account": lambda pod: pod["spec"].update(serviceAccountName="default"),
    "the usual token": lambda pod: pod["spec"].update(automountServiceAccountToken=True),
    "another container": lambda pod: pod["spec"].update(initContainers=[{"name": "i", "image": "x"}]),
    "no label for the policies": lambda pod: pod["metadata"]["labels"].pop(LABEL_EGRESS),
}


@outside(
    "out-operator-jobs",
    "pods of a taken operator that mount a Secret or the node's disk, run as root, or escape the policies",
)
def operator_jobs(evidence: Evidence) -> Outcome:
    """Make pods like an agent's but for one thing each: its Jobs make pods, and pods are what is let in."""
    system = evidence.system
    found = system.find_newest(evidence.chats)
    if found is None:
        return untried("no agent runs")
    whole = json.loads(system.kubectl("get", "pod", found[1], "-o", "json"))
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "attack", "labels": whole["metadata"]["labels"]},
        "spec": whole["spec"],
    }
    for field in ("nodeName", "priority", "preemptionPolicy", "serviceAccount"):
        pod["spec"].pop(field, None)
    if not _is_let_in(system, pod):
        return untried("a pod like an agent's own is not let in")
    passed = []
    for odd, change in _ODD.items():
        other = copy.deepcopy(pod)
        change(other)
        passed += [odd] if _is_let_in(system, other) else []
    return decide(not passed, f"let in: {', '.join(passed) or 'none'} of {len(_ODD)}")


def _is_let_in(system: System, pod: Mapping[str, Any]) -> bool:
    """Say whether a pod would be let in, without making it."""
    try:
        system.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))
    except CommandFailedError:
        return False
    return True


@outside("out-own-secrets", "Secrets that the parts' accounts may read")
def own_secrets(evidence: Evidence) -> Outcome:
    """Ask the API server about every account."""
    system, found = evidence.system, []
    for namespace in {system.release.namespace, system.agents}:
        for account in ("operator", "gateway", "agent"):
            for where in {system.release.namespace, system.agents}:
                user = f"system:serviceaccount:{where}:{system.release.name}-{account}"
                asked = ("auth", "can-i", "get", "secrets", "--as", user, "-n", namespace)
                told = system.release.kubectl(*asked, check=False).strip()
                found += [f"{account} in {namespace}"] if told == "yes" else []
    return decide(not found, f"allowed: {', '.join(found) or 'none'}")


@outside("out-token-at-api", "an agent's token at the API server, from a place that reaches it")
def token_at_api(evidence: Evidence) -> Outcome:
    """Use it where the network lets it."""
    system = evidence.system
    found = system.find_newest(evidence.chats)
    if found is None:
        return untried("no agent runs")
    token = system.read_token(found[1])
    cluster = system.release.cluster
    server = system.release.kubectl(
        "config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"
    ).strip()
    base = [
        str(cluster.kubectl),
        "--kubeconfig",
        "/dev/null",
        "--server",
        server,
        "--token",
        token,
        "--insecure-skip-tls-verify",
    ]
    told = ""
    try:
        told = run([*base, "get", "pods", "-A"])
    except CommandFailedError as error:
        return decide(told == "", error.words.strip()[-100:])
    return decide(is_held=False, words=told[:100])


@outside("out-class-image", "an AgentClass that runs any image")
def class_image(evidence: Evidence) -> Outcome:
    """Make one as whoever may write classes could: what names no allowed image is refused, where a value lists them."""
    body = {"apiVersion": "openclaw.dev/v1alpha1", "kind": "AgentClass", "metadata": {"name": "attack"},
            "spec": {"image": "evil.example/any:1"}}  # fmt: skip
    try:
        evidence.system.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(body))
    except CommandFailedError as error:
        return decide(is_held=True, words=error.words.strip()[-120:])
    return decide(is_held=False, words="it was taken")


@outside("out-strangers", "30 messages of somebody who is not on the list")
def strangers(evidence: Evidence) -> Outcome:
    """Count what the bot says to them."""
    system = evidence.system
    for number in range(30):
        call(system.clouds.telegram, "/sim/messages", {"chat": STRANGER, "text": f"let me in {number}"})
    chat = Chat(STRANGER)
    # what came before is answered by then: people wait in one line
    person = system.open_chat()
    try:
        system.ask(person, "behind the stranger", "Echo: behind the stranger", 60)
    except TimeoutError:
        return decide(is_held=False, words="a person who is on the list had no answer in a minute")
    finally:
        system.end(person)
    told = len(system.answers(chat))
    return decide(told <= 2, f"{told} answers")
