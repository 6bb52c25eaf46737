"""Where texts are rendered: in a process of its own, within a time and a memory, so that no text holds up anybody else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final, TypeVar

from agent_gateway.metrics import RENDERINGS_FAILED
from agent_gateway.telegram.outbound.renderer import RenderingFailed

log = logging.getLogger(__name__)
T = TypeVar("T")

PREVIEW_SECONDS: Final = 1.0
"""Of a processor, for one state of what is being written: many times what the worst of them takes."""
ANSWER_SECONDS: Final = 3.0
"""Of a processor, for one answer."""
MEMORY: Final = 96 << 20
"""Bytes that a text may take beyond what the process has at its start."""
_WAIT_FACTOR: Final = 10.0
"""How many times its seconds of a processor are waited for by the clock: others may use the processor too."""
_START_SECONDS: Final = 60.0
_MODULE: Final = "agent_gateway.telegram.outbound.renderchild"
_WORK: Final = ("agent_gateway.telegram.outbound.composing", "agent_gateway.telegram.outbound.previewing")
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TZ", "HOME")
"""What it is told of the environment: no secret."""


@dataclass(frozen=True, slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    wire: Connection


class RenderProcess:
    """Does it in another process, one work after the other. One that takes too much ends, and another takes its place.

    Args:
        name: In logs and metrics.
        seconds: Of a processor, for one work.
        memory: Bytes for one work, beyond what the process has at its start.
        modules: What the work is made of: read at its start.
    """

    def __init__(self, name: str, seconds: float, memory: int = MEMORY, modules: Sequence[str] = _WORK) -> None:
        self._name = name
        self._seconds = seconds
        self._memory = memory
        self._modules = tuple(modules)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"render-{name}")
        self._child: _Child | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to start the process, so that the first work need not wait for it."""
        self._thread.submit(self._renew)

    async def run(self, work: Callable[..., T], *args: object, **named: object) -> T:
        """Return what `work` returns."""
        return await asyncio.wrap_future(self._thread.submit(self._ask, work, args, named))

    def close(self) -> None:
        """End the process, and what it does."""
        self._closed = True
        child = self._child
        if child is not None:
            child.process.kill()  # a thread that waits for its answer is told by this
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._end()

    def _ask(self, work: Callable[..., T], args: tuple[object, ...], named: dict[str, object]) -> T:
        try:
            child = self._child or self._spawn()
            child.wire.send((work, args, named))
            if not child.wire.poll(self._seconds * _WAIT_FACTOR):
                raise TimeoutError
            done, answer = child.wire.recv()
        except (OSError, EOFError) as error:  # what ends it in the middle of a work is the work
            self._fail(type(error).__name__)
            self._restart()
            raise RenderingFailed(type(error).__name__) from error
        if not done:
            self._fail(str(answer))
            if answer == MemoryError.__name__:
                self._restart()  # what is left of its memory may be in pieces
            raise RenderingFailed(str(answer))
        result: T = answer
        return result

    def _fail(self, error: str) -> None:
        RENDERINGS_FAILED.labels(self._name).inc()
        log.warning("rendering_failed", extra={"renderer": self._name, "error": error})

    def _restart(self) -> None:
        self._end()
        if not self._closed:
            self._thread.submit(self._renew)

    def _renew(self) -> None:
        if self._child is None and not self._closed:
            with contextlib.suppress(OSError, EOFError):  # whoever asks next tries again
                self._spawn()

    def _spawn(self) -> _Child:
        ours, theirs = socket.socketpair()
        with theirs:
            environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
            limits = [str(theirs.fileno()), str(self._seconds), str(self._memory), *self._modules]
            process = subprocess.Popen(  # noqa: S603  # our own module
                [sys.executable, "-P", "-m", _MODULE, *limits],
                env=environment, pass_fds=[theirs.fileno()], start_new_session=True, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        child = self._child = _Child(process, Connection(ours.detach()))
        if self._closed or not child.wire.poll(_START_SECONDS):
            self._end()
            raise TimeoutError
        child.wire.recv()
        return child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.wire.close()
            child.process.kill()
            child.process.wait()


def build_renderers() -> dict[str, RenderProcess]:
    """Build the processes of a gateway: previews wait for no answer's formatting."""
    return {"previews": RenderProcess("previews", PREVIEW_SECONDS), "answers": RenderProcess("answers", ANSWER_SECONDS)}


@contextlib.contextmanager
def open_renderers(renderers: Iterable[RenderProcess]) -> Iterator[None]:
    """Have the processes while a gateway runs."""
    every = list(renderers)
    for renderer in every:
        renderer.start()
    try:
        yield
    finally:
        for renderer in every:
            renderer.close()
