"""`why`: what a message of a conversation waits for, from its resource and from what the gateway knows; pure.

What stands in the cluster's way comes first, as nothing else can happen before it is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from kubectl_openclaw.show import clean_line, read_time, show_age

UNSEEN: Final = timedelta(seconds=15)
"""After so long a run that the operator has not looked at is worth a word."""
AWAY: Final = timedelta(seconds=40)
"""After so long without a word of its agent it is away: two of its signs of life are missing."""
_LONGEST: Final = 1000
_ADVICE: Final[Mapping[str, str]] = {
    "Unschedulable": "kubectl describe pod {pod}: free a node, add one, or ask for less in AgentClass {class} (resources).",
    "ImagePullBackOff": "Look at the image of AgentClass {class}, and at images.pullSecrets of the chart's values.",
    "PullingImage": "The node fetches the image for the first time; agents.prePull does so beforehand.",
    "QuotaExceeded": "kubectl describe resourcequota -n {namespace}: raise it, or let another conversation end.",
    "CreateRefused": "The API server refuses the Job or its pod: the message says which rule.",
    "ContainerConfigError": "kubectl describe pod {pod}.",
    "WrongArchitecture": "AgentClass {class}: scheduling.nodeSelector, or an image for this kind of node.",
    "VolumePending": "kubectl describe pod {pod}: look at the storage class of AgentClass {class}.",
    "SandboxFailed": "The node cannot set up the pod's network: look at its network plugin.",
    "JobSuspended": "A queue or a person holds the Job {job}.",
    "SchedulingGated": "A scheduling gate holds the pod {pod}.",
    "WebhookUnavailable": "An admission webhook of the cluster does not answer.",
    "NotStarted": "kubectl describe job {job}, and the operator's log.",
    "ClassNotFound": "kubectl get agentclasses -n {namespace}: make AgentClass {class}, or name another one.",
    "ClassInvalid": "kubectl describe agentclass {class} -n {namespace}.",
}
_ASKED: Final[Mapping[str, str]] = {
    "approval": "whether a tool may be used",
    "question": "a question of the agent",
    "plan": "whether a plan is carried out",
    "push": "whether a push may go",
    "pull": "whether a pull request may be opened",
    "budget": "whether more may be spent",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something waits: one word for programs, a sentence, and what can be done."""

    word: str
    words: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class _Named:
    """What advice names."""

    namespace: str
    values: Mapping[str, str]

    def fill(self, text: str) -> str:
        for key, value in self.values.items():
            text = text.replace(f"{{{key}}}", value)
        return text.replace("{namespace}", self.namespace)


def explain(
    thread: Mapping[str, Any] | None, facts: Mapping[str, Any] | None, name: str, now: datetime
) -> list[Reason]:
    """Return every reason, the one that counts first.

    Args:
        thread: The AgentThread; None where there is none.
        facts: What the gateway's console tells; None where it is not known.
        name: Of the AgentThread.
        now: When.
    """
    namespace = ((thread or {}).get("metadata") or {}).get("namespace")
    place = f"{name} -n {namespace}" if namespace else name
    found = [*_explain_resource(thread or {}, now), *_explain_facts(facts or {}, now)]
    if found:
        return found
    if thread is None and facts is None:
        return [Reason("NotFound", f"There is no AgentThread {name} here.", "kubectl get agentthreads -A")]
    return [_explain_rest(thread or {}, facts, place, now)]


def build_lines(name: str, reasons: list[Reason]) -> list[str]:
    """Return what is shown."""
    lines = []
    for number, one in enumerate(reasons):
        lines += [f"{name}   {one.word}" if not number else f"and   {one.word}", f"  {one.words}"]
        lines += [f"  → {one.advice}"] if one.advice else []
    return lines


def _explain_resource(thread: Mapping[str, Any], now: datetime) -> Iterator[Reason]:
    meta, spec, status = (thread.get(key) or {} for key in ("metadata", "spec", "status"))
    name, namespace = str(meta.get("name", "")), str(meta.get("namespace", ""))
    run = status.get("run") or {}
    named = _Named(namespace, {
        "class": str((spec.get("classRef") or {}).get("name") or "default"),
        "pod": f"{run.get('podName') or '<its pod>'} -n {namespace}", "job": f"{run.get('jobName') or '<its job>'} -n {namespace}",
    })  # fmt: skip
    if meta.get("deletionTimestamp"):
        yield Reason("Deleting", "The AgentThread is being deleted; a new one is made once it is gone.")
    if spec.get("suspend") is True:
        patch = f'kubectl patch agentthread {name} -n {namespace} --type merge -p \'{{"spec":{{"suspend":false}}}}\''
        yield Reason("Suspended", "An administrator holds this conversation (spec.suspend): nothing runs.", patch)
    for condition in status.get("conditions") or []:
        if condition.get("type") == "Accepted" and condition.get("status") == "False":
            word = clean_line(condition.get("reason"), 100)
            yield Reason(word, clean_line(condition.get("message"), _LONGEST), named.fill(_ADVICE.get(word, "")))
            return
    wanted, stop, number = spec.get("run") or 0, spec.get("stop") or 0, run.get("number") or 0
    word = clean_line(run.get("reason"), 100)
    if wanted and wanted == number and not run.get("finishedAt") and word and stop < wanted:
        words = clean_line(run.get("message"), _LONGEST) or f"Run {number} waits."
        yield Reason(word, words, named.fill(_ADVICE.get(word, "")))
    elif wanted > number and stop < wanted:
        yield from _explain_unseen(wanted, meta, now)


def _explain_unseen(wanted: int, meta: Mapping[str, Any], now: datetime) -> Iterator[Reason]:
    changed = [
        at
        for one in meta.get("managedFields") or []
        if one.get("subresource") is None and (at := read_time(one.get("time"))) is not None
    ]
    since = max(changed, default=None)
    if since is not None and now - since > UNSEEN:
        words = f"Run {wanted} has been wanted for {show_age(since, now)}, and the operator has not looked at it."
        yield Reason(
            "OperatorAway",
            words,
            "Is the operator running? kubectl get pods -A -l app.kubernetes.io/component=operator",
        )


def _explain_facts(facts: Mapping[str, Any], now: datetime) -> Iterator[Reason]:
    running, waiting, run = (facts.get(key) or {} for key in ("running", "waiting", "run"))
    if facts.get("venue") == "orphaned":
        yield Reason("VenueGone", "The topic or chat of this conversation is gone: nothing can be said there any more.")
    elif facts.get("venue") == "closed":
        yield Reason("TopicClosed", "The topic is closed: its messages wait until it is opened again.")
    for one in (facts.get("asked") or [])[:3]:
        kind, until = clean_line(one.get("kind"), 40), read_time(one.get("until"))
        left = f", for {show_age(now, until)} more" if until is not None and until > now else ""
        yield Reason(
            "AsksPeople",
            f"People are asked {_ASKED.get(kind, f'something ({kind})')}{left}.",
            "Somebody has to tap a button in the chat: from here it cannot be decided.",
        )
    if (running or waiting) and (running.get("stopAsked") or run.get("stop")):
        yield Reason("Stopping", "What runs is being stopped; then the next begins.")
    elif running and _is_away(run, now):
        yield Reason(
            "AgentAway",
            f"Its agent has not been heard of for {_show_since(run.get('seenAt'), now)}: a new run follows.",
        )
    elif running and waiting:
        words = (
            f"An answer is being written, for {_show_since(running.get('startedAt'), now)}; {_count(facts)} behind it."
        )
        yield Reason("Behind", words)
    elif waiting:
        yield _explain_waiting(facts, waiting, run, now)


def _explain_waiting(
    facts: Mapping[str, Any], waiting: Mapping[str, Any], run: Mapping[str, Any], now: datetime
) -> Reason:
    slots, last = facts.get("slots") or {}, facts.get("lastRun") or {}
    opened, most, attempts = slots.get("open") or 0, slots.get("most") or 0, waiting.get("attempts") or 0
    ready = read_time(waiting.get("readyAt"))
    if run.get("attempts"):
        words = (
            f"The API server has refused the run {run['attempts']} times: {clean_line(run.get('message'), _LONGEST)}"
        )
        return Reason("RunRefused", words, _next(run.get("nextAt"), now))
    if attempts:
        why = clean_line(f"{last.get('reason') or '?'}: {last.get('message') or ''}", _LONGEST)
        return Reason("StartsFail", f"{attempts} runs ended before they took the message. The last: {why}")
    if not run and most and opened >= most:
        words = f"All {most} slots are taken (gateway.maxThreads), for {_show_since(waiting.get('askedAt'), now)}."
        return Reason("NoSlot", words, "End a conversation that needs none (stop), or raise gateway.maxThreads.")
    if ready is not None and ready > now:
        return Reason("MoreMayFollow", "What was written may have more parts: it is asked in a moment.")
    if run:
        return Reason(
            "Starting", f"A pod is being started for {_show_since(run.get('wantedAt'), now)} (run {run.get('number')})."
        )
    return Reason("Beginning", f"{_count(facts)}, and the next run is about to begin.")


def _explain_rest(thread: Mapping[str, Any], facts: Mapping[str, Any] | None, place: str, now: datetime) -> Reason:
    if facts is None:
        phase = clean_line((thread.get("status") or {}).get("phase") or "Idle", 20)
        words = (
            f"The resource shows nothing that it waits for (it is {phase}); what the gateway knows could not be read."
        )
        return Reason("Unknown", words)
    running = facts.get("running") or {}
    if running:
        return Reason(
            "Answering",
            f"Nothing waits. Its agent has been answering for {_show_since(running.get('startedAt'), now)}.",
        )
    last = facts.get("last") or {}
    if last.get("state") == "failed":
        words = f"Nothing waits. The last answer failed {_show_since(last.get('at'), now)} ago: {clean_line(last.get('reason'), 100)}."
        advice = f"kubectl openclaw transcript {place} shows what was asked, kubectl openclaw chat {place} -m TEXT asks it again."
        return Reason("LastFailed", words, advice)
    return Reason("Nothing", "Nothing waits.")


def _is_away(run: Mapping[str, Any], now: datetime) -> bool:
    seen = read_time(run.get("seenAt"))
    return run.get("state") == "live" and seen is not None and now - seen > AWAY


def _next(at: Any, now: datetime) -> str:
    moment = read_time(at)
    return f"It is tried again in {show_age(now, moment)}." if moment is not None and moment > now else ""


def _show_since(at: Any, now: datetime) -> str:
    return show_age(read_time(at), now) or "a moment"


def _count(facts: Mapping[str, Any]) -> str:
    queued = facts.get("queued") or 0
    return "one message waits" if queued == 1 else f"{queued} messages wait"
