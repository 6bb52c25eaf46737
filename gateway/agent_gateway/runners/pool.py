"""Connections of pods that wait for conversations: un-welcomed, and believed nothing but which pod they are."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

from agent_gateway.metrics import LIMITS, WARM_CONNECTED
from agent_gateway.runners.proving import Identity
from agent_gateway.store.claims import Claim, WarmPod

MOST_OF_POOL: Final = 200
"""Connections of one class and hash: twice what a pool may have, as one that is drained stands beside its successor."""
MOST_HELD: Final = 500
"""In all."""


class HeldPod:
    """A pod that waits.

    Args:
        pod: Which.
        is_open: Says whether its connection stands, as far as anybody knows.
        abort: Cuts it, so that the pod connects anew.
    """

    def __init__(self, pod: WarmPod, is_open: Callable[[], bool], abort: Callable[[], object]) -> None:
        self.pod = pod
        self.abort = abort
        self._is_open = is_open
        self.claimed: asyncio.Future[tuple[Identity, Claim]] = asyncio.get_running_loop().create_future()
        """Done once it is somebody's; cancelled where the connection is gone."""
        self.begun: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        """Done once welcome and turn are on their way: False where they could not be sent."""

    @property
    def waits(self) -> bool:
        """Say whether it can be claimed."""
        return self._is_open() and not self.claimed.done()

    def begin(self, claim: Claim) -> Identity | None:
        """Give it the run that was recorded for it; return who it is now, None where its connection is gone."""
        if not self.waits:
            return None
        pod = self.pod
        who = Identity(
            claim.thread.name, claim.thread.id, claim.run.number, pod.pod_name, pod.pod_uid, pod.job_name
        )  # fmt: skip
        self.claimed.set_result((who, claim))
        return who

    def note_begun(self, sent: bool) -> None:
        """Tell whoever claimed it whether welcome and turn are on their way; the first word stands."""
        if not self.begun.done():
            self.begun.set_result(sent)

    def close(self) -> None:
        """Note that the connection is gone."""
        self.claimed.cancel()
        self.note_begun(False)


class WarmPool:
    """Holds them by class and hash, each until it is taken or gone. A pod has one: the newest."""

    def __init__(self) -> None:
        self._held: dict[str, HeldPod] = {}
        self.closing = False

    def add(self, held: HeldPod) -> bool:
        """Hold a connection; False where there are too many."""
        pod = held.pod
        self._held.pop(pod.pod_uid, None)
        alike = sum(
            1 for one in self._held.values() if (one.pod.class_name, one.pod.hash) == (pod.class_name, pod.hash)
        )
        if self.closing or alike >= MOST_OF_POOL or len(self._held) >= MOST_HELD:
            LIMITS.labels("warm_pods").inc()
            return False
        self._held[pod.pod_uid] = held
        self._tell()
        return True

    def remove(self, held: HeldPod) -> None:
        """Hold a connection no more: it is gone, or somebody's."""
        if self._held.get(held.pod.pod_uid) is held:
            del self._held[held.pod.pod_uid]
            self._tell()

    def find(self, class_name: str, pool_hash: str) -> HeldPod | None:
        """Return the pod that has waited longest; None where none waits."""
        wanted = (class_name, pool_hash)
        return next((h for h in self._held.values() if (h.pod.class_name, h.pod.hash) == wanted and h.waits), None)

    def take(self, class_name: str, pool_hash: str) -> HeldPod | None:
        """Return the pod that has waited longest, which nobody else is given any more; None where none waits."""
        held = self.find(class_name, pool_hash)
        if held is not None:
            self.remove(held)
        return held

    def give_back(self, held: HeldPod) -> None:
        """Let one that was taken wait again, at the end of the line, as nothing was recorded of it."""
        if not (held.waits and self.add(held)):
            held.abort()

    def count(self) -> int:
        """Count those that wait."""
        return len(self._held)

    def close(self) -> None:
        """Cut all connections: their pods come back to the next gateway."""
        self.closing = True
        for held in list(self._held.values()):
            held.abort()

    def _tell(self) -> None:
        WARM_CONNECTED.clear()
        for name, number in Counter(one.pod.class_name for one in self._held.values()).items():
            WARM_CONNECTED.labels(name).set(number)
