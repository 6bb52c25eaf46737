"""A sub-agent's run at the runners' port."""

from __future__ import annotations

from agent_contract import names
from agent_gateway.store.rows import NewSubAgent


async def start_child(port, parent, turn, class_name="default"):
    """Start a sub-agent whose pod bears `token-k1`, and let it join; return its thread and its runner."""
    new = NewSubAgent(
        parent=parent, parent_uid="u", parent_run=1, call_id="c1", turn_id=turn.id, reply_to=None, task="t",
        class_name=class_name, timeout=60, workspace="Empty", depth=1,
    )  # fmt: skip
    async with port.store.transaction() as tx:
        child = await tx.subagents.add(new)
    own = await port.store.threads.by_id(child.thread_id)
    await port.store.runs.want(own.id, 1, "thread-uid")
    port.kube.add_pod(own.name, 1, "pod-k1", token="token-k1")
    labels = port.kube.pods["pod-k1"]["metadata"]["labels"]
    labels[names.LABEL_SUBAGENT] = labels[names.LABEL_THREAD]
    return own, await port.join("token-k1")
