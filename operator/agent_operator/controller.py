"""Reconcile a resource: observe what is known, decide, apply. The same for AgentThreads and SubAgents."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Generic, Protocol, TypeVar

from kubernetes_asyncio.client.models import V1Job

from agent_kube.cache import Cache
from agent_kube.errors import Away, Conflict, KubeError, NotFound, Refused
from agent_kube.queue import WorkQueue
from agent_kube.tracing.steps import tell_step
from agent_operator.causes import Cause, explain_refusal
from agent_operator.claims import Adoption
from agent_operator.errors import NameUnknown, NotLeading
from agent_operator.kube import Kube
from agent_operator.merge import compute_changes
from agent_operator.metrics import CLAIMS, RECONCILES, STATUS_WRITES
from agent_operator.ownjobs import OwnJobs
from agent_operator.plans import Plan
from agent_operator.unreadable import compute_refusal
from agent_operator.view import View

WORKERS: Final = 16
"""Resources of a kind that are reconciled at once: what each waits for is the API server."""
SETTLE: Final = timedelta(seconds=3)
"""From a Job's creation (in whole seconds): so long a run that merely waits for its pod is not worth a write."""
REFUSED_AGAIN: Final = 30.0
"""Seconds until a Job that was refused is tried again."""
CONFLICT_AGAIN: Final = 5.0
"""Seconds until a status that somebody else wrote before us is reconciled anew, if no event comes earlier."""
SOON: Final = 0.05
"""Seconds until what just turned out to be newer than it was known is reconciled anew."""
CHANGED_AGAIN: Final = 0.5
"""Seconds until a claim is observed again whose Job or pod changed meanwhile."""
_TRIES: Final = 3
"""Of a Job that the API server fails to take, before its status says so: it may pass."""
_log = logging.getLogger(__name__)


class Record(Protocol):
    """What is kept of a resource."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def uid(self) -> str:
        """Its UID."""

    @property
    def version(self) -> str:
        """Its resourceVersion."""

    @property
    def deleting(self) -> bool:
        """Say whether it is being deleted."""


R = TypeVar("R", bound=Record)
R_contra = TypeVar("R_contra", bound=Record, contravariant=True)


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done for a resource.

    Attributes:
        plan: What is to be done.
        old: The status as it stands.
        begun: The Job whose making is all that is new in the status; empty where there is more.
    """

    plan: Plan[Any]
    old: Mapping[str, Any]
    begun: str = ""


class Kind(Protocol[R_contra]):
    """What is particular to a kind of resource."""

    plural: str
    word: str
    """Its name in the log."""

    async def decide(self, record: R_contra) -> Step | None:
        """Observe and decide; None where nothing may be decided.

        Raises:
            KubeError: the API server does not answer what has to be known.
        """

    def refuse(self, step: Step, cause: Cause) -> dict[str, Any]:
        """Return the status that says why the API server does not take the Job, so that it is tried again."""

    def done(self, record: R_contra, step: Step, *, written: bool) -> None:
        """Take note that a step is over, and whether its status was written."""

    async def gone(self, name: str, record: R_contra | None) -> None:
        """Clean up after a resource that is being deleted, or is not there any more (no record).

        Raises:
            KubeError: the API server did not do what was asked.
        """


class Controller(Generic[R]):
    """Brings the resources of one kind nearer to what is wanted of them.

    Args:
        kind: What is particular to it.
        cache: Its resources.
        view: All else that stands.
        kube: The API server.
    """

    def __init__(self, kind: Kind[R], cache: Cache[R], view: View, kube: Kube) -> None:
        self._kind = kind
        self._cache = cache
        self._view = view
        self._kube = kube
        self._jobs = OwnJobs(view, kube)
        self._failed: dict[str, int] = {}
        """How often in a row the Job of a resource could not be made."""
        self.queue: WorkQueue[str] = WorkQueue(
            self.reconcile, workers=WORKERS, expected=(KubeError, NameUnknown), fatal=(NotLeading,)
        )

    async def reconcile(self, name: str) -> None:
        """Reconcile one resource.

        Raises:
            KubeError: the API server did not do what was asked; it is requeued.
            NameUnknown: the gateway's address is not known; it is requeued.
            NotLeading: another operator leads.
        """
        RECONCILES.inc()
        entry = self._cache.get(name)
        record = entry.value if entry is not None else None
        if entry is None or (record is not None and record.deleting):
            self._failed.pop(name, None)
            await self._kind.gone(name, record)
            return
        if entry.words is not None:
            await self._refuse_unreadable(name, entry.words)
            return
        step = await self._kind.decide(record) if record is not None else None
        if record is None or step is None:
            return
        written = False
        try:
            written = await self._apply(record, step)
        finally:
            self._kind.done(record, step, written=written)

    async def _refuse_unreadable(self, name: str, problem: str) -> None:
        """Say on a resource that it cannot be read: what was known of it before is not what is wanted now."""
        raw = await self._kube.read_resource(self._kind.plural, name)
        changes = compute_refusal(raw, problem, self._kube.now()) if raw is not None else {}
        if raw is not None and changes:
            version = str(raw["metadata"]["resourceVersion"])
            await self._kube.patch_status(self._kind.plural, name, version, changes)
            STATUS_WRITES.inc()

    async def _apply(self, record: R, step: Step) -> bool:
        """Carry out a step; says whether its status was written."""
        plan = step.plan
        if plan.expired:
            await self._kube.delete_resource(self._kind.plural, record.name, record.uid)
            self._log_step("expired", record)
            return False
        for name in plan.delete:
            await self._jobs.delete(record.uid, name)
        if plan.adopt is not None and plan.unadopted is not None:
            unadopted = compute_changes(step.old, plan.unadopted.to_dict())
            return await self._adopt(record, plan.adopt, unadopted)
        if plan.discard is not None:
            await self._jobs.discard(plan.discard)
        if plan.deadline is not None:
            await self._jobs.set_deadline(record.uid, plan.deadline)
        new, requeue_after, refused = plan.status.to_dict(), plan.requeue_after, False
        if plan.create is not None:
            try:
                if not await self._create(record, plan.create):
                    return False
            except (Refused, Away) as error:
                new, requeue_after, refused = self._refuse(record, step, error), REFUSED_AGAIN, True
        if not refused and (rest := self._settling(step.begun)) is not None:
            self.queue.add_later(record.name, rest)
            return False
        changes = compute_changes(step.old, new)
        if changes and not await self._write(record, changes):
            return False
        if requeue_after is not None:
            self.queue.add_later(record.name, requeue_after)
        return bool(changes)

    async def _adopt(self, record: R, adoption: Adoption, unadopted: Mapping[str, Any]) -> bool:
        """Take over a Job of a warm pool; says whether a status was written, which only a refusal brings."""
        again = SOON
        try:
            await self._jobs.adopt(adoption, self._kube.now())
        except (Conflict, NotFound):  # what became of it is found out
            await self._jobs.ask(adoption.job.name)
            again = CHANGED_AGAIN
        except Refused as error:
            _log.warning("adoption_refused", extra={"job": adoption.job.name, "reason": error.reason})
            await self._jobs.discard(adoption.job)
            CLAIMS.labels("refused").inc()
            return await self._write(record, unadopted)
        else:
            CLAIMS.labels("taken").inc()
            self._log_step("job_adopted", record, job=adoption.job.name)
        self.queue.add_later(record.name, again)
        return False

    async def _create(self, record: R, job: V1Job) -> bool:
        """Make a Job; False where one of its name stands, so that whose it is has to be found out."""
        name = job.metadata.name
        try:
            made = await self._kube.create_job(job)
        except Conflict:
            await self._jobs.ask(name)
            self.queue.add_later(record.name, SOON)
            return False
        self._failed.pop(record.name, None)
        self._view.note_job(name, made)
        self._log_step("job_created", record, job=name)
        return True

    def _refuse(self, record: R, step: Step, error: KubeError) -> dict[str, Any]:
        """Return the status of a Job that cannot be made; what may pass is tried some times before.

        Raises:
            KubeError: it may pass.
        """
        if isinstance(error, Away):
            failed = self._failed[record.name] = self._failed.get(record.name, 0) + 1
            if error.status is None or failed < _TRIES:
                raise error
        return self._kind.refuse(step, explain_refusal(str(error)))

    def _settling(self, job: str) -> float | None:
        """Return the seconds for which a Job's making alone is not written yet; None where it is to be."""
        record = self._view.find_job_record(job) if job else None
        if record is None:
            return None
        rest = (record.created_at + SETTLE - self._kube.now()).total_seconds()
        return rest if 0 < rest <= SETTLE.total_seconds() + 1 else None

    async def _write(self, record: R, changes: Mapping[str, Any]) -> bool:
        try:
            answer = await self._kube.patch_status(self._kind.plural, record.name, record.version, changes)
        except Conflict:
            entry = self._cache.get(record.name)
            newer = entry is None or entry.version != record.version
            self.queue.add_later(record.name, SOON if newer else CONFLICT_AGAIN)
            return False
        except NotFound:
            self._cache.drop(record.name, None)
            self.queue.add(record.name)
            return False
        STATUS_WRITES.inc()
        self._cache.take_answer(answer)
        return True

    def _log_step(self, step: str, record: Record, **more: Any) -> None:
        tell_step(_log, step, **{self._kind.word: record.name}, **more)
