"""Which runner holds which thread, connected or lately lost."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol
from weakref import WeakValueDictionary

from agent_contract import wire
from agent_contract.base import Wire
from agent_gateway.store.rows import Turn

log = logging.getLogger(__name__)
MOST_TAKEN: Final = 3
TAKEN_SECONDS: Final = 60.0
"""A run whose connections take each other's place more often than that in so long is ended: two have its token."""


class Wired(Protocol):
    """A live connection."""

    async def send(self, frame: Wire) -> None:
        """Send one frame; OSError where the connection is gone."""
        ...

    async def send_turn(self, turn: Turn) -> None:
        """Send a prompt and expect its events from now on."""
        ...

    async def send_steers(self, turn_id: int, steers: Sequence[tuple[int, str]]) -> None:
        """Send words for the running turn."""
        ...

    async def cut(self) -> None:
        """End without a word, and wait until nothing of it is at work any more."""
        ...

    async def close(self, reason: str) -> None:
        """End with words, so that the runner connects anew."""
        ...


class Link:
    """One run's connection. It stays known after a loss, until its run is over."""

    def __init__(self, run: int, pod_uid: str) -> None:
        self.run = run
        self.pod_uid = pod_uid
        self.ready = False
        self.turn_id: int | None = None
        """The turn that the runner is at, or was sent."""
        self.extended: tuple[int, int] = (0, 0)
        """The turn that this connection was given more time for, and how many seconds in all."""
        self.sent_at: float | None = None
        """Monotonic seconds, when it was sent a turn last."""
        self.hello_at = datetime.now(UTC)
        """Wall clock, of the latest hello."""
        self.connected_at = time.monotonic()
        self.lost_at: float | None = None
        """Monotonic seconds; None while connected."""
        self.unready_at: float | None = self.connected_at
        """Monotonic seconds, since when its runner came without its agent; None while it takes turns."""
        self._taken: deque[float] = deque(maxlen=MOST_TAKEN + 1)
        self.contested = False
        """Its pod took the connection from itself more often than any that loses it does."""
        self.connection: Wired | None = None

    def mark_ready(self) -> None:
        """Note that the runner takes turns."""
        self.ready, self.unready_at = True, None

    def note_taken(self) -> None:
        """Note that a connection takes the place of one that stands."""
        self._taken.append(time.monotonic())
        taken = self._taken
        if len(taken) > MOST_TAKEN and taken[-1] - taken[0] < TAKEN_SECONDS:
            self.contested = True

    @property
    def connected(self) -> bool:
        """Tell whether frames can be sent."""
        return self.connection is not None

    async def send_turn(self, turn: Turn) -> bool:
        """Send a delivered turn.

        False where the connection is gone: the turn stays delivered and is sent again when the runner is back.
        """
        if self.connection is None:
            return False
        self.turn_id, self.sent_at = turn.id, time.monotonic()
        try:
            await self.connection.send_turn(turn)
        except OSError:
            return False
        return True

    async def send_steers(self, turn_id: int, steers: Sequence[tuple[int, str]]) -> bool:
        """Send words for the running turn; False where the connection is gone: they are sent when it is back."""
        if self.connection is None:
            return False
        try:
            await self.connection.send_steers(turn_id, steers)
        except OSError:
            return False
        return True

    async def abort(self, turn_id: int) -> bool:
        """Ask the runner to end a turn; False where it cannot be asked."""
        return await self.send(wire.Abort(turn=turn_id))

    async def extend(self, turn_id: int, seconds: int) -> bool:
        """Give a turn more time, `seconds` in all; False where its runner cannot be told."""
        told = await self.send(wire.Extend(turn=turn_id, seconds=seconds))
        if told:
            self.extended = (turn_id, seconds)
        return told

    async def shutdown(self, reason: str, grace: int) -> bool:
        """Ask the runner to end everything within `grace` seconds and exit; False where it cannot be asked."""
        return await self.send(wire.Shutdown(reason=reason, grace_seconds=grace))

    async def send(self, frame: Wire) -> bool:
        """Send one frame; False where the connection is gone."""
        if self.connection is None:
            return False
        try:
            await self.connection.send(frame)
        except OSError:
            return False
        return True


class Registry:
    """All links by thread. `on_change` is told a thread's id when its link comes, is ready, goes, or is free."""

    def __init__(self, on_change: Callable[[int], object] | None = None) -> None:
        self.on_change = on_change
        self.on_forget: Callable[[int, int], object] | None = None
        self.closing = False
        self._links: dict[int, Link] = {}
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    def link(self, thread_id: int) -> Link | None:
        """Return the link of a thread's newest run, if one has connected since this gateway started."""
        return self._links.get(thread_id)

    def connected(self) -> list[tuple[int, int]]:
        """Return (thread, run) of each connected runner."""
        return [(thread_id, link.run) for thread_id, link in self._links.items() if link.connected]

    def count(self) -> int:
        """Count the connected runners."""
        return sum(1 for link in self._links.values() if link.connected)

    def lock(self, thread_id: int) -> asyncio.Lock:
        """Return the lock under which a thread's connections change hands."""
        return self._locks.setdefault(thread_id, asyncio.Lock())

    async def replace(self, thread_id: int, run: int, pod_uid: str) -> None:
        """End the older connection of this pod, or of an older run, before a new one takes its place."""
        old = self._links.get(thread_id)
        if old is None or old.connection is None:
            return
        if old.run > run or (old.run == run and old.pod_uid != pod_uid):
            return
        log.info("runner_replaced", extra={"thread_id": thread_id, "run": old.run})
        if old.run == run:
            old.note_taken()
        await old.connection.cut()

    def attach(self, thread_id: int, run: int, pod_uid: str, connection: Wired, *, ready: bool) -> Link:
        """Make this connection the one of its thread.

        The link of a run stays the same object, so that a turn sent by whoever holds it reaches the newest connection.
        """
        link = self._links.get(thread_id)
        if link is None or (link.run, link.pod_uid) != (run, pod_uid):
            link = self._links[thread_id] = Link(run, pod_uid)
        link.connection, link.ready, link.extended = connection, ready, (0, 0)
        link.unready_at = None if ready else link.unready_at or time.monotonic()
        link.hello_at, link.connected_at, link.lost_at = datetime.now(UTC), time.monotonic(), None
        self.changed(thread_id)
        return link

    def detach(self, thread_id: int, connection: Wired) -> None:
        """Note that a connection is gone; the link stays, as lost."""
        link = self._links.get(thread_id)
        if link is None or link.connection is not connection:
            return
        link.connection = None
        link.ready = False
        link.lost_at = time.monotonic()
        self.changed(thread_id)

    def forget(self, thread_id: int, run: int) -> None:
        """Drop a run that is over; a runner that still holds it is told so."""
        if self.on_forget is not None:
            self.on_forget(thread_id, run)
        link = self._links.get(thread_id)
        if link is None or link.run > run:
            return
        del self._links[thread_id]
        if link.connection is not None:
            self._spawn(_refuse(link.connection, f"Run {link.run} is over."))

    def left(self, thread_id: int, run: int) -> None:
        """Drop a run that was closed by the leave handshake: its runner goes by itself."""
        link = self._links.get(thread_id)
        if link is not None and link.run == run:
            del self._links[thread_id]
        if self.on_forget is not None:
            self.on_forget(thread_id, run)
        self.changed(thread_id)

    def changed(self, thread_id: int) -> None:
        """Tell that a thread should be looked at."""
        if self.on_change is not None:
            self.on_change(thread_id)

    async def close(self) -> None:
        """End every connection with words; runners come back to the next gateway."""
        self.closing = True
        live = [link.connection for link in self._links.values() if link.connection is not None]
        await asyncio.gather(*(connection.close("The gateway restarts.") for connection in live))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _refuse(connection: Wired, reason: str) -> None:
    try:
        await connection.send(wire.Refused(reason=reason))
    except OSError:
        return
    await connection.close(reason)
