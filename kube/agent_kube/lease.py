"""Who of several processes works: a `coordination.k8s.io/v1` Lease, held by renewing it.

An observer trusts no clock but its own: a lease is free when its record has not changed for as long as it says it lasts.
Its holder stops to trust it well before that (`LeaseTimes`), so that two never work at the same time, whatever is frozen.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent_kube.client import KubeClient
from agent_kube.errors import Conflict, KubeError, NotFound

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """Seconds.

    Attributes:
        lasts: For which others leave a record alone that does not change.
        trusted: For which its holder believes in it after a renewal began; shorter by what a call under way may take.
        pause: Between two renewals, and between two reads of who waits.
    """

    lasts: float = 8.0
    trusted: float = 5.0
    pause: float = 1.5


def boot_seconds() -> float:
    """Return seconds that never jump, and go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Lease:
    """Holds a Lease, or waits for it.

    Args:
        client: The API server.
        namespace: Of the Lease.
        name: Its name; it is made where it is missing.
        identity: Of this process, unlike any other's.
        times: How long it lasts.
        clock: Seconds that never jump.
    """

    def __init__(
        self,
        client: KubeClient,
        namespace: str,
        name: str,
        identity: str,
        times: LeaseTimes | None = None,
        clock: Callable[[], float] = boot_seconds,
    ) -> None:
        self._client = client
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._name = name
        self._identity = identity
        self._times = times or LeaseTimes()
        self._clock = clock
        self._trusted_until = clock()
        self._record: dict[str, Any] | None = None
        self._seen_at = clock()
        self._leaving = False
        self._turned = asyncio.Condition()
        self.problem: str | None = None
        """Why the Lease cannot be read or written; None while it can."""

    def held(self) -> bool:
        """Say whether this process may work, now."""
        return self._clock() < self._trusted_until

    async def wait(self, *, held: bool) -> None:
        """Return once the lease is held, or once it is not."""
        while self.held() is not held:
            rest = self._trusted_until - self._clock() if not held else None
            try:
                async with asyncio.timeout(rest), self._turned:
                    await self._turned.wait()
            except TimeoutError:
                continue

    async def run(self) -> None:
        """Take the lease when it is free, and renew it, until it is given up."""
        while not self._leaving:
            await self._step()
            await asyncio.sleep(self._times.pause)

    async def give_up(self) -> None:
        """Stop to work, and let another begin at once; to be called when nothing is under way any more."""
        self._leaving = True
        held, self._trusted_until = self.held(), self._clock()
        await self._notify()
        if not held:
            return
        try:
            await self._read(self._clock())  # a renewal may have been cut short
            spec = self._record["spec"] if self._record is not None else {}
            if spec.get("holderIdentity") == self._identity:
                await self._put({**spec, "holderIdentity": "", "leaseDurationSeconds": 1})
        except KubeError as error:
            _log.warning("lease_kept", extra={"lease": self._name, "reason": error.reason})

    async def _step(self) -> None:
        try:
            async with asyncio.timeout(self._times.trusted):
                await self._take()
            self.problem = None
        except (KubeError, TimeoutError) as error:
            self.problem = f"The Lease {self._name} cannot be read or written: {error or type(error).__name__}"
            _log.warning("lease_unreachable", extra={"lease": self._name, "error": type(error).__name__})
        if not self.held():
            await self._notify()

    async def _take(self) -> None:
        begun = self._clock()
        if not self.held() or self._record is None:
            await self._read(begun)
        if self._record is not None and not self._may_take(self._record["spec"]):
            self._trusted_until = min(self._trusted_until, begun)
            return
        was_held = self.held()
        try:
            if self._record is None:
                await self._make()
            else:
                await self._put(self._renewed(self._record["spec"]))
        except Conflict:  # another was faster
            self._record = None
            return
        self._trusted_until = begun + self._times.trusted
        if not was_held:
            _log.info("lease_taken", extra={"lease": self._name, "identity": self._identity})
            await self._notify()

    async def _read(self, now: float) -> None:
        try:
            found = await self._client.request("GET", f"{self._path}/{self._name}")
        except NotFound:
            self._record = None
            return
        known = self._record
        self._record = {**found, "spec": found.get("spec") or {}}
        if known is None or known["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
            self._seen_at = now

    def _may_take(self, spec: dict[str, Any]) -> bool:
        holder = spec.get("holderIdentity") or ""
        if holder in {"", self._identity}:
            return True
        return self._clock() - self._seen_at > float(spec.get("leaseDurationSeconds") or self._times.lasts)

    def _renewed(self, spec: dict[str, Any]) -> dict[str, Any]:
        now = self._client.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        same = spec.get("holderIdentity") == self._identity
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": round(self._times.lasts),
            "acquireTime": spec.get("acquireTime", now) if same else now,
            "renewTime": now,
            "leaseTransitions": int(spec.get("leaseTransitions") or 0) + (0 if same else 1),
        }

    async def _make(self) -> None:
        body = {"metadata": {"name": self._name}, "spec": self._renewed({})}
        self._record = await self._client.request("POST", self._path, body=body)

    async def _put(self, spec: dict[str, Any]) -> None:
        """Write the record as it was read: whoever writes in between wins."""
        if self._record is None:
            return
        body = {**self._record, "spec": spec}
        self._record = await self._client.request("PUT", f"{self._path}/{self._name}", body=body)

    async def _notify(self) -> None:
        async with self._turned:
            self._turned.notify_all()
