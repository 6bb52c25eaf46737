"""Rules and columns of the definitions: what the API server refuses, and what `kubectl get` shows."""

from __future__ import annotations

from typing import Final

from agent_contract.agentschedule import CRON_SHAPE
from agent_contract.lenient import MAX_RUN

NAME_PATTERN = "^[a-z]([-a-z0-9]*[a-z0-9])?-n?[1-9][0-9]*(-[1-9][0-9]*)?$"
MAX_NAME = 63
# the name is read, not written: the API server can price that by the name's greatest length
_REST = "self.metadata.name.substring(size(self.spec.channel.bot) + 1).split('-')"
_NAME_RULE = (
    "self.metadata.name.startsWith(self.spec.channel.bot + '-')"
    f" && int({_REST}[0].replace('n', '-')) == self.spec.channel.chatId"
    f" && (has(self.spec.channel.topicId) ? size({_REST}) == 2 && int({_REST}[1]) == self.spec.channel.topicId"
    f" : size({_REST}) == 1)"
)

THREAD_RULES = [
    {
        "rule": _NAME_RULE,
        "message": "metadata.name must be <bot>-<chatId> or <bot>-<chatId>-<topicId>, a negative id written n…",
    }
]
SPEC_RULES = [
    {
        # what is over the bound was written before there was one, and can be mended
        "rule": f"!has(oldSelf.{field}) || (has(self.{field})"
        f" && (self.{field} >= oldSelf.{field} || oldSelf.{field} > {MAX_RUN}))",
        "message": f"{field} only grows",
    }
    for field in ("run", "stop")
]
_SAME_CLAIM = "(has(oldSelf.claim) && oldSelf.claim == self.claim)"
SPEC_RULES += [
    {
        "rule": "!has(self.claim) || (has(self.run) && self.claim.run <= self.run)",
        "message": "claim.run must be the run or one below it",
    },
    {
        # a run that was begun with a Job of its own gets no second pod, and one that has a pod keeps it
        "rule": f"!has(self.claim) || self.claim.run < self.run || {_SAME_CLAIM}"
        " || !has(oldSelf.run) || oldSelf.run < self.run",
        "message": "claim of a run comes with the run and cannot be changed",
    },
    {
        "rule": "!has(oldSelf.claim) || oldSelf.claim.run < self.run || (has(self.claim) && self.claim == oldSelf.claim)",
        "message": "claim of a run cannot be taken back",
    },
]
CHANNEL_RULES = [
    {"rule": "self == oldSelf", "message": "channel cannot be changed: an AgentThread is one conversation"},
]

THREAD_COLUMNS = [
    ("Title", "string", ".spec.title", 0),
    ("Phase", "string", ".status.phase", 0),
    ("Run", "integer", ".status.run.number", 0),
    ("Reason", "string", ".status.run.reason", 0),
    ("Age", "date", ".metadata.creationTimestamp", 0),
    ("Chat", "integer", ".spec.channel.chatId", 1),
    ("Topic", "integer", ".spec.channel.topicId", 1),
    ("Pod", "string", ".status.run.podName", 1),
    ("Class", "string", ".spec.classRef.name", 1),
    ("Spent", "string", ".status.spending.money", 1),
    ("Cold", "string", ".status.run.cold", 1),
]
SUBAGENT_RULES = [
    {"rule": "size(self.metadata.name) <= 63", "message": "metadata.name may have 63 characters: it becomes a label"},
]
_FIXED = ("task", "classRef", "timeoutSeconds", "workspace", "depth")
SUBAGENT_SPEC_RULES = [
    *(
        {"rule": f"self.{field} == oldSelf.{field}", "message": f"{field} cannot be changed: make another SubAgent"}
        for field in _FIXED
    ),
    {
        "rule": "has(self.parent) == has(oldSelf.parent) && (!has(self.parent) || self.parent == oldSelf.parent)",
        "message": "parent cannot be changed",
    },
    {"rule": "!oldSelf.cancel || self.cancel", "message": "cancel cannot be taken back"},
]
SUBAGENT_COLUMNS = [
    ("Thread", "string", ".spec.parent.name", 0),
    ("Phase", "string", ".status.phase", 0),
    ("Task", "string", ".status.summary.task", 0),
    ("Result", "string", ".status.summary.result", 0),
    ("Age", "date", ".metadata.creationTimestamp", 0),
    ("Reason", "string", ".status.reason", 1),
    ("Message", "string", ".status.message", 1),
    ("Pod", "string", ".status.podName", 1),
    ("Class", "string", ".spec.classRef.name", 1),
]
CLASS_COLUMNS = [
    ("Provider", "string", ".spec.model.provider", 0),
    ("Model", "string", ".spec.model.name", 0),
    ("Accepted", "string", '.status.conditions[?(@.type=="Accepted")].status', 0),
    ("Warm", "integer", ".status.warmPool.ready", 0),
    ("Unusable", "string", ".status.unusableConnections", 0),
    ("Age", "date", ".metadata.creationTimestamp", 0),
    ("Image", "string", ".spec.image", 1),
    ("Pool", "integer", ".status.warmPool.replicas", 1),
    ("Claimed", "integer", ".status.warmPool.claimed", 1),
    ("Starting", "integer", ".status.warmPool.starting", 1),
    ("Draining", "integer", ".status.warmPool.draining", 1),
    ("In line", "integer", ".status.inLine", 1),
    ("Cold", "string", ".status.warmPool.reason", 1),
]

SCHEDULE_SPEC_RULES: Final = [
    {"rule": "has(self.cron) != has(self.at)", "message": "set either cron (again and again) or at (once)"},
    {
        "rule": f"!has(self.cron) || self.cron.matches('{CRON_SHAPE}')",
        "message": "cron needs five fields (minute, hour, day of the month, month, day of the week), such as 0 9 * * 1-5, "
        "or a name such as @daily",
    },
    {
        "rule": "!has(self.timeZone) || has(self.cron)",
        "message": "timeZone goes with cron: at names its own offset from UTC",
    },
    {
        "rule": "!has(self.timeZone) || self.timeZone.matches('^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$')",
        "message": "timeZone must be a name such as Europe/Berlin or UTC",
    },
    {
        "rule": "self.threadRef == oldSelf.threadRef",
        "message": "threadRef cannot be changed: make another AgentSchedule",
    },
]
SCHEDULE_COLUMNS: Final = [
    ("Thread", "string", ".spec.threadRef.name", 0),
    ("Cron", "string", ".spec.cron", 0),
    ("Suspend", "boolean", ".spec.suspend", 0),
    ("Active", "integer", ".status.active", 0),
    ("Last", "date", ".status.lastAt", 0),
    ("Next", "string", ".status.nextAt", 0),
    ("Age", "date", ".metadata.creationTimestamp", 0),
    ("Zone", "string", ".spec.timeZone", 1),
    ("At", "string", ".spec.at", 1),
    ("Failures", "integer", ".status.failures", 1),
    ("Accepted", "string", '.status.conditions[?(@.type=="Accepted")].status', 1),
    ("Paused", "string", '.status.conditions[?(@.type=="Paused")].status', 1),
    ("Prompt", "string", ".spec.prompt", 1),
]
