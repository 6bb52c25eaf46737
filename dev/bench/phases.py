"""The phases of a benchmark: each has a deadline of its own, and what one of them lacks takes nothing from the others."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from dev.bench.bounds import InterruptedRunError, TooLongError, bounded, tell_seconds
from dev.progress import UserError

_LEAST_SECONDS: Final = 180.0
_TIMES: Final = 3
"""A machine that is so many times slower than the one that the expected times are of measures all the same."""
_MEND_SECONDS: Final = 120.0
_LONG: Final = 300
"""Characters of a reason."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a benchmark.

    Attributes:
        name: What is measured, as the table says it.
        expected: Seconds on two cores.
        work: Measures it.
        needs: The name of one without which this cannot be measured; empty for none.
    """

    name: str
    expected: float
    work: Callable[[], object]
    needs: str = ""


@dataclass(slots=True)
class Phases:
    """Runs phases, one after the other.

    Attributes:
        most: Seconds that any of them may take at most.
        told: Called behind each with its name, whether it came to its end or not.
        mend: Called behind one that did not, so that the next one finds the machine as it should be; returns what may have
            held it up, or nothing.
        missing: Why one was not measured, or not to its end, by its name.
        ended: Why no more begin; empty where they do.
    """

    most: float
    told: Callable[[str], object] = lambda _: None
    mend: Callable[[], str] = lambda: ""
    missing: dict[str, str] = field(default_factory=dict)
    ended: str = ""

    def run(self, phase: Phase) -> None:
        """Run one within its time, whatever becomes of it; once somebody ended the run, none begins."""
        if without := self.ended or self.missing.get(phase.needs):
            self.missing[phase.name] = without
            return
        began = time.monotonic()
        why = self._try(phase.work, min(self.most, max(_LEAST_SECONDS, _TIMES * phase.expected)))
        if why:
            cause: list[str] = []
            if not self.ended:
                failed = self._try(lambda: cause.append(self.mend()), _MEND_SECONDS)
                cause += [f"behind it: {failed}"] if failed else []
            self.missing[phase.name] = "; ".join(words for words in (why, *cause) if words)
            print(f"  {phase.name}: not measured to its end: {self.missing[phase.name]}", flush=True)
        if told := self._try(lambda: self.told(phase.name), _MEND_SECONDS):
            print(f"  {phase.name}: its figures cannot be told yet: {told}", flush=True)
        print(f"  {phase.name}: {tell_seconds(round(time.monotonic() - began))} in all", flush=True)

    def _try(self, work: Callable[[], object], seconds: float) -> str:
        """Do something within so many seconds; return why it did not come to its end, or nothing."""
        try:
            with bounded(seconds):
                work()
        except TooLongError as error:
            return str(error)
        except InterruptedRunError as error:
            self.ended = str(error)
            return self.ended
        except Exception as error:  # noqa: BLE001  # whatever it was, the next phase is measured
            return tell_error(error)
        return ""


def tell_error(error: BaseException) -> str:
    """Return an error as a part of a line."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"a command took longer than {tell_seconds(error.timeout)}"
    words = " ".join(str(error).split())[:_LONG]
    return words if isinstance(error, UserError) and words else f"{type(error).__name__}: {words}"
