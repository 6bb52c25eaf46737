"""Asks the API server whose a token is, and the database whose the pod is that it is bound to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent_contract import names
from agent_gateway.runners.pods import (
    PodRef,
    check_alive,
    check_job,
    check_pod,
    check_review,
    check_unclaimed,
    find_addresses,
    find_job,
    find_pool,
)
from agent_gateway.runners.ports import Kube
from agent_gateway.runners.tokens import Denied
from agent_gateway.store import Store
from agent_gateway.store.claims import WarmPod
from agent_gateway.store.rows import Run, Thread, ThreadKind
from agent_kube.errors import Away, KubeError, NotFound, Throttled


class Unanswered(Denied):
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


class Prover:
    """Proves who calls; each time with two questions to the API server.

    Args:
        kube: The Kubernetes API.
        store: Runs, and which pods of warm pools were given to them.
        namespace: Of agent pods.
        account: Full user name of their ServiceAccount.
        class_uid: Returns the UID of an AgentClass by its name; None where there is none, KubeError where that is not known.
    """

    def __init__(
        self, kube: Kube, store: Store, namespace: str, account: str, class_uid: Callable[[str], str | None]
    ) -> None:
        self._kube = kube
        self._store = store
        self._namespace = namespace
        self._account = account
        self._class_uid = class_uid

    async def prove(self, token: str) -> tuple[Identity | WarmPod, frozenset[str]]:
        """Return who the bearer of a token is, and the addresses of its pod.

        Raises:
            Denied: nobody who may call here.
            Unanswered: nobody could be asked.
        """
        try:
            ref = check_review(await self._review(token), self._account)
            pod = await self._kube.request("GET", f"/api/v1/namespaces/{self._namespace}/pods/{ref.name}")
        except NotFound as error:
            raise Denied(403, "The token's pod is gone.") from error
        except KubeError as error:
            kind = Unanswered if isinstance(error, Away | Throttled) else Denied
            raise kind(503, f"Who you are cannot be checked now: {error}") from error
        check_alive(pod, ref)
        pool = find_pool(pod)
        if pool is not None:
            return await self._prove_warm(pod, ref, pool), find_addresses(pod)
        thread, run = await self._recorded(*check_pod(pod, ref))
        number = run.number
        job = check_job(pod, ref, thread.name, run)
        return Identity(thread.name, thread.id, number, ref.name, ref.uid, job), find_addresses(pod)

    async def _prove_warm(self, pod: Mapping[str, Any], ref: PodRef, pool: str) -> Identity | WarmPod:
        """Tell whose a pod of a warm pool is by what was recorded with its run, never by what stands on it."""
        claim = await self._store.claims.of_pod(ref.uid)
        if claim is None:
            return check_unclaimed(pod, ref, pool, self._find_class(pool))
        thread = await self._store.threads.by_id(claim.thread_id)
        if thread is None or find_job(pod) != claim.job_name:
            raise Denied(403, f"Pod {ref.name} was given to a run that is over.")
        return Identity(thread.name, thread.id, claim.run, ref.name, ref.uid, claim.job_name)

    def _find_class(self, pool: str) -> str | None:
        """Return the UID of the class that a pod says it waits for: nobody is turned away because that was not read yet."""
        try:
            return self._class_uid(pool)
        except KubeError as error:
            raise Unanswered(503, f"Whose pool you are of cannot be checked now: {error}") from error

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
