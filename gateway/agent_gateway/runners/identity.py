"""Who a runner is: its projected token, its pod, and the Job recorded for its run."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final
from weakref import WeakValueDictionary

from agent_contract import names
from agent_gateway.metrics import LIMITS
from agent_gateway.rates import Buckets, Rate
from agent_gateway.runners.ports import Kube
from agent_gateway.runners.proving import Identity as Identity  # noqa: PLC0414  # found here too
from agent_gateway.runners.proving import Prover, Unanswered
from agent_gateway.runners.tokens import Denied, check_claims
from agent_gateway.store import Store
from agent_gateway.store.claims import WarmPod
from agent_gateway.store.rows import RunState

CACHE_SECONDS = 60.0
AWAY_SECONDS = 600.0
"""While the API server does not answer, whoever it knew so lately is known still: the answers under way need it not."""
PATIENCE_SECONDS: Final = 0.25
"""So long whoever it knew lately waits for its answer; then it is known still, and the answer counts when it comes."""
_ASK_AGAIN_SECONDS = 10.0
CACHE_ENTRIES = 2048
_UNSURE_SECONDS = 5.0
"""A pod whose address the kubelet has not told yet is looked at again so soon."""
_DENIED_SECONDS = 10.0
"""What the API server does not accept is not asked again so soon."""
_UNAUTHENTICATED = 401
_WRONG = (_UNAUTHENTICATED, 403)
WRONG: Final = Rate(5 / 60, 10)
"""Wrong tokens of an address; then it is told so without a question to the API server. Likewise what a pod that waits asks for."""
_REVIEWS_AT_ONCE = 8
_REVIEWS_OF_ADDRESS = 2


@dataclass(frozen=True, slots=True)
class _Known:
    """Who the bearer of a token was found to be, on the monotonic clock."""

    until: float
    asked_at: float
    identity: Identity | WarmPod
    addresses: frozenset[str]
    """Of its pod."""


@dataclass(frozen=True, slots=True)
class _Bad:
    """Why a token was denied, and until when that is believed."""

    until: float
    status: int
    words: str


class Authenticator:
    """Tells who calls. What is known is kept for a minute, so that a model call costs no call to the API server.

    Args:
        kube: The Kubernetes API.
        store: Runs.
        namespace: Of agent pods.
        service_account: Of agent pods.
        by_address: A token is believed from the address of its own pod alone; off where source NAT hides these.
        class_uid: Returns the UID of an AgentClass by its name; None where there is none, KubeError where that is not known.
        clock: Seconds that never go back.
        now: Seconds since the epoch.
        entries: The most tokens that are remembered.
    """

    def __init__(
        self,
        kube: Kube,
        store: Store,
        *,
        namespace: str,
        service_account: str = names.AGENT_SERVICE_ACCOUNT,
        by_address: bool = True,
        class_uid: Callable[[str], str | None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        entries: int = CACHE_ENTRIES,
    ) -> None:
        self._store = store
        self._account = f"system:serviceaccount:{namespace}:{service_account}"
        self._prover = Prover(kube, store, namespace, self._account, class_uid)
        self._by_address = by_address
        self._clock = clock
        self._now = now
        self._entries = entries
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._bad: OrderedDict[bytes, _Bad] = OrderedDict()
        self._wrong: Buckets[str] = Buckets(WRONG, clock)
        self._looking: dict[bytes, asyncio.Task[_Known]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._reviews = asyncio.Semaphore(_REVIEWS_AT_ONCE)

    async def identify(self, token: str, address: str) -> Identity:
        """Return whose run the bearer of a token is.

        Args:
            token: What it bears.
            address: Where it calls from.

        Raises:
            Denied: 401 for a token that is not good, 403 for a pod that is not the run's or not where it calls from,
                429 after too many wrong ones, 503 where the API server or the database does not answer.
        """
        who = await self.meet(token, address)
        if isinstance(who, WarmPod):
            self._wrong.of(who.pod_uid).take()
            raise Denied(403, f"No conversation has pod {who.pod_name} yet: nothing is done for it.")
        return who

    async def meet(self, token: str, address: str) -> Identity | WarmPod:
        """Return who the bearer of a token is, be it one of a warm pool that is nobody's yet.

        Raises:
            Denied: as `identify` does.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = await self._recall(digest, token, address)
        if isinstance(known.identity, WarmPod) and await self._is_claimed(known.identity):
            self._known.pop(digest, None)  # since it was asked
            known = await self._recall(digest, token, address)
        if digest in self._known:
            self._known.move_to_end(digest)
        if self._by_address and address not in known.addresses:
            self._wrong.of(address).take()
            raise Denied(403, f"This token is of another pod ({known.identity.pod_name}), which has another address.")
        return known.identity

    async def _is_claimed(self, pod: WarmPod) -> bool:
        if not self._wrong.of(pod.pod_uid).has():  # of its own: behind source NAT others have its address
            LIMITS.labels("tokens_address").inc()
            raise Denied(429, "This pod asks too often for what it may not have: try again in a minute.")
        return await self._store.claims.of_pod(pod.pod_uid) is not None

    def note_claimed(self, identity: Identity) -> None:
        """Know a pod of a warm pool as the run's that it was given to."""
        for digest, found in self._known.items():
            if isinstance(found.identity, WarmPod) and found.identity.pod_uid == identity.pod_uid:
                self._known[digest] = replace(found, identity=identity)

    async def _recall(self, digest: bytes, token: str, address: str) -> _Known:
        """Return what is known of a token; whoever was known lately waits no longer than the patience to be known anew."""
        known = self._known.get(digest)
        if known is not None and self._clock() < known.until:
            return known
        looking = self._find(digest, token, address)
        if known is not None and self._clock() - known.asked_at <= AWAY_SECONDS:
            await asyncio.wait({looking}, timeout=PATIENCE_SECONDS)
            if not looking.done():
                self._known[digest] = replace(known, until=self._clock() + _ASK_AGAIN_SECONDS)
                return known
        return await asyncio.shield(looking)

    def _find(self, digest: bytes, token: str, address: str) -> asyncio.Task[_Known]:
        looking = self._looking.get(digest)
        if looking is None:
            looking = self._looking[digest] = asyncio.create_task(self._ask_in_turn(digest, token, address))
            looking.add_done_callback(lambda done: self._note_done(digest, done))
        return looking

    async def _ask_in_turn(self, digest: bytes, token: str, address: str) -> _Known:
        self._check_bad(digest)
        turns = self._turns.setdefault(address, asyncio.Semaphore(_REVIEWS_OF_ADDRESS))
        async with turns:
            if self._by_address and not self._wrong.of(address).has():
                LIMITS.labels("tokens_address").inc()
                raise Denied(429, "Too many wrong tokens come from this address: try again in a minute.")
            return await self._ask(digest, token, address)

    async def _ask(self, digest: bytes, token: str, address: str) -> _Known:
        try:
            check_claims(token, self._account, self._now())
            async with self._reviews:
                found = await self._look(token, address, self._known.get(digest))
        except Unanswered:
            raise
        except Denied as denied:
            if denied.status in _WRONG:
                self._wrong.of(address).take()
                self._known.pop(digest, None)
            if denied.status == _UNAUTHENTICATED:  # a pod that is no run's yet may be one in a moment
                self._bad[digest] = _Bad(self._clock() + _DENIED_SECONDS, denied.status, str(denied))
                self._trim(self._bad)
            raise
        self._known[digest] = found
        self._trim(self._known)
        return found

    def _note_done(self, digest: bytes, done: asyncio.Task[_Known]) -> None:
        del self._looking[digest]
        if not done.cancelled():
            done.exception()  # whoever asked may have hung up

    def _check_bad(self, digest: bytes) -> None:
        bad = self._bad.get(digest)
        if bad is not None and bad.until > self._clock():
            raise Denied(bad.status, bad.words)
        self._bad.pop(digest, None)

    def _trim(self, kept: OrderedDict[bytes, Any]) -> None:
        while len(kept) > self._entries:
            kept.popitem(last=False)

    def forget(self, thread_id: int, run: int) -> None:
        """Drop what is known of a run's tokens: it is over."""
        known = [(key, found.identity) for key, found in self._known.items()]
        over = [
            key for key, who in known if isinstance(who, Identity) and who.thread_id == thread_id and who.run <= run
        ]
        for key in over:
            del self._known[key]

    async def authorize(self, identity: Identity) -> None:
        """Let through only the pod that holds the run now. Raises Denied."""
        run = await self._store.runs.get(identity.thread_id, identity.run)
        if run is None or run.state is RunState.OVER:
            raise Denied(403, f"Run {identity.run} of {identity.thread_name} is over.")
        if await self._store.runs.is_settled(identity.thread_id):
            raise Denied(403, f"{identity.thread_name} has given its answer: nothing more is done for it.")
        if run.pod_uid != identity.pod_uid:
            raise Denied(403, f"Run {identity.run} of {identity.thread_name} is not held by pod {identity.pod_name}.")

    async def _look(self, token: str, address: str, known: _Known | None) -> _Known:
        since = self._clock()
        try:
            identity, addresses = await self._prover.prove(token)
        except Unanswered:
            if known is None or since - known.asked_at > AWAY_SECONDS:
                raise
            return replace(known, until=self._clock() + _ASK_AGAIN_SECONDS)
        if addresses:
            return _Known(since + CACHE_SECONDS, since, identity, addresses)
        # the kubelet tells a pod's address a moment after its containers begin: until then, whoever was first is it
        first = known.addresses if known is not None else frozenset({address})
        return _Known(since + _UNSURE_SECONDS, since, identity, first)
