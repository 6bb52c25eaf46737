"""The routing table: what happens in the cluster, and whose turn it is then.

Only `on.event` is used: no annotation, finalizer, timer or index of kopf's stands anywhere. An event merely puts its
owner's key on the queue; what is to be done is decided by looking.
"""

from __future__ import annotations

from typing import Any

import kopf

from agent_contract import names
from agent_operator.context import Context, Owner

_OURS = {names.LABEL_MANAGED_BY: names.MANAGED_BY}


@kopf.on.event(names.GROUP, names.VERSION, names.AGENT_THREADS)
async def thread_changed(event: kopf.RawEvent, memo: kopf.Memo, **_: Any) -> None:
    """Look at a thread that changed, unless it rests: a restart costs no call for it."""
    _context(memo).thread_changed(event["object"])


@kopf.on.event(names.GROUP, names.VERSION, names.SUB_AGENTS)
async def subagent_changed(event: kopf.RawEvent, memo: kopf.Memo, **_: Any) -> None:
    """Look at a sub-agent that changed or went, unless it rests."""
    _context(memo).subagent_changed(event["object"], gone=event["type"] == "DELETED")


@kopf.on.event(names.GROUP, names.VERSION, names.AGENT_CLASSES)
async def class_changed(event: kopf.RawEvent, memo: kopf.Memo, **_: Any) -> None:
    """Look at a class that changed, and at the threads that may wait for it."""
    _context(memo).class_changed(event["object"])


@kopf.on.event("batch", "v1", "jobs", labels=_OURS)
@kopf.on.event("", "v1", "pods", labels=_OURS)
async def child_changed(uid: str | None, labels: kopf.Labels, event: kopf.RawEvent, memo: kopf.Memo, **_: Any) -> None:
    """Look at the thread or sub-agent of a Job or pod that changed."""
    context = _context(memo)
    # a sub-agent's carry the name of the thread that it works for besides
    owner = Owner(labels.get(names.LABEL_SUBAGENT), labels.get(names.LABEL_THREAD))
    if not (owner.subagent or owner.thread) or uid is None:
        return
    if event["type"] == "DELETED":
        context.owners.pop(uid, None)
    else:
        context.owners[uid] = owner
    if event["type"] is not None:  # a first listing tells nothing that the listing of threads does not
        context.look_at(owner)


@kopf.on.event("", "v1", "events")
async def warned(body: kopf.Body, event: kopf.RawEvent, memo: kopf.Memo, **_: Any) -> None:
    """Look at the thread or sub-agent whose Job or pod was warned of, or whose image is on its way."""
    context = _context(memo)
    told = body.get("type") == "Warning" or body.get("reason") == "Pulling"
    if not told or event["type"] is None:
        return
    owner = context.owners.get(body.get("involvedObject", {}).get("uid", ""))
    if owner is not None:
        context.look_at(owner)


def _context(memo: kopf.Memo) -> Context:
    context: Context = memo.context
    return context
