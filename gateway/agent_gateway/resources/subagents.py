"""SubAgents: the gateway writes their spec, and watches what the operator says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from agent_contract import names
from agent_contract.subagent import SubAgent
from agent_contract.text import REPLACEMENT, strip_controls
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.collection import Collection
from agent_gateway.resources.packing import Form, pack_subagent, unpack_subagent
from agent_gateway.resources.reading import read_subagent
from agent_gateway.resources.values import SubAgentValue, ThreadValue
from agent_gateway.store.rows import SubAgentRow
from agent_kube.client import KubeClient
from agent_kube.errors import NotFound

KIND = "SubAgent"
FORM = Form(read_subagent, pack_subagent, unpack_subagent)


class SubAgents(Collection[SubAgentValue]):
    """Client and cache of one namespace's SubAgents.

    Args:
        kube: The API server.
        namespace: Of agents.
        changes: Takes what changed.
        check: Raises LeadershipLost unless this gateway leads; asked before each write.
    """

    def __init__(
        self, kube: KubeClient, namespace: str, changes: Changes[SubAgentValue], check: Callable[[], None]
    ) -> None:
        super().__init__(kube, namespace, KIND, names.SUB_AGENTS, FORM, changes, check)

    async def create(self, child: SubAgentRow, root: str, parent: ThreadValue | SubAgentValue | None) -> SubAgentValue:
        """Create the resource of a sub-agent that is wanted; one that stands already as asked for is success.

        Args:
            child: What is wanted.
            root: The name of the conversation that it works for.
            parent: The parent's resource, which then owns it; None where there is none any more.

        Raises:
            NameTaken: somebody else made one of this name.
            KubeError: the API server refuses it.
            LeadershipLost: this gateway does not lead.
        """
        manifest = build_manifest(child, root, parent)
        return await self._create_once(manifest, lambda found: found.call_id == child.call_id)

    async def cancel(self, name: str) -> None:
        """Write that it is to end; nothing to do where it is gone.

        Raises:
            KubeError: the API server refuses it.
            LeadershipLost: this gateway does not lead.
        """
        try:
            await self._patch_any(name, {"spec": {"cancel": True}})
        except NotFound:
            return

    async def read_task(self, found: SubAgentValue) -> str | None:
        """Return the task of this very resource, which is not kept; None where it is gone.

        Raises:
            KubeError: it cannot be read.
        """
        try:
            raw = await self._kube.request("GET", f"{self._base}/{found.name}")
            whole = SubAgent.model_validate(raw)
        except NotFound:
            return None
        except ValidationError:
            raise self._build_unreadable(found.name) from None
        return whole.spec.task if whole.uid == found.uid else None


def build_manifest(child: SubAgentRow, root: str, parent: ThreadValue | SubAgentValue | None) -> dict[str, Any]:
    """Build the resource of a sub-agent that is wanted; arguments as of `SubAgents.create`."""
    metadata: dict[str, Any] = {
        "name": child.name,
        "labels": {names.LABEL_THREAD: root, names.LABEL_CALL: child.call_id},
    }
    spec: dict[str, Any] = {
        "task": strip_controls(child.task) or REPLACEMENT, "classRef": {"name": child.class_name}, "timeoutSeconds": child.timeout,
        "workspace": child.workspace, "depth": child.depth,
    }  # fmt: skip
    if parent is not None:
        kind = "AgentThread" if isinstance(parent, ThreadValue) else KIND
        spec["parent"] = {
            "kind": kind, "name": parent.name, "uid": parent.uid, "run": child.parent_run, "callId": child.call_id,
        }  # fmt: skip
        metadata["ownerReferences"] = [
            {"apiVersion": names.API_VERSION, "kind": kind, "name": parent.name, "uid": parent.uid}
        ]
    return {"apiVersion": names.API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}
