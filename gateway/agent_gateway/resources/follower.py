"""Takes up resources that changed, outside of the watch: in batches what is known here, one by one what is not."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, Generic, TypeVar

from agent_gateway.errors import LeadershipLost
from agent_gateway.resources.changes import Change, Changes
from agent_gateway.store.errors import Away, StoreError
from agent_kube.errors import KubeError
from agent_kube.pace import Backoff
from agent_kube.queue import WorkQueue

T = TypeVar("T")
BATCH: Final = 500
"""Changes that are asked for in the database at once."""
WORKERS: Final = 4
"""Resources that are taken up at once."""
_PAUSES: Final = Backoff(first=0.5, factor=2.0, cap=30.0)
_log = logging.getLogger(__name__)


class Follower(ABC, Generic[T]):
    """Follows the changes of one kind.

    Args:
        changes: What the watch tells.
        pauses: Of a resource that cannot be taken up, and of the whole while the database is away.
    """

    def __init__(self, changes: Changes[T], pauses: Backoff = _PAUSES) -> None:
        self._changes = changes
        self._pauses = pauses
        self._queue: WorkQueue[str] = WorkQueue(
            self.look,
            workers=WORKERS,
            expected=(KubeError, StoreError),
            fatal=(LeadershipLost,),
            backoff=pauses,
        )

    async def run(self) -> None:
        """Take up what changed, for ever; what the database or the API server does not let is tried again.

        Raises:
            LeadershipLost: this gateway does not lead.
        """
        self._changes.take_for_old()  # a standby watches too, for weeks perhaps: whoever begins to lead looks at what is open
        lost: LeadershipLost | None = None
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._queue.run())
                group.create_task(self._follow())
                group.create_task(self._begin())
        except* LeadershipLost as errors:
            lost = LeadershipLost(str(errors.exceptions[0]))
        if lost is not None:
            raise lost

    async def _begin(self) -> None:
        failures = 0
        while True:
            try:
                for name in await self.find_missing():
                    self._queue.add(name)
            except Away as error:
                failures += 1
                _log.warning("missing_unread", extra={"problem": str(error)})
                await asyncio.sleep(self._pauses.pause(failures))
            else:
                return

    async def _follow(self) -> None:
        failures = 0
        while True:
            batch = await self._changes.take(BATCH)
            try:
                for name in await self.sort_out(batch):
                    self._queue.add(name)
            except Away as error:
                self._changes.put_back(batch)
                failures += 1
                pause = self._pauses.pause(failures)
                _log.warning("changes_wait", extra={"problem": str(error), "pause": pause})
                await asyncio.sleep(pause)
            except BaseException:
                self._changes.put_back(batch)
                raise
            else:
                failures = 0

    async def find_missing(self) -> list[str]:
        """Return names of what is known here and may have gone while nobody watched; asked once, whenever this begins.

        Raises:
            Away: the database is.
        """
        return []

    @abstractmethod
    async def sort_out(self, batch: Sequence[Change[T]]) -> list[str]:
        """Wake what is known here and acts on a change; return the names that are to be looked at one by one.

        Raises:
            Away: the database is.
        """

    @abstractmethod
    async def look(self, name: str) -> None:
        """Look at one resource.

        Raises:
            KubeError: the API server does not let it be taken up.
            StoreError: the database does not.
        """
