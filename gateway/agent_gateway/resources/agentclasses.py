"""AgentClasses, as last read: a class that cannot be read for a moment is still what it was."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from agent_contract import names
from agent_contract.repositories import ConnectionStatus
from agent_gateway.resources.collection import MANAGER, Watched
from agent_gateway.resources.packing import Form
from agent_gateway.resources.reading import read_class
from agent_gateway.resources.values import ClassValue
from agent_kube.client import MERGE_PATCH, KubeClient
from agent_kube.errors import Away, KubeError
from agent_kube.known import Absent, Present

KIND = "AgentClass"
FORM: Final = Form(read_class, lambda found: found, lambda kept: kept)
"""There are few of them."""
DEFAULTS: Final = read_class({})
"""Of a class that is certainly not there: the operator tells on the thread what is wrong with it."""
FIRST_LIST_SECONDS = 2.0
"""How long `agent_class` waits for the first list of a process that has just begun to lead."""


class AgentClasses(Watched[ClassValue]):
    """Cache of one namespace's AgentClasses; the gateway writes what their status says of connections and of who is next.

    Args:
        kube: The API server.
        namespace: Of agents.
    """

    def __init__(self, kube: KubeClient, namespace: str) -> None:
        super().__init__(kube, namespace, KIND, names.AGENT_CLASSES, FORM)

    async def tell_connections(self, name: str, told: Sequence[ConnectionStatus], unusable: str) -> None:
        """Write what is said of connections into the status of a class.

        Raises:
            KubeError: the API server does not take it.
        """
        said = {"connections": [one.to_dict() for one in told], "unusableConnections": unusable}
        path = f"{self._base}/{name}/status"
        await self._kube.request("PATCH", path, body={"status": said}, params=MANAGER, content_type=MERGE_PATCH)

    async def tell_line(self, name: str, in_line: int) -> None:
        """Write how many of those who are next in line want a class into its status.

        Raises:
            KubeError: the API server does not take it.
        """
        path = f"{self._base}/{name}/status"
        body = {"status": {"inLine": in_line or None}}
        await self._kube.request("PATCH", path, body=body, params=MANAGER, content_type=MERGE_PATCH)

    async def agent_class(self, name: str) -> ClassValue:
        """Return a class as last read, or the defaults where it is certainly not there.

        Raises:
            KubeError: nothing is known of it, so that nothing may be decided by it.
        """
        if not self.synced:
            try:
                async with asyncio.timeout(FIRST_LIST_SECONDS):
                    await self.wait_synced()
            except TimeoutError:
                raise self._build_unknown(name) from None
        found = self.known(name)
        if isinstance(found, Present):
            return found.value
        if isinstance(found, Absent):
            return DEFAULTS
        raise self._build_unknown(name)

    def all(self) -> list[ClassValue]:
        """Return every class as last read."""
        return self._informer.all()

    def find_uid(self, name: str) -> str | None:
        """Return the UID of a class as last read; None where it is certainly not there.

        Raises:
            KubeError: nothing is known of it.
        """
        found = self.known(name)
        if isinstance(found, Present):
            return found.value.uid or None
        if isinstance(found, Absent):
            return None
        raise self._build_unknown(name)

    def find_pool(self, name: str) -> str | None:
        """Return the hash of the pods of a class's warm pool that may be claimed; None where there is no pool."""
        found = self.known(name)
        return found.value.pool_hash if isinstance(found, Present) else None

    async def find_class(self, name: str) -> ClassValue | None:
        """Return a class; None where nothing is known of it, so that nothing may be decided by it."""
        try:
            return await self.agent_class(name)
        except KubeError:
            return None

    def _build_unknown(self, name: str) -> KubeError:
        words = self._informer.unreadable(name)
        return (
            self._build_unreadable(name) if words else Away(f"The {KIND} {name} cannot be read now.", None, "Unknown")
        )
