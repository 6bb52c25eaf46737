"""Who a runner is: its projected token, its pod, and the Job recorded for its run."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agent_contract import names
from agent_gateway.runners.ports import Kube
from agent_gateway.store import Store
from agent_gateway.store.rows import Run, RunState, Thread, ThreadKind
from agent_kube.errors import Away, KubeError, NotFound, Throttled

CACHE_SECONDS = 60.0
AWAY_SECONDS = 600.0
"""While the API server does not answer, whoever it knew so lately is known still: the answers under way need it not."""
_ASK_AGAIN_SECONDS = 10.0
CACHE_ENTRIES = 2048
_MAX_TOKEN = 8192
_REVIEWS_AT_ONCE = 8
_EXTRA_POD_NAME = "authentication.kubernetes.io/pod-name"
_EXTRA_POD_UID = "authentication.kubernetes.io/pod-uid"


class Denied(Exception):
    """A caller is not who it must be. `status` is the HTTP status, the text a sentence without the token."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Unanswered(Denied):
    """Nobody could be asked."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A pod that has proved which run it is."""

    thread_name: str
    thread_id: int
    run: int
    pod_name: str
    pod_uid: str
    job_name: str


@dataclass(frozen=True, slots=True)
class _Known:
    """Who the bearer of a token was found to be, on the monotonic clock."""

    until: float
    asked_at: float
    identity: Identity


@dataclass(frozen=True, slots=True)
class PodRef:
    """The pod that a token is bound to."""

    name: str
    uid: str


def compute_bearer(headers: Mapping[str, str]) -> str:
    """Return the token of a request: `Authorization: Bearer …`, or `x-api-key` as some model clients send it.

    Raises Denied where there is none.
    """
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    found = bearer or headers.get("x-api-key", "").strip()
    if not found:
        raise Denied(401, "No token: send the pod's projected token as `Authorization: Bearer …`.")
    if len(found) > _MAX_TOKEN or not found.isascii():
        raise Denied(401, "The token is none of Kubernetes: too long, or not ASCII.")
    return found


def check_review(status: Mapping[str, Any], account: str) -> PodRef:
    """Return the pod that a reviewed token is bound to.

    `account` is the full user name of the agents' ServiceAccount. Raises Denied.
    """
    if not status.get("authenticated"):
        raise Denied(401, "The Kubernetes API does not accept this token: expired, of a deleted pod, or not its own.")
    if names.TOKEN_AUDIENCE not in (status.get("audiences") or []):
        raise Denied(401, f"The token is not meant for the audience {names.TOKEN_AUDIENCE}.")
    user = status.get("user") or {}
    if user.get("username") != account:
        raise Denied(403, f"Only {account} may call here, not {user.get('username')}.")
    extra = user.get("extra") or {}
    name, uid = extra.get(_EXTRA_POD_NAME) or [], extra.get(_EXTRA_POD_UID) or []
    if len(name) != 1 or len(uid) != 1:
        raise Denied(403, "The token is not bound to a pod: only a projected token of an agent's pod is accepted.")
    return PodRef(str(name[0]), str(uid[0]))


def check_pod(pod: Mapping[str, Any], ref: PodRef) -> tuple[ThreadKind, str, int]:
    """Return kind and name of the thread, and the run, that a pod says it is, by its labels. Raises Denied."""
    meta = pod.get("metadata") or {}
    if meta.get("uid") != ref.uid:
        raise Denied(403, f"Pod {ref.name} is another one by now: its UID is not the token's.")
    if (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}:
        raise Denied(403, f"Pod {ref.name} has ended.")
    labels = meta.get("labels") or {}
    # a sub-agent's pod names the conversation that it works for besides
    kind = ThreadKind.SUBAGENT if labels.get(names.LABEL_SUBAGENT) else ThreadKind.CONVERSATION
    thread = labels.get(names.LABEL_SUBAGENT) or labels.get(names.LABEL_THREAD)
    run = str(labels.get(names.LABEL_RUN, ""))
    if not thread or not run.isascii() or not run.isdecimal():
        raise Denied(
            403, f"Pod {ref.name} is no agent's: its labels {names.LABEL_THREAD} and {names.LABEL_RUN} name no run."
        )
    return kind, str(thread), int(run)


def check_job(pod: Mapping[str, Any], ref: PodRef, thread: str, run: Run) -> str:
    """Return the name of the Job that controls the pod, if it is the one of this run. Raises Denied.

    A pod that is being deleted is accepted only where the run is already its own, so that it can end its work.
    """
    meta = pod.get("metadata") or {}
    if run.thread_uid is None:
        raise Denied(403, f"Run {run.number} of {thread} has no AgentThread yet.")
    expected = names.build_job_name(thread, run.thread_uid, run.number)
    owners = [o for o in meta.get("ownerReferences") or [] if o.get("controller")]
    if [(o.get("kind"), o.get("apiVersion"), o.get("name")) for o in owners] != [("Job", "batch/v1", expected)]:
        raise Denied(403, f"Pod {ref.name} is not controlled by {expected}, the Job of run {run.number} of {thread}.")
    if meta.get("deletionTimestamp") and run.pod_uid != ref.uid:
        raise Denied(403, f"Pod {ref.name} is being deleted and never held run {run.number} of {thread}.")
    return expected


class Authenticator:
    """Tells who calls. What is known is kept for a minute, so that a model call costs no call to the API server."""

    def __init__(
        self,
        kube: Kube,
        store: Store,
        *,
        namespace: str,
        service_account: str = names.AGENT_SERVICE_ACCOUNT,
        clock: Callable[[], float] = time.monotonic,
        entries: int = CACHE_ENTRIES,
    ) -> None:
        self._kube = kube
        self._store = store
        self._namespace = namespace
        self._account = f"system:serviceaccount:{namespace}:{service_account}"
        self._clock = clock
        self._entries = entries
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._reviews = asyncio.Semaphore(_REVIEWS_AT_ONCE)

    async def identify(self, token: str) -> Identity:
        """Return who the bearer of a token is.

        Raises Denied: 401 for a token that is not good, 403 for a pod that is not the run's, 503 where the API
        server or the database does not answer.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is not None and known.until > self._clock():
            self._known.move_to_end(digest)
            return known.identity
        self._known.pop(digest, None)
        async with self._reviews:
            since = self._clock()
            try:
                found = _Known(since + CACHE_SECONDS, since, await self._look(token))
            except _Unanswered:
                if known is None or since - known.asked_at > AWAY_SECONDS:
                    raise
                found = replace(known, until=self._clock() + _ASK_AGAIN_SECONDS)
        self._known[digest] = found
        while len(self._known) > self._entries:
            self._known.popitem(last=False)
        return found.identity

    def forget(self, thread_id: int, run: int) -> None:
        """Drop what is known of a run's tokens: it is over."""
        known = [(key, found.identity) for key, found in self._known.items()]
        over = [key for key, who in known if who.thread_id == thread_id and who.run <= run]
        for key in over:
            del self._known[key]

    async def authorize(self, identity: Identity) -> None:
        """Let through only the pod that holds the run now. Raises Denied."""
        run = await self._store.runs.get(identity.thread_id, identity.run)
        if run is None or run.state is RunState.OVER:
            raise Denied(403, f"Run {identity.run} of {identity.thread_name} is over.")
        if run.pod_uid != identity.pod_uid:
            raise Denied(403, f"Run {identity.run} of {identity.thread_name} is not held by pod {identity.pod_name}.")

    async def _look(self, token: str) -> Identity:
        try:
            ref = check_review(await self._review(token), self._account)
            pod = await self._kube.request("GET", f"/api/v1/namespaces/{self._namespace}/pods/{ref.name}")
        except NotFound as error:
            raise Denied(403, "The token's pod is gone.") from error
        except KubeError as error:
            kind = _Unanswered if isinstance(error, Away | Throttled) else Denied
            raise kind(503, f"Who you are cannot be checked now: {error}") from error
        thread, run = await self._recorded(*check_pod(pod, ref))
        number = run.number
        job = check_job(pod, ref, thread.name, run)
        return Identity(thread.name, thread.id, number, ref.name, ref.uid, job)

    async def _review(self, token: str) -> Mapping[str, Any]:
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [names.TOKEN_AUDIENCE]},
        }
        answer = await self._kube.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", body=body)
        status = answer.get("status")
        return status if isinstance(status, dict) else {}

    async def _recorded(self, kind: ThreadKind, thread_name: str, number: int) -> tuple[Thread, Run]:
        thread = await self._store.threads.by_name(thread_name, kind)
        run = None if thread is None else await self._store.runs.get(thread.id, number)
        if thread is None or run is None:
            raise Denied(403, f"No run {number} of a thread {thread_name} was ever wanted here.")
        return thread, run
