"""The workspace's ways: here at the start, kept turn by turn and at the end, and a copy for each sub-agent that wants one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from agent_contract import wire
from agent_contract.runnerconfig import RunnerConfig
from agent_runner.conversation import SIGNS_OF_WORK
from agent_runner.holdback import Holdback
from agent_runner.httpclient import StatusError
from agent_runner.keeping import KeeperEndedError, Keeping
from agent_runner.launch import Setup
from agent_runner.logs import Log
from agent_runner.notkept import describe_missing, describe_not_kept
from agent_runner.outbox import Outbox
from agent_runner.preparing import Preparing
from agent_runner.programs import Programs
from agent_runner.targuard import Bounds
from agent_runner.tasks import start
from agent_runner.transfers import Transfers
from agent_runner.workspace import UnfitWorkspaceError, WorkspaceError, is_empty, unpack

PAUSE = 1.0
"""Seconds between two attempts."""
COPY_SECONDS = 30.0
"""How long a copy for a sub-agent is offered to a gateway that does not take it."""
KEEP_SECONDS: Final = 120.0
"""How long the files of a run that ends by itself may take to be stored; nobody is ending its pod."""
UNPACKINGS = 3
"""How often writing them may fail: an agent that dies while it loads takes the process along once or twice."""
_GONE = 404


class Files:
    """Moves the workspace. What fails is told: in the log, and to the agent where it begins without its files.

    Args:
        transfers: To and from the gateway.
        setup: Where the folders are.
        config: What is kept, and how much.
        programs: Starts what reads and writes.
        log: Where it is told.
        outbox: Told what comes into the workspace behind its earlier files.
        on_ready: Called when the workspace is as this run begins with it, or a session may begin before it is.
        on_done: Told of each task that ended.
    """

    def __init__(
        self,
        transfers: Transfers,
        setup: Setup,
        config: RunnerConfig,
        programs: Programs,
        log: Log,
        outbox: Outbox,
        on_ready: Callable[[], None],
        on_done: Callable[[asyncio.Task[Any]], None],
    ) -> None:
        self._transfers = transfers
        self._setup = setup
        self._config = config
        self._programs = programs
        self._log = log
        self._holdback = Holdback()
        self.preparing = Preparing(setup, config, programs, outbox, log, self._holdback, on_done)
        """What comes into the workspace behind its earlier files."""
        self._on_ready = on_ready
        self._on_done = on_done
        self._keeping = Keeping(transfers, setup, config, programs)
        self._task: asyncio.Task[None] | None = None
        self._background: asyncio.Task[None] | None = None
        self.ready = False
        self.behind = False
        """They are on their way, and a session may begin before they are there."""
        self.problem = ""
        """Why the files that were announced are not there, in words."""
        self._turn = 0
        """The newest turn that has ended, or is being ended."""
        self._wanted = False
        """A turn has ended since the last look at the files began."""
        self._one = asyncio.Lock()  # one look at the files after the other
        self._takes = False
        self._bounds = Bounds(bytes=config.workspace_size) if config.workspace_size else Bounds()
        self._spares = False
        """What is stored could not be had, and may be by a later run: nothing takes its place."""
        self._told: set[str] = set()
        self._note = ""

    @property
    def pids(self) -> tuple[int, ...]:
        """Return the process that brings the files of earlier runs, if it runs."""
        return self._keeping.pids

    @property
    def may_begin(self) -> bool:
        """Say whether a session may be opened: nothing that is still to come is read for it."""
        return self.ready or self.behind

    def begin(self, frame: wire.Welcome) -> None:
        """Fetch what the welcome announces, if that was not begun."""
        self._takes = frame.states
        self.preparing.want(frame.checkouts, frame.setup)
        if self.ready or self._task is not None:
            return
        if not frame.workspace:
            self.ready = True
            self.preparing.begin()
            return
        self._task = start(self._restore())

    def cancel(self) -> None:
        """Stop what is on its way."""
        self.preparing.cancel()
        for task in (self._task, self._background):
            if task is not None:
                task.cancel()

    def on_pi_event(self, event: dict[str, Any]) -> None:
        """Bring files at full speed once the agent has begun to answer."""
        if event.get("type") in SIGNS_OF_WORK:
            self._holdback.end()

    def take_note(self) -> str:
        """Return what the agent is to be told of its files with its next prompt, once."""
        return " ".join(filter(None, (self.take_late(), self.preparing.take_note())))

    def take_late(self) -> str:
        """Return what came to be known of its files behind a prompt: told once, beside a tool's result where there is one."""
        note, self._note = self._note, ""
        return note

    def keep_later(self, turn: int) -> None:
        """Store what a turn changed, beside whatever comes next."""
        self._turn = turn
        self._wanted = True
        if self._background is None or self._background.done():
            self._background = asyncio.create_task(self._keep_wanted())
            self._background.add_done_callback(self._on_done)

    async def _keep_wanted(self) -> None:
        """Keep until nothing is wanted; a look that fails is made up for after the next turn, or at the end."""
        while self._wanted and self._may_keep():
            self._wanted = False
            try:
                await self._keep_once(self._turn, waited_for=False)
            except KeeperEndedError:  # with a tool's processes
                if not self._wanted:
                    await asyncio.sleep(PAUSE)
                    self._wanted = True
            except (WorkspaceError, OSError) as error:
                self._warn("workspace_not_kept", error, again=False)

    async def keep(self, turn: int | None) -> None:
        """Store what changed since the last time, as the run ends; a gateway that is started anew is waited for.

        A run that never had the earlier files keeps none: those that are stored are more than it has. Where they were still
        to come it changed none of them either, as every tool waits for them: what is stored is the newest there is.
        """
        self._turn = turn if turn is not None else self._turn
        if not (self._may_keep() or self._has_changed_nothing):
            self._log.warning("workspace_not_kept", problem="this run never had the earlier files", again=False)
            return
        self._wanted = False
        try:
            async with asyncio.timeout(KEEP_SECONDS):
                await self._keep_at_last()
        except TimeoutError:
            self._log.warning("workspace_not_kept", problem="it took too long", again=False)

    async def _keep_at_last(self) -> None:
        left = 1
        while True:
            had = self.ready
            if had and not self._may_keep():
                return  # they could not be had after all
            try:
                if had:
                    await self._keep_once(self._turn)
                else:
                    await self._transfers.put_state(b"", self._turn)
            except WorkspaceError as error:
                left -= 1  # where the process was ended with all else, it is not a second time
                again = left >= 0 and isinstance(error, KeeperEndedError)
                self._warn("workspace_not_kept", error, again=again)
                if not again:
                    return
            except OSError as error:
                self._warn("workspace_not_kept", error, again=True)
                await asyncio.sleep(PAUSE)
            else:
                if had or not self.ready:
                    self._log.info("workspace_kept")
                    return  # else they came meanwhile, and something may have been done with them

    async def _keep_once(self, turn: int, call_id: str | None = None, *, waited_for: bool = True) -> None:
        if waited_for:
            self._keeping.make_way()
        async with self._one:
            begun = time.monotonic()
            kept = await self._keeping.keep(turn, call_id, waited_for=waited_for)
        self._add_note(describe_not_kept(kept, self._told, self._config.snapshot_limit))
        seconds = round(time.monotonic() - begun, 3)
        self._log.info("files_kept", turn=turn, stored=kept.stored, packs=kept.packs, bytes=kept.bytes, seconds=seconds)

    def _may_keep(self) -> bool:
        return self.ready and self._takes and not self._spares

    @property
    def _has_changed_nothing(self) -> bool:
        """Say whether a turn was asked here while the earlier files were on their way."""
        return self.behind and not self.ready and self._takes and self._turn > 0

    async def copy(self, read_turn: Callable[[], int | None], call_id: str) -> bool:
        """Store a copy under a call's id; False where there is nothing to copy.

        Args:
            read_turn: Returns the turn that runs.
            call_id: Of the call.

        Raises:
            WorkspaceError: it cannot be stored; with words for the agent.
        """
        if is_empty(self._setup.workspace):
            return False
        until = time.monotonic() + COPY_SECONDS
        while True:
            try:
                await self._keep_once(read_turn() or self._turn, call_id)
            except (KeeperEndedError, OSError) as error:
                words = type(error).__name__
                again = time.monotonic() < until
                self._log.warning("workspace_not_copied", problem=words, again=again)
                if not again:
                    raise WorkspaceError(f"The workspace could not be copied ({words}); try again.") from error
                await asyncio.sleep(PAUSE)
            else:
                return True

    async def _restore(self) -> None:
        """Fetch until it is there: the gateway ends a run that is not ready in time, and what is stored stays."""
        left = UNPACKINGS
        while not self.ready:
            try:
                await self._restore_once()
                self._log.info("workspace_restored")
                self.ready = True
            except WorkspaceError as error:
                left = 0 if isinstance(error, UnfitWorkspaceError) else left - 1
                if left:
                    self._warn("workspace_not_restored", error, again=True)
                    continue
                self._spares = True
                later = " They stay stored, and what is written now is not kept; where a later run fails too, it begins without."
                self._give_up(f"{error}{'' if self._config.one_turn else later}")
            except OSError as error:
                if isinstance(error, StatusError) and error.status == _GONE:
                    self._give_up("They are no longer stored.")
                    continue
                self._warn("workspace_not_restored", error, again=True)
                await asyncio.sleep(PAUSE)
        self.preparing.begin()
        self._on_ready()
        if self._wanted:  # a turn ended before they were there
            self.keep_later(self._turn)

    async def _restore_once(self) -> None:
        async with self._transfers.open_workspace() as (is_state, parts):
            if is_state:
                kept = await self._keeping.restore(parts, self._on_listed, self._holdback.wait)
                self._add_note(describe_missing(kept, self._told, self._config.snapshot_limit))
            else:  # a run of an earlier release packed it
                await unpack(self._setup.workspace, parts, self._programs, self._bounds)

    def _on_listed(self, plain: bool) -> None:  # as it comes
        """Let the session begin where nothing of the files is read for it, nor is anything prepared in them."""
        if plain and not self.preparing.wanted and not self.behind:
            self.behind = True
            self._holdback.begin()
            self._on_ready()

    def _give_up(self, words: str) -> None:
        self._log.warning("workspace_not_restored", problem=words, again=False)
        self.problem = f"The earlier files could not be brought back: {words}"
        self._add_note(self.problem)
        self.ready = True

    def _add_note(self, words: str) -> None:
        self._note = " ".join(filter(None, (self._note, words)))

    def _warn(self, event: str, error: BaseException, *, again: bool) -> None:
        problem = str(error) if isinstance(error, WorkspaceError) else type(error).__name__
        self._log.warning(event, problem=problem, again=again)
