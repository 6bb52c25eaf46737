"""Gives a conversation's run a pod that is there already: recorded first, then told to the pod, then to the cluster."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent_contract.agentthread import Reason
from agent_gateway.conversations.runmodel import RunModels
from agent_gateway.conversations.runs import describe_cold, find_cold_cause
from agent_gateway.conversations.show import Previews
from agent_gateway.conversations.slots import Slots
from agent_gateway.conversations.snapshot import Snapshot
from agent_gateway.metrics import CLAIM_SECONDS, CLAIMS
from agent_gateway.resources.values import ClassValue, ThreadValue
from agent_gateway.runners.pool import HeldPod, WarmPool
from agent_gateway.runners.proving import Identity
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.claims import Beginning, Claim, NothingWaits
from agent_gateway.store.errors import Refused
from agent_gateway.store.rows import ModelChoice
from agent_kube.tracing.steps import tell_step

_log = logging.getLogger(__name__)
BEGIN_SECONDS: Final = 5.0
"""For welcome and turn of a pod that was claimed to be on their way; then it is lost."""
_AGAIN_SECONDS: Final = 0.25
"""After which is looked again where the turn that waits can be given to no run yet: the rest of a message may follow."""


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing is begun: the conversation is to be looked at again.

    Attributes:
        seconds: After so long.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Cold:
    """The run is to begin without a pod that waits.

    Attributes:
        reason: Why, in a word for its status; None where its class asks for no pool.
    """

    reason: str | None


class Claimer:
    """Claims pods of warm pools.

    Args:
        store: Conversations.
        slots: Gives slots away.
        pool: Holds the pods.
        registry: Connections of runners.
        views: Live previews.
        models: Says which model a run has.
        find_pool: Returns the hash of the pods of a class that may be claimed; None where it has no pool.
        note_claimed: Told whose a pod is from now on.
    """

    def __init__(
        self,
        store: Store,
        slots: Slots,
        pool: WarmPool,
        registry: Registry,
        views: Previews,
        models: RunModels,
        find_pool: Callable[[str], str | None],
        note_claimed: Callable[[Identity], None],
    ) -> None:
        self._store = store
        self._slots = slots
        self._pool = pool
        self._registry = registry
        self._views = views
        self._models = models
        self._find_pool = find_pool
        self._note_claimed = note_claimed

    async def claim(
        self, s: Snapshot, number: int, found: ThreadValue | None, class_name: str, known: ClassValue | None
    ) -> Claim | Later | Cold:
        """Begin run `number` in a pod that waits; return what is recorded, or that it is to begin without one.

        Args:
            s: What is known of the conversation.
            number: Of the run.
            found: Its resource.
            class_name: Its class.
            known: What that says; None where that is not known.

        Raises:
            StoreError: nothing is known to be recorded.
        """
        pool_hash = self._find_pool(class_name)
        if pool_hash is None or known is None:
            return self._begin_cold(s, number, "closed", describe_cold(None, pool_hash, known))
        cause = find_cold_cause(s.last, found, known.spec)
        left = (
            (s.waiting.ready_at - s.now).total_seconds()
            if s.waiting is not None and s.waiting.ready_at is not None
            else 0.0
        )
        if cause is None and left > 0 and self._pool.find(class_name, pool_hash) is not None:
            return Later(left)  # the rest of a message may come; a pod that is made would be on its way meanwhile
        held = self._pool.take(class_name, pool_hash) if cause is None else None
        if held is None:
            return self._begin_cold(s, number, cause or "empty", describe_cold(cause, pool_hash, known))
        begun = time.perf_counter()
        begins = Beginning(
            number, found.uid if found is not None else None, known.spec.timeouts,
            ModelChoice(s.thread.model, s.thread.thinking), self._models.choose(s.thread, found, known.spec),
        )  # fmt: skip
        claim = await self._record(held, s, begins)
        if claim is None:
            return Cold(describe_cold("last_refused", pool_hash, known))
        if isinstance(claim, Later):
            return claim
        if not await self._begin(held, claim):
            await self._give_up(held, claim)
            return Later(0.0)
        CLAIMS.labels("claimed").inc()
        CLAIM_SECONDS.observe(time.perf_counter() - begun)
        pod = held.pod.pod_name
        tell_step(_log, "claimed", agent_thread=s.thread.name, run=number, turn=claim.turn.id, pod=pod)
        return claim

    def _begin_cold(self, s: Snapshot, number: int, why: str, reason: str | None) -> Cold:
        if reason is not None:
            CLAIMS.labels(why).inc()
            extra = {"agent_thread": s.thread.name, "run": number, "why": why, "reason": reason}
            _log.info("run_begins_cold", extra=extra)
        return Cold(reason)

    async def _record(self, held: HeldPod, s: Snapshot, begins: Beginning) -> Claim | Later | None:
        """Record it. Where nobody knows whether it is recorded, the pod comes anew, and the row says whose it is."""
        try:
            claim = await self._slots.claim(s.thread.id, begins, held.pod)
        except NothingWaits:
            self._pool.give_back(held)
            return Later(_AGAIN_SECONDS)
        except Refused as error:
            CLAIMS.labels("used").inc()
            _log.error("claim_refused", extra={"pod": held.pod.pod_name, "error": type(error).__name__})
            held.abort()
            return None
        except BaseException:
            held.abort()
            raise
        if claim is None:
            self._pool.give_back(held)
            return Later(0.0)
        return claim

    async def _begin(self, held: HeldPod, claim: Claim) -> bool:
        """Let the pod's connection send welcome and turn; say whether they are on their way."""
        who, turn = held.begin(claim), claim.turn
        if who is None:
            return False
        self._note_claimed(who)
        view = await self._store.views.get(turn.id)
        self._views.open(turn, claim.thread.address, turn.message_id, view)
        self._views.working(turn.id)
        try:
            return await asyncio.wait_for(asyncio.shield(held.begun), BEGIN_SECONDS)
        except TimeoutError:
            return False

    async def _give_up(self, held: HeldPod, claim: Claim) -> None:
        """End a run whose pod is gone: the turn waits again, and begins without one."""
        CLAIMS.labels("lost").inc()
        held.abort()
        thread, run = claim.thread, claim.run
        _log.warning("claim_lost", extra={"agent_thread": thread.name, "run": run.number, "pod": held.pod.pod_name})
        await self._store.runs.end(thread.id, run.number, Reason.SUPERSEDED, None)
        self._registry.forget(thread.id, run.number)
