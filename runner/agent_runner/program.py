"""The program pi of this run: begun, watched, and its end told."""

from __future__ import annotations

from typing import Any, Protocol

from agent_runner.launch import BadConfigError, Process, Setup, spawn
from agent_runner.logs import Log
from agent_runner.pi import Pi
from agent_runner.processes import kill_descendants, reap
from agent_runner.programs import Programs


class Host(Protocol):
    """What is told of pi; every call is quick."""

    def on_attached(self, pi: Pi, *, behind: bool) -> None:
        """Use a new pi; `behind` means that its session may hold lines that were not fetched."""

    def on_pi_event(self, event: dict[str, Any]) -> None:
        """Take an event of pi."""

    def on_dialog(self, pi: Pi, request: dict[str, Any]) -> None:
        """Take what an extension asks or tells."""

    def on_pi_exit(self, pi: Pi, code: int) -> None:
        """Take notice that pi has ended, by a signal where the code is negative."""

    def on_pi_not_started(self, reason: str) -> None:
        """Take notice that pi cannot be started."""


class Program:
    """Holds one pi at a time.

    Args:
        setup: How it is started.
        programs: Those beside it, whose ends are collected in the same way.
        host: Who is told.
        log: Where a fault is written.
    """

    def __init__(self, setup: Setup, programs: Programs, host: Host, log: Log) -> None:
        self._setup = setup
        self._programs = programs
        self._host = host
        self._log = log
        self.pi: Pi | None = None
        """The running pi."""

    @property
    def pids(self) -> tuple[int, ...]:
        """The process of pi, if it runs."""
        return (self.pi.pid,) if self.pi else ()

    def start(self, session: str, *, behind: bool) -> None:
        """Begin pi with a session file."""
        try:
            process = spawn(self._setup, session)
        except BadConfigError as error:
            self._log.error("pi_not_started", reason=str(error))
            self._host.on_pi_not_started(str(error))
            return
        self.attach(process, behind=behind)

    def attach(self, process: Process, *, behind: bool) -> None:
        """Watch a started pi."""
        self.pi = Pi(process, self._host.on_pi_event, self._on_broken, self._host.on_dialog)
        self._host.on_attached(self.pi, behind=behind)

    def drop(self) -> None:
        """End pi, and hear no more of it; another is to be started."""
        ended, self.pi = self.pi, None
        if ended is not None:
            ended.close()
        kill_descendants()

    def collect(self) -> None:
        """Take the ends of all processes of the pod."""
        for pid, code in reap():
            if self._programs.collect(pid, code):
                continue
            if self.pi and pid == self.pi.pid:
                ended, self.pi = self.pi, None
                ended.close()
                self._host.on_pi_exit(ended, code)

    def pause(self) -> None:
        """Read no more of what pi writes."""
        if self.pi:
            self.pi.pause()

    def resume(self) -> None:
        """Read what pi writes."""
        if self.pi:
            self.pi.resume()

    def _on_broken(self, reason: str) -> None:
        self._log.error("pi_broken", reason=reason)
        kill_descendants()
