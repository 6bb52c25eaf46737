"""SubAgents: the gateway writes their spec, and watches what the operator says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent_contract import names
from agent_contract.agentthread import AgentThread
from agent_contract.subagent import SubAgent
from agent_gateway.kube import KubeClient, KubeError
from agent_gateway.resources.watched import CONFLICT, MANAGER, NOT_FOUND, Watched
from agent_gateway.store.rows import SubAgentRow

KIND = "SubAgent"


class NameTaken(Exception):
    """A SubAgent of this name stands that was not asked for here."""


class SubAgents(Watched[SubAgent]):
    """Client and cache of one namespace's SubAgents."""

    def __init__(self, kube: KubeClient, namespace: str, on_change: Callable[[str], None]) -> None:
        super().__init__(kube, namespace, KIND, names.SUB_AGENTS, SubAgent.model_validate, on_change)

    async def create(self, child: SubAgentRow, root: str, parent: AgentThread | SubAgent | None) -> SubAgent:
        """Create the resource of a sub-agent that is wanted; one that stands already as asked for is success.

        Args:
            child: What is wanted.
            root: The name of the conversation that it works for.
            parent: The parent's resource, which then owns it; None where there is none any more.

        Raises:
            NameTaken: somebody else made one of this name.
            KubeError: the API server refuses it.
        """
        try:
            return self._remember(
                await self._kube.request("POST", self._base, body=build_manifest(child, root, parent), params=MANAGER)
            )
        except KubeError as error:
            if error.status != CONFLICT:
                raise
        found = await self.get(child.name)
        if found is None:
            raise KubeError(None, "Conflict", "the SubAgent came and went")
        if found.metadata.get("labels", {}).get(names.LABEL_CALL) != child.call_id:
            raise NameTaken(child.name)
        return found

    async def cancel(self, name: str) -> None:
        """Write that it is to end; nothing to do where it is gone."""
        try:
            await self._patch(name, {"spec": {"cancel": True}})
        except KubeError as error:
            if error.status != NOT_FOUND:
                raise


def build_manifest(child: SubAgentRow, root: str, parent: AgentThread | SubAgent | None) -> dict[str, Any]:
    """Build the resource of a sub-agent that is wanted; arguments as of `SubAgents.create`."""
    metadata: dict[str, Any] = {
        "name": child.name,
        "labels": {names.LABEL_THREAD: root, names.LABEL_CALL: child.call_id},
    }
    spec: dict[str, Any] = {
        "task": child.task, "classRef": {"name": child.class_name}, "timeoutSeconds": child.timeout,
        "workspace": child.workspace, "depth": child.depth,
    }  # fmt: skip
    if parent is not None:
        kind = "AgentThread" if isinstance(parent, AgentThread) else KIND
        spec["parent"] = {
            "kind": kind, "name": parent.name, "uid": parent.uid, "run": child.parent_run, "callId": child.call_id,
        }  # fmt: skip
        metadata["ownerReferences"] = [
            {"apiVersion": names.API_VERSION, "kind": kind, "name": parent.name, "uid": parent.uid}
        ]
    return {"apiVersion": names.API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}
