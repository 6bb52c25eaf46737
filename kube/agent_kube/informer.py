"""One kind of object in one namespace, kept by a list and the watch after it."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Generic, TypeVar

from agent_kube.cache import Cache, OnChange, identify, number
from agent_kube.client import TOO_LARGE, KubeClient
from agent_kube.errors import Away, Gone, KubeError, NotFound, Refused, explain, pause_of
from agent_kube.known import Absent, Known, Present, Unknown
from agent_kube.pace import Backoff, Pace
from agent_kube.pages import SHAPE, Page, read_page
from agent_kube.source import Listing, Source

T = TypeVar("T")
PROOF_SECONDS = 30.0
"""A watch that lived so long has proved itself, even if it had nothing to tell."""
_PAUSES = Backoff(first=0.2, factor=2.0, cap=15.0, jitter=0.3)
_ENDED_CAP = 2.0
"""Seconds: no longer pause where the API server ended the watch in order. To begin it anew costs little, and changes wait."""
_log = logging.getLogger(__name__)


class Informer(Generic[T]):
    """A cache of one kind, as new as the watch.

    A watch that ends or breaks is begun anew where it stopped; a list is made at the start, and when the API server no
    longer keeps the version that the watch stopped at.

    Args:
        client: The API server.
        source: What to list and watch.
        read: Makes the value of an object without managedFields: a slotted dataclass of the fields that are used. The
            garbage collector walks all that is kept, in one piece; with 20,000 whole models that takes half a second.
            What it raises of ValueError (pydantic's too), LookupError, TypeError or AttributeError makes the object
            unreadable.
        on_change: Called where an object's resourceVersion differs from the known one, with name, old and new value
            (None where there was or is none; both the same where the new one cannot be read). It must not raise.
        pauses: Between two watches, by how many in a row have not proved themselves.
    """

    def __init__(
        self,
        client: KubeClient,
        source: Source,
        read: Callable[[Any], T],
        on_change: OnChange[T],
        pauses: Backoff = _PAUSES,
    ) -> None:
        self._client = client
        self._source = source
        self._pauses = pauses
        self._cache: Cache[T] = Cache(source.kind, read, on_change)
        self._page_size = source.page_size
        self._version: str | None = None
        self._listing: Listing | None = None
        self._synced = asyncio.Event()
        self._current = False
        self._proved = False
        self._doubted = False
        self._problem: str | None = None
        self._heard: float | None = None
        self._made_at = client.now()

    @property
    def synced(self) -> bool:
        """Say whether a complete list has been read once."""
        return self._synced.is_set()

    @property
    def problem(self) -> str | None:
        """Return in words why the objects cannot be read now; None while they can."""
        return self._problem

    @property
    def unreadable_count(self) -> int:
        """Return how many objects cannot be read as they are now."""
        return self._cache.unreadable

    async def wait_synced(self) -> None:
        """Return once a complete list has been read."""
        await self._synced.wait()

    def known(self, name: str) -> Known[T]:
        """Return what is known of an object; see `agent_kube.known`."""
        entry = self._cache.get(name)
        if entry is not None and entry.value is not None:
            return Present(entry.value)
        if entry is None and self._current:
            return Absent()
        if self._heard is None:
            return Unknown(self._made_at)
        return Unknown(self._client.now() - timedelta(seconds=self.age()))

    def all(self) -> list[T]:
        """Return the last known value of each object that has one."""
        return self._cache.values()

    def unreadable(self, name: str) -> str | None:
        """Return why an object cannot be read as it is now, by its fields; None where it can, or is not there."""
        entry = self._cache.get(name)
        return None if entry is None else entry.words

    def age(self) -> float:
        """Return the seconds since list or watch last proved to be alive; infinite before the first time."""
        return math.inf if self._heard is None else asyncio.get_running_loop().time() - self._heard

    def remember(self, raw: dict[str, Any]) -> T | None:
        """Keep the answer of a call of one's own, unless a newer reading or a later deletion is known.

        Returns its value, None where it cannot be read.

        Raises:
            ValueError: it is no object with name, UID and version.
        """
        return self._cache.take_answer(raw)

    async def get(self, name: str) -> Known[T]:
        """Ask the API server for an object and remember the answer; `Unknown` where it cannot be read.

        Raises:
            KubeError: there is no answer to conclude from.
        """
        before = self._cache.get(name)
        try:
            raw = await self._client.request("GET", f"{self._source.path}/{name}")
        except NotFound:
            if before is not None and self._cache.get(name) is before:  # else the watch has told something newer
                self._cache.drop(name, None)
            return Absent()
        try:
            value = self.remember(raw)
        except SHAPE as error:
            raise Away(f"An answer cannot be read: {type(error).__name__}", None, "NoObject") from error
        return Unknown(self._client.now()) if value is None else Present(value)

    async def run(self) -> None:
        """Keep the cache, for ever."""
        failures = 0
        while True:
            self._proved = False
            error = await self._follow_once()
            self._current = False
            failures = 0 if self._proved else failures + 1
            if error is not None and not isinstance(error, Gone):
                self._note_problem(error)
            await asyncio.sleep(self._choose_pause(failures, error))

    def _choose_pause(self, failures: int, error: KubeError | None) -> float:
        pause = self._pauses.pause(failures)
        if error is None:
            return min(pause, _ENDED_CAP)
        asked = pause_of(error)
        return pause if asked is None else max(pause, self._pauses.at_least(asked))

    def _note_problem(self, error: KubeError) -> None:
        self._problem = explain(error, self._source.kind, self._source.reader)
        _log.warning("watch_broke", extra={"kind": self._source.kind, "reason": error.reason, "status": error.status})

    async def _follow_once(self) -> KubeError | None:
        """List where a list is due, follow one watch to its end, and return what ended it before its time."""
        try:
            if self._version is None:
                self._version = await self._list()
            elif self._doubted:
                await self._check_history()
            await self._watch(self._version)
        except Gone as error:
            self._doubted = False
            self._version = self._listing = None
            return error
        except KubeError as error:
            return error
        except TimeoutError:
            return Away("The API server did not end the watch when it should have.", None, "Overdue")
        return None

    async def _list(self) -> str:
        """Read all pages, and return the version that they show; one that was interrupted goes on with its next page."""
        listing = self._listing = self._listing or Listing()
        pace = Pace()
        while not listing.complete:
            await self._take_page(listing, pace)
        for name in self._cache.names():
            if name not in listing.seen:
                self._cache.drop(name, None if self._put_back(listing) else number(listing.version))
                await pace.rest()
        self._cache.position = number(listing.version)
        self._listing = None
        self._current = True
        self._synced.set()
        return listing.version

    async def _take_page(self, listing: Listing, pace: Pace) -> None:
        asked = {"limit": str(self._page_size), "continue": listing.token}
        try:
            text = await self._client.page(self._source.path, self._source.select(**asked))
        except Refused as error:
            if error.reason != TOO_LARGE or self._page_size == 1:
                raise
            self._page_size //= 2
            return
        self._hear()
        page = await self._read(text, pace)
        listing.version = page.version
        for item in page.items:
            self._cache.take(item, forced=self._put_back(listing))
            listing.seen.add(identify(item)[0])
            await pace.rest()
        listing.token, listing.complete = page.token, not page.token

    async def _read(self, text: str, pace: Pace) -> Page:
        try:
            return await read_page(text, pace)
        except SHAPE as error:
            raise Away(f"The list cannot be read: {type(error).__name__}", None, "NoList") from error

    async def _check_history(self) -> None:
        """See whether a watch that told nothing waits for versions that are yet to come.

        The API server does not refuse a version from its future: where the cluster's store was put back to an older
        state, such a watch is silent, for hours perhaps.
        """
        page = await self._read(await self._client.page(self._source.path, self._source.select(limit="1")), Pace())
        if number(page.version) < self._cache.position:
            raise Gone("The API server's history went back.", None, "PutBack")
        self._doubted = False

    def _put_back(self, listing: Listing) -> bool:
        """Say whether the list is older than what was known: the cluster's store was restored from a backup."""
        return number(listing.version) < self._cache.position

    async def _watch(self, version: str) -> None:
        seconds = self._source.watch_seconds * random.uniform(0.9, 1)
        params = self._source.select(
            resourceVersion=version, allowWatchBookmarks="true", timeoutSeconds=str(max(int(seconds), 1))
        )
        pace = Pace()
        async with (
            asyncio.timeout(seconds + self._client.limits.silence),
            self._client.watch(self._source.path, params) as events,
        ):
            self._hear()
            self._problem, self._current, self._doubted = None, True, True
            proof = asyncio.get_running_loop().call_later(PROOF_SECONDS, self._prove)
            try:
                async for event in events:
                    self._take_event(event)
                    await pace.rest()
            finally:
                proof.cancel()

    def _take_event(self, event: dict[str, Any]) -> None:
        try:
            kind, raw = str(event["type"]), event["object"]
            version = str(raw["metadata"]["resourceVersion"])
            name = "" if kind == "BOOKMARK" else identify(raw)[0]
        except SHAPE as error:
            raise Away(f"An event cannot be read: {type(error).__name__}", None, "NoEvent") from error
        if number(version) < self._cache.position:
            raise Gone("The API server's history went back.", None, "PutBack")
        if kind == "DELETED":
            self._cache.drop(name, number(version))
        elif kind != "BOOKMARK":
            self._cache.take(raw)
        self._doubted = False
        self._version = version
        self._cache.position = number(version)
        self._hear()
        self._prove()

    def _hear(self) -> None:
        self._heard = asyncio.get_running_loop().time()

    def _prove(self) -> None:
        self._proved = True
