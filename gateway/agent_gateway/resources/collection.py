"""One kind of custom resource in the agents' namespace: watched by an informer, written only while this gateway leads."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from agent_contract import names
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.packing import Form
from agent_kube.client import MERGE_PATCH, KubeClient
from agent_kube.errors import Away, Conflict, KubeError
from agent_kube.informer import Informer
from agent_kube.known import Absent, Known, Present
from agent_kube.source import Source

MANAGER = {"fieldManager": names.FIELD_MANAGER_GATEWAY}


class Unreadable(KubeError):
    """A resource stands that has not its kind's shape: nothing may be concluded from it. The text names its fields."""


class NameTaken(Exception):
    """A resource of this name stands that was not asked for here."""


class Named(Protocol):
    """A value that knows what it was read from."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def uid(self) -> str:
        """Its UID."""


T = TypeVar("T")
N = TypeVar("N", bound=Named)


class Watched(Generic[T]):
    """Reads one kind; what was read last stays known while the API server is away.

    Args:
        kube: The API server.
        namespace: Of agents.
        kind: Its name, as in `AgentThread`.
        plural: Its name in paths.
        form: How its values are read and kept.
        changes: Takes what changed; None where nobody needs to know.
    """

    def __init__(
        self,
        kube: KubeClient,
        namespace: str,
        kind: str,
        plural: str,
        form: Form[T],
        changes: Changes[T] | None = None,
    ) -> None:
        self._kube = kube
        self._namespace = namespace
        self._kind = kind
        self._changes = changes
        self._base = f"/apis/{names.API_VERSION}/namespaces/{namespace}/{plural}"
        self._form = form
        self._informer: Informer[Any] = Informer(kube, Source(self._base, kind), self._read, self._note)

    @property
    def synced(self) -> bool:
        """Say whether a complete list has been read once."""
        return self._informer.synced

    @property
    def problem(self) -> str | None:
        """Return in words why the resources cannot be read now; None while they can."""
        return self._informer.problem

    async def wait_synced(self) -> None:
        """Return once a complete list has been read."""
        await self._informer.wait_synced()

    async def watch(self) -> None:
        """Keep what is known up to date, for ever."""
        await self._informer.run()

    def known(self, name: str) -> Known[T]:
        """Return what is known of a resource: only one that is `Absent` is certainly not there."""
        found = self._informer.known(name)
        return Present(self._form.unpack(found.value)) if isinstance(found, Present) else found

    def cached(self, name: str) -> T | None:
        """Return a resource as last read; None says nothing about why there is none."""
        found = self.known(name)
        return found.value if isinstance(found, Present) else None

    def unreadable(self, name: str) -> str | None:
        """Return in words why a resource cannot be read as it is now; None where it can, or is not there."""
        return str(self._build_unreadable(name)) if self._informer.unreadable(name) else None

    async def get(self, name: str) -> T | None:
        """Read a resource from the API server; None if there certainly is none.

        Raises:
            Unreadable: it has not its kind's shape.
            KubeError: the API server does not tell.
        """
        found = await self._informer.get(name)
        if isinstance(found, Present):
            return self._form.unpack(found.value)
        if isinstance(found, Absent):
            return None
        raise self._build_unreadable(name)

    def _remember(self, raw: dict[str, Any]) -> T:
        """Keep the answer of a call of one's own.

        Raises:
            KubeError: it cannot be read; as of `get`.
        """
        try:
            found = self._informer.remember(raw)
        except ValueError as error:
            raise Away("The Kubernetes API answered with something that is no object.", None, "NoObject") from error
        if found is None:
            raise self._build_unreadable(str(raw["metadata"]["name"]))
        return self._form.unpack(found)

    def _read(self, raw: Any) -> Any:
        return self._form.pack(self._form.read(raw))

    def _build_unreadable(self, name: str) -> Unreadable:
        words = self._informer.unreadable(name) or "it cannot be read"
        return Unreadable(f"The {self._kind} {name} is not valid ({words}).", None, "Unreadable")

    def _note(self, name: str, old: Any, _: Any) -> None:
        if self._changes is not None:
            before = None if old is None else self._form.unpack(old)
            self._changes.note(name, before, first=not self._informer.synced)


class Collection(Watched[N]):
    """Reads and writes one kind.

    Before each write `check` is asked whether this gateway still leads. What remains: a call that is on its way when the
    lead is lost, and a process that stands still between the question and the call. The API server then carries out at
    most what the former leader had already decided, once: a run is written under the resourceVersion that its number was
    computed from, `spec.stop` and `spec.cancel` never go back, a deletion names the UID, and what is created has a name
    that follows from the conversation. Only a title and an Event may come late; the next leader mends the title.

    Args:
        kube: The API server.
        namespace: Of agents.
        kind: Its name, as in `AgentThread`.
        plural: Its name in paths.
        form: How its values are read and kept.
        changes: Takes what changed.
        check: Raises LeadershipLost unless this gateway leads.
    """

    def __init__(
        self,
        kube: KubeClient,
        namespace: str,
        kind: str,
        plural: str,
        form: Form[N],
        changes: Changes[N],
        check: Callable[[], None],
    ) -> None:
        super().__init__(kube, namespace, kind, plural, form, changes)
        self._check = check

    async def say(self, resource: N, reason: str, message: str) -> None:
        """Put a warning Event on a resource, where `kubectl describe` shows it; once for each reason.

        Raises:
            LeadershipLost: this gateway does not lead.
            KubeError: the API server refuses it.
        """
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        reference = {
            "apiVersion": names.API_VERSION, "kind": self._kind, "name": resource.name, "namespace": self._namespace,
            "uid": resource.uid,
        }  # fmt: skip
        event = {
            "metadata": {"name": f"{resource.name}.{reason.lower()}.{resource.uid[:8]}"},
            "involvedObject": reference, "reason": reason, "message": message, "type": "Warning", "count": 1,
            "firstTimestamp": now, "lastTimestamp": now, "source": {"component": names.FIELD_MANAGER_GATEWAY},
        }  # fmt: skip
        try:
            await self._write("POST", f"/api/v1/namespaces/{self._namespace}/events", event)
        except Conflict:
            return  # said already

    async def _create(self, body: dict[str, Any]) -> N:
        return self._remember(await self._write("POST", self._base, body, params=MANAGER))

    async def _create_once(self, body: dict[str, Any], is_ours: Callable[[N], bool]) -> N:
        """Create a resource; one that stands already as asked for is success.

        Raises:
            NameTaken: somebody else made one of this name.
            KubeError: the API server refuses it.
        """
        try:
            return await self._create(body)
        except Conflict:
            found = await self.get(body["metadata"]["name"])
        if found is None:
            raise Away(f"The {body['kind']} came and went.", None, "Conflict")
        if not is_ours(found):
            raise NameTaken(found.name)
        return found

    async def _patch(self, name: str, patch: dict[str, Any]) -> N:
        return self._remember(await self._merge(name, patch))

    async def _patch_any(self, name: str, patch: dict[str, Any]) -> None:
        """Change a resource that may be one that cannot be read: what was asked for is done all the same."""
        answer = await self._merge(name, patch)
        with contextlib.suppress(Unreadable):
            self._remember(answer)

    async def _merge(self, name: str, patch: dict[str, Any]) -> dict[str, Any]:
        return await self._write("PATCH", f"{self._base}/{name}", patch, params=MANAGER, content_type=MERGE_PATCH)

    async def _write(
        self,
        method: str,
        path: str,
        body: dict[str, Any],
        *,
        params: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        self._check()
        return await self._kube.request(method, path, body=body, params=params, content_type=content_type)
