"""A cache of one kind of custom resource, kept by a watch."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from pydantic import ValidationError

from agent_contract import names
from agent_gateway.kube import KubeClient, KubeError

_log = logging.getLogger(__name__)
_DENIED = re.compile("exceeded quota|admission webhook|AdmissionPolicy")
"""In the words of a refusal that has nothing to do with roles."""
NOT_FOUND, CONFLICT, GONE = 404, 409, 410
MERGE_PATCH = "application/merge-patch+json"
MANAGER = {"fieldManager": names.FIELD_MANAGER_GATEWAY}


class Resource(Protocol):
    """A custom resource as it stands in the API server."""

    @property
    def metadata(self) -> dict[str, Any]:
        """Its metadata."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def uid(self) -> str:
        """Its UID."""


R = TypeVar("R", bound=Resource)


class Watched(Generic[R]):
    """Client and cache of one kind in one namespace.

    Args:
        kube: The API server.
        namespace: Of agents.
        kind: Its name, as in `AgentThread`.
        plural: Its name in paths.
        read: Makes the model of what the API server sends; raises pydantic's ValidationError.
        on_change: Called with the name of a resource that changed or went.
    """

    def __init__(
        self,
        kube: KubeClient,
        namespace: str,
        kind: str,
        plural: str,
        read: Callable[[Any], R],
        on_change: Callable[[str], None],
    ) -> None:
        self._kube = kube
        self._namespace = namespace
        self._kind = kind
        self._read = read
        self._on_change = on_change
        self._base = f"/apis/{names.API_VERSION}/namespaces/{namespace}/{plural}"
        self._cache: dict[str, R] = {}
        self.synced = asyncio.Event()
        self.problem: str | None = None
        """Why the resources cannot be read, in words; None while they can."""

    def cached(self, name: str) -> R | None:
        """Return the resource as last watched."""
        return self._cache.get(name)

    def all_cached(self) -> list[R]:
        """Return every resource as last watched."""
        return list(self._cache.values())

    async def get(self, name: str) -> R | None:
        """Read a resource from the API server; None if there is none."""
        try:
            return self._remember(await self._kube.request("GET", f"{self._base}/{name}"))
        except KubeError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    async def say(self, resource: R, reason: str, message: str) -> None:
        """Put a warning Event on a resource, where `kubectl describe` shows it."""
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        meta = resource.metadata
        reference = {
            "apiVersion": names.API_VERSION, "kind": self._kind, "name": meta["name"], "namespace": self._namespace,
            "uid": meta["uid"],
        }  # fmt: skip
        event = {
            "metadata": {"name": f"{meta['name']}.{reason.lower()}.{meta['uid'][:8]}"},
            "involvedObject": reference, "reason": reason, "message": message, "type": "Warning", "count": 1,
            "firstTimestamp": now, "lastTimestamp": now, "source": {"component": names.FIELD_MANAGER_GATEWAY},
        }  # fmt: skip
        try:
            await self._kube.request("POST", f"/api/v1/namespaces/{self._namespace}/events", body=event)
        except KubeError as error:
            if error.status != CONFLICT:  # said already
                raise

    async def watch(self) -> None:
        """Keep the cache, for ever; what breaks is begun anew with a list."""
        pause = 0.2
        while True:
            try:
                version = await self._list()
                self.problem = None
                pause = 0.2
                await self._follow(version)
            except KubeError as error:
                if error.status != GONE:
                    self.problem = explain(error, self._kind)
                    _log.warning(
                        "watch_broke", extra={"kind": self._kind, "reason": error.reason, "status": error.status}
                    )
                    pause = min(pause * 2, 10.0)
            except (OSError, ValueError, KeyError) as error:  # no token to read; an answer that is none
                self.problem = f"{self._kind}s cannot be read: {type(error).__name__}"
                _log.warning("watch_broke", extra={"kind": self._kind, "reason": type(error).__name__, "status": None})
                pause = min(pause * 2, 10.0)
            await asyncio.sleep(pause)

    async def _patch(self, name: str, patch: dict[str, Any]) -> dict[str, Any]:
        return await self._kube.request(
            "PATCH", f"{self._base}/{name}", body=patch, content_type=MERGE_PATCH, params=MANAGER
        )

    async def _list(self) -> str:
        listed = await self._kube.request("GET", self._base)
        before = set(self._cache)
        found = {item["metadata"]["name"] for item in listed["items"]}
        for item in listed["items"]:
            self._take(item)
        for name in before - found:
            self._cache.pop(name, None)
            self._on_change(name)
        self.synced.set()
        return str(listed["metadata"]["resourceVersion"])

    async def _follow(self, version: str) -> None:
        params = {"resourceVersion": version, "allowWatchBookmarks": "true", "timeoutSeconds": "290"}
        async for event in self._kube.watch(self._base, params=params, idle=90.0):
            if event["type"] == "BOOKMARK":
                continue
            name = event["object"]["metadata"]["name"]
            if event["type"] == "DELETED":
                self._cache.pop(name, None)
                self._on_change(name)
            else:
                self._take(event["object"])

    def _take(self, raw: dict[str, Any]) -> None:
        """Take what the API server tells; one that cannot be read leaves what is known of it, and all others, alone."""
        try:
            self._remember(raw)
        except KubeError as error:
            _log.warning(
                "resource_unreadable",
                extra={"kind": self._kind, "resource": raw["metadata"]["name"], "why": str(error)},
            )
        self._on_change(raw["metadata"]["name"])

    def _remember(self, raw: dict[str, Any]) -> R:
        """Keep the newest of a resource.

        Raises:
            KubeError: it has not its kind's shape; the text names the fields.
        """
        try:
            found = self._read(raw)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            fields = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems)
            raise KubeError(None, "Unreadable", f"its {self._kind} is not valid ({fields[:500]})") from error
        known = self._cache.get(found.name)
        if known is None or known.uid != found.uid or _version(found) >= _version(known):
            self._cache[found.name] = found
        return found


def explain(error: KubeError, kind: str) -> str:
    """Say in words, and with what to do, why resources cannot be read or written."""
    if error.status == NOT_FOUND:
        return f"The {kind} resource is not known to the cluster: apply the chart's crds/ folder."
    if error.status == 403 and not _DENIED.search(str(error)):
        return f"The gateway may not read or write {kind}s: its Role or RoleBinding is missing."
    return f"{kind}s cannot be read or written: {error}"


def _version(resource: Resource) -> int:
    try:
        return int(resource.metadata["resourceVersion"])
    except (KeyError, ValueError):
        return 0
