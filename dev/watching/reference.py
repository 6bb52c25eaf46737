"""`docs/reference/metrics.md`: every metric that is exposed, as its module declares it."""

from __future__ import annotations

from typing import Final

from dev.watching.exposed import Metric, read_metrics

_HEAD: Final = """# Metrics

Written by `make generate` from what the modules declare. Gateway and operator expose these at port 9090, `/metrics`, in Prometheus'
text form and in OpenMetrics; histograms that are about one turn have its id as an exemplar there (`turn`), which is the id in log
lines, and its trace where one is told (`trace_id`). No metric has a label for a conversation, a chat or a person: labels are names in the code, in the settings, or of
AgentClasses and hooks; models are bounded to 200 and Telegram's methods to 60, what is beyond is counted as `other`.
How to read them, alerts and the dashboard: [watching](../how-to/watching.md).
"""
_STEPS: Final = """
## The steps of `openclaw_step_seconds`

Seconds are the database's, between times that stand in the rows. A step that a gateway began and another ended counts too.

| step | |
|---|---|
| `taken` | from an update stored to what it asks for done |
| `waited` | from a turn queued to a run that has it: for a slot, a pod, or the turn before it |
| `connected` | from a run wanted to its runner's first word: the resource, the Job, the pod |
| `ready` | from a runner's first word to an agent that answers it |
| `prompted` | from a turn given to a run to its prompt taken by the agent |
| `thought` | from the prompt taken to the first text: the model's own time, and tools before it |
| `worked` | from the prompt taken to the turn's end |
| `said` | from the final queued to the final in the chat |
| `whole` | from a turn queued to its final in the chat |
"""


def build_reference() -> str:
    """Return the page."""
    metrics = read_metrics()
    parts = [_build_part(part, [one for one in metrics if one.part == part]) for part in ("gateway", "operator")]
    return "\n".join([_HEAD, *parts]) + _STEPS


def _build_part(part: str, metrics: list[Metric]) -> str:
    rows = "\n".join(f"| {_name(one)} | {one.kind} | {one.words} |" for one in metrics)
    return f"## {part.capitalize()}\n\n| metric | kind | |\n|---|---|---|\n{rows}\n"


def _name(metric: Metric) -> str:
    labels = f"{{{','.join(metric.labels)}}}" if metric.labels else ""
    return f"`{metric.shown}{labels}`"
