"""What a workspace holds before its agent is asked anything: repositories first, then what commands make."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from agent_contract import wire
from agent_contract.runnerconfig import RunnerConfig
from agent_runner.checkouts import Checkouts, Result
from agent_runner.commands import Commands
from agent_runner.holdback import Holdback
from agent_runner.launch import Setup
from agent_runner.logs import Log
from agent_runner.outbox import Outbox
from agent_runner.programs import Programs
from agent_runner.setupsteps import FOLDER, SetupSteps

SLOW_SECONDS: Final = 5.0
"""What takes longer is told."""
STEP_PERCENT: Final = 25
"""So much of a repository has come since it was told last."""
_Key = tuple[str, str, str, str]


class Preparing:
    """Prepares the workspace, one thing after the other; prompts wait for it.

    Args:
        setup: Where things are.
        config: How large the workspace may be.
        programs: Starts git and commands.
        outbox: Told how far it is.
        log: Told too, without what commands say.
        holdback: Ended where somebody waits for the files of earlier runs.
        on_done: Told of each task that ended.
    """

    def __init__(
        self,
        setup: Setup,
        config: RunnerConfig,
        programs: Programs,
        outbox: Outbox,
        log: Log,
        holdback: Holdback,
        on_done: Callable[[asyncio.Task[Any]], None],
    ) -> None:
        commands = Commands(setup, programs)
        self._checkouts = Checkouts(setup.workspace, commands, config.workspace_size, config.gateway_url)
        self._steps = SetupSteps(setup.workspace, commands)
        self._outbox = outbox
        self._log = log
        self._holdback = holdback
        self._on_done = on_done
        self._waiting: deque[wire.Checkout] = deque()
        self._seen: set[_Key] = set()
        self._setup: Sequence[wire.SetupStep] | None = None
        """Commands that were not run yet; None where this run had them, or was told of none."""
        self._had_setup = False
        self._files = asyncio.Event()
        self._at_work: _Key | None = None
        self._task: asyncio.Task[None] | None = None
        self._notes: list[str] = []

    @property
    def busy(self) -> bool:
        """Say whether prompts have to wait."""
        return self._task is not None and not self._task.done()

    def want(self, checkouts: Sequence[wire.Checkout], setup: Sequence[wire.SetupStep] = ()) -> None:
        """Take what a welcome or a person asks for; what is on its way, or was done, is not done twice."""
        waiting = {_key(one) for one in self._waiting}
        for one in checkouts:
            key = _key(one)
            if key in waiting or key == self._at_work or (key in self._seen and not one.fresh):
                continue
            self._seen.add(key)
            self._waiting.append(one)
        if setup and not self._had_setup:
            self._setup, self._had_setup = setup, True
        self._begin()

    def begin(self) -> None:
        """Begin: the files of earlier runs are there."""
        self._files.set()
        self._begin()

    @property
    def wanted(self) -> bool:
        """Say whether something is to be brought."""
        return bool(self._waiting or self._setup)

    async def wait_for_files(self) -> None:
        """Wait until the files of earlier runs are there, or will not come."""
        self._holdback.end()
        await self._files.wait()

    async def wait(self) -> None:
        """Wait until all is done."""
        while self._task is not None and not self._task.done():
            await asyncio.wait({self._task})

    def cancel(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()

    def take_note(self) -> str:
        """Return what the agent is to be told with its next prompt, once."""
        note, self._notes = " ".join(self._notes), []
        return note

    def _begin(self) -> None:
        if not self._files.is_set() or self.busy or not (self._waiting or self._setup):
            return
        self._task = asyncio.create_task(self._work())
        self._task.add_done_callback(self._on_done)

    async def _work(self) -> None:
        while self._waiting or self._setup:
            if self._waiting:
                one = self._waiting.popleft()
                self._at_work = _key(one)
                await self._bring(one)
                self._at_work = None
                continue
            steps, self._setup = self._setup or (), None
            for number in self._steps.find_due(steps):
                await self._run(number, steps[number])

    async def _bring(self, one: wire.Checkout) -> None:
        frame = wire.Prepared(
            seq=0, kind="repository", connection=one.connection, repository=one.repository, ref=one.ref, state="working"
        )
        begun = time.monotonic()
        teller = _Teller(self._outbox, frame, begun)
        result = await self._checkouts.bring(one, teller.tell)
        seconds = round(time.monotonic() - begun)
        self._log.info("repository_prepared", ok=result.ok, came=result.came, seconds=seconds)
        self._note_repository(one, result)
        if not result.came:
            return
        state = {"state": "done" if result.ok else "failed", "seconds": seconds, "text": result.text}
        self._outbox.add_prepared(frame.model_copy(update=state))

    def _note_repository(self, one: wire.Checkout, result: Result) -> None:
        if not result.ok:
            self._notes.append(
                f"The repository {one.repository} could not be brought into the workspace: {result.text}"
            )
        elif result.came:
            self._notes.append(f"The repository {one.repository} is in the folder {one.folder} ({result.text}).")

    async def _run(self, number: int, step: wire.SetupStep) -> None:
        frame = wire.Prepared(seq=0, kind="setup", number=number, state="working")
        begun = time.monotonic()
        telling = asyncio.get_running_loop().call_later(SLOW_SECONDS, self._outbox.add_prepared, frame)
        try:
            result = await self._steps.run(step)
        finally:
            telling.cancel()
        seconds = round(time.monotonic() - begun)
        self._log.info("setup_command_ended", number=number, ok=result.ok, seconds=seconds)
        state = {"state": "done" if result.ok else "failed", "seconds": seconds, "text": result.text}
        self._outbox.add_prepared(frame.model_copy(update=state))
        if not result.ok:
            self._notes.append(
                f"A command that prepares this workspace failed: {step.command[:200]!r}. What it said is in {FOLDER}/log."
            )


class _Teller:
    """Tells, in steps, how much of a repository has come, once it takes long."""

    def __init__(self, outbox: Outbox, frame: wire.Prepared, begun: float) -> None:
        self._outbox = outbox
        self._frame = frame
        self._begun = begun
        self._told = -STEP_PERCENT

    def tell(self, percent: int) -> None:
        """Take how much has come."""
        seconds = round(time.monotonic() - self._begun)
        if seconds < SLOW_SECONDS or percent < self._told + STEP_PERCENT:
            return
        self._told = percent - percent % STEP_PERCENT
        self._outbox.add_prepared(self._frame.model_copy(update={"percent": percent, "seconds": seconds}))


def _key(one: wire.Checkout) -> _Key:
    return one.connection, one.repository, one.ref, one.folder
