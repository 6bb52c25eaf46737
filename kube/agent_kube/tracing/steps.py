"""The steps of a message's way: a line of the log each, and what traces are made of where somebody listens.

Nothing of a trace is computed while nobody listens.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was taken.

    Attributes:
        name: Which.
        at: Nanoseconds since the epoch.
        ids: What it is about, as the log says it; of steps that are not logged, as far as listeners need it.
        aside: What the log does not say.
    """

    name: str
    at: int
    ids: Mapping[str, Any]
    aside: Mapping[str, Any] = field(default_factory=dict)


Listener = Callable[[Step], None]
_NOTHING: Final[Mapping[str, Any]] = {}
_listeners: Final[list[Listener]] = []


def tell_step(log: logging.Logger, step: str, aside: Mapping[str, Any] = _NOTHING, /, **ids: Any) -> None:
    """Log a step, and tell it to whoever listens.

    Args:
        log: Where.
        step: Its name.
        aside: For listeners alone.
        ids: What it is about.
    """
    now = time.time_ns()
    log.info("step", extra={"step": step, **ids, "t": now // 1_000_000})
    for listener in _listeners:
        listener(Step(step, now, ids, aside))


def note_step(step: str, /, **ids: Any) -> None:
    """Tell a step to whoever listens, and log nothing: of those that come often."""
    if _listeners:
        now = time.time_ns()
        for listener in _listeners:
            listener(Step(step, now, ids))


def is_heard() -> bool:
    """Say whether anybody listens, so that it is worth asking others what only listeners need."""
    return bool(_listeners)


@contextlib.contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell each step to a listener, which must be quick and must not raise."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
