"""The Jobs of resources: asked for where they are missing, deleted where they are one's own."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from datetime import datetime

from agent_kube.errors import Away
from agent_kube.pages import SHAPE
from agent_operator.claims import Adoption
from agent_operator.jobs import Job, Own, own
from agent_operator.kube import Kube
from agent_operator.plans import Deadline
from agent_operator.view import View

_log = logging.getLogger(__name__)


class OwnJobs:
    """Reads and deletes.

    Args:
        view: What is known.
        kube: The API server.
    """

    def __init__(self, view: View, kube: Kube) -> None:
        self._view = view
        self._kube = kube

    async def ask(self, name: str) -> bool:
        """Ask the API server for a Job, keep the answer, and say whether there is one.

        Raises:
            KubeError: the API server does not answer.
        """
        raw = await self._kube.read_job(name)
        with _translated():
            self._view.note_job(name, raw)
        return raw is not None

    async def confirm(self, name: str, *, begun: bool) -> None:
        """Ask the API server for a Job that no watch has shown, and for what it left.

        A run ends with its Job. That nothing is known of it may mean that its event is yet to come, or that somebody took
        its labels away; only a 404 says that it is gone. Its pod is then deleted at once: the controller that collects
        garbage may be away, and a run that was stopped must not work on.

        Args:
            name: Its name.
            begun: The run was begun, so that there should be one.

        Raises:
            KubeError: the API server does not answer.
        """
        if self._view.is_watched(name) or not (begun or self._view.find_job(name) is not None):
            return
        if await self.ask(name) or not begun:
            return
        await self._ask_for_pods(name)
        for pod in self._view.pods_of_job(name):
            if not pod.terminal and pod.deleted_at is None:
                await self._kube.delete_pod(pod.name, pod.uid)
                _log.info("pod_deleted", extra={"pod": pod.name, "job": name})

    async def confirm_claimed(self, name: str) -> None:
        """Ask the API server for a Job of a warm pool that was claimed, and its pod, where no watch has shown them.

        Raises:
            KubeError: the API server does not answer.
        """
        if not self._view.is_watched(name):
            await self.ask(name)
        if self._view.find_job(name) is not None:
            await self._ask_for_pods(name)

    async def _ask_for_pods(self, name: str) -> None:
        if self._view.pods_of_job(name):
            return
        for raw in await self._kube.list_pods_of_job(name):
            with _translated():
                self._view.pods.remember(raw)

    async def adopt(self, adoption: Adoption, now: datetime) -> None:
        """Make a Job of a warm pool a run's, and then its pod; a pod that was left out is seen at the next look.

        Raises:
            Conflict: it changed since it was seen.
            NotFound: it, or its pod, is gone.
            KubeError: the API server refuses, or did not decide.
        """
        job, pod = adoption.job, adoption.pod
        if not adoption.taken:
            record = self._view.find_job_record(job.name)
            change = adoption.build_job_change(record.version if record is not None else "", now)
            self._view.note_job(job.name, await self._kube.patch_job(job.name, change))
        with _translated():
            self._view.pods.remember(await self._kube.patch_pod(pod.name, adoption.build_pod_change(now)))
        _log.info("job_adopted", extra={"job": job.name, "pod": pod.name, "run": adoption.run})

    async def discard(self, job: Job) -> None:
        """Delete a Job of a warm pool, unless it changed since: it may be another thread's by now.

        Raises:
            KubeError: the API server refuses, or did not decide.
        """
        record = self._view.find_job_record(job.name)
        if record is not None and not job.deleting:
            await self._kube.delete_waiting(job.name, job.uid, record.version)
            _log.info("job_deleted", extra={"job": job.name})

    async def delete(self, uid: str, name: str) -> None:
        """Delete a Job of the resource with a UID; one that belongs to anybody else is left alone.

        Raises:
            KubeError: the API server refuses, or did not decide.
        """
        owned = own(self._view.find_job(name), uid)
        if isinstance(owned, Own):
            await self._delete(owned.job)

    async def set_deadline(self, uid: str, deadline: Deadline) -> None:
        """Move the deadline of a Job of the resource with a UID.

        Raises:
            KubeError: the API server refuses, or did not decide.
        """
        if isinstance(own(self._view.find_job(deadline.job), uid), Own):
            self._view.note_job(deadline.job, await self._kube.set_deadline(deadline.job, deadline.seconds))

    async def delete_all(self, uid: str) -> None:
        """Delete all Jobs of the resource with a UID.

        Raises:
            KubeError: the API server refuses, or did not decide.
        """
        for job in self._view.jobs_of(uid):
            await self._delete(job)

    async def _delete(self, job: Job) -> None:
        if job.deleting:
            return
        await self._kube.delete_job(job.name, job.uid)
        _log.info("job_deleted", extra={"job": job.name})


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Take an answer that has not the shape of the API server's for none."""
    try:
        yield
    except SHAPE as error:
        raise Away(f"An answer cannot be read: {type(error).__name__}", None, "NoObject") from error
