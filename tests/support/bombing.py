"""Bombs on the way that an answer takes: events, previews, drafts, the final; and what they cost."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from dataclasses import dataclass, field

from agent_contract import wire
from agent_gateway.render.partial import PREVIEWED
from agent_gateway.runners.progress import Progress
from agent_gateway.store.chatrows import ToolUse
from agent_gateway.store.rows import Address
from agent_gateway.telegram.fakes import FakeChat, FakeStore
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.renderer import RenderingFailed
from agent_gateway.telegram.outbound.rendering import ANSWER_SECONDS, PREVIEW_SECONDS, RenderProcess
from agent_gateway.telegram.outbound.richform import RichPolicy
from agent_gateway.telegram.outbound.sender import Sender
from agent_gateway.telegram.outbound.views import Views
from tests.support.eventually import eventually
from tests.support.viewing import turn

EVENTS = 300
"""Of one bomb: what is behind them comes with the last."""
FIXED = 8192
"""Characters of words of our own that stand beside any answer."""


@dataclass
class Timed:
    """A renderer, and how long each work took in it."""

    renderer: RenderProcess
    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    async def run(self, work, *args, **named):
        begun = time.perf_counter()
        try:
            return await self.renderer.run(work, *args, **named)
        except RenderingFailed as error:
            self.failed.append(str(error))
            raise
        finally:
            self.seconds.append(time.perf_counter() - begun)


@dataclass
class Pauses:
    """The longest times that the event loop was held: by the clock, and of its own thread's processor time."""

    clock: float = 0.0
    own: float = 0.0

    async def watch(self):
        """Look for ever."""
        while True:
            clock, own = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0)
            self.own = max(self.own, time.thread_time() - own)
            begun = time.perf_counter()
            await asyncio.sleep(0.002)
            self.clock = max(self.clock, time.perf_counter() - begun - 0.002, begun - clock)


@dataclass(frozen=True)
class Cost:
    """What one bomb cost: characters in and out, messages, files, milliseconds of its longest work."""

    size: int
    shown: int
    messages: int
    files: int
    ms: float
    plain: bool

    @property
    def ratio(self):
        return max(0, self.shown - FIXED) / max(1, self.size)


class Bombing:
    """Real views and a real sender on a chat in memory."""

    def __init__(self):
        self.previews = Timed(RenderProcess("previews", PREVIEW_SECONDS))
        self.answers = Timed(RenderProcess("answers", ANSWER_SECONDS))
        self.pauses = Pauses()
        self._chat, self._store, self._number = FakeChat(), FakeStore(), 0

    @contextlib.asynccontextmanager
    async def running(self):
        """Run the sender and the watch."""
        for timed in (self.previews, self.answers):
            timed.renderer.start()
            await timed.renderer.run(len, "")
        budgets = Budgets(minute=0.001)
        self._views = Views(
            self._chat, self._store, check=lambda: None, budgets=budgets, drafts=True, renderer=self.previews
        )
        self._sender = Sender(
            self._chat, self._store, self._store, budgets=Budgets(minute=0.001), check=lambda: None, poll=0.01,
            rich=RichPolicy.AUTO, renderer=self.answers,
        )  # fmt: skip
        tasks = [asyncio.create_task(self._sender.run()), asyncio.create_task(self.pauses.watch())]
        try:
            yield self
        finally:
            await self._views.close()
            self._sender.stop()
            await tasks[0]
            tasks[1].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for timed in (self.previews, self.answers):
                timed.renderer.close()

    async def show(self, text):
        """Let an agent say a text in a chat of its own: private and with drafts, or a group."""
        self._number += 1
        number = self._number
        address = Address(1, number * (1 if number % 2 else -1))
        self._chat.messages.clear()
        self._chat.files.clear()
        self.answers.seconds.clear()
        self.previews.seconds.clear()
        failed = len(self.answers.failed) + len(self.previews.failed)
        progress = await self._say(text)
        await self._preview(number, address, progress)
        for known in list(self._chat.messages):
            del self._chat.messages[known]
        self._store.put(
            address,
            progress.last(),
            kind="final",
            language="en",
            tools=ToolUse(3, 0, 9.0),
            way=text[: number * 97 % 5000],
        )
        self._sender.notify()
        await eventually(lambda: not self._store.pending, timeout=120)
        shown = self._chat.messages
        return Cost(
            len(text), sum(map(len, shown.values())), len(shown), len(self._chat.files),
            1000 * max([*self.answers.seconds, *self.previews.seconds], default=0.0),
            len(self.answers.failed) + len(self.previews.failed) > failed,
        )  # fmt: skip

    async def _say(self, text):
        progress, step = Progress("en"), max(100, len(text) // EVENTS)
        for offset in range(0, len(text), step):
            progress.apply(wire.Text(message=0, offset=offset, text=text[offset : offset + step]))
            progress.beginning(PREVIEWED + 1)
            await asyncio.sleep(0)
        progress.messages()
        await asyncio.sleep(0)
        return progress

    async def _preview(self, number, address, progress):
        begun = len(self.previews.seconds)
        self._views.open(turn(number), address, 5)
        text = progress.beginning(PREVIEWED + 1)
        self._views.update(number, text)
        if text.strip():
            await eventually(lambda: len(self.previews.seconds) > begun)
        await self._views.finish(number)

    def read_memory(self):
        """Return MiB that this process had at most."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
