"""The runner's driver: does what the supervisor decides, and tells it what happens."""

from __future__ import annotations

import asyncio
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

from agent_contract import wire
from agent_contract.names import ExitCode
from agent_contract.runnerconfig import RunnerConfig
from agent_runner import lifecycle as life
from agent_runner.alarm import Alarm
from agent_runner.apis.reached import Reached
from agent_runner.asks import Asks
from agent_runner.calls import Calls
from agent_runner.chatfiles import ChatFiles
from agent_runner.claiming import take_claim
from agent_runner.conversation import Conversation
from agent_runner.dialogs import Dialogs
from agent_runner.ending import Ending, leave_message
from agent_runner.events import Outcome
from agent_runner.exits import Exit
from agent_runner.files import Files
from agent_runner.incoming import read_happening
from agent_runner.launch import Process, Setup
from agent_runner.link import Link
from agent_runner.logs import Log
from agent_runner.looks import Looks
from agent_runner.memory import Memory
from agent_runner.outbox import Outbox
from agent_runner.people import People
from agent_runner.pi import Pi
from agent_runner.processes import adopt_orphans, close_memory, kill_all, kill_descendants, seconds_since_start
from agent_runner.program import Program
from agent_runner.programs import Programs
from agent_runner.project import Project
from agent_runner.prompts import Prompts
from agent_runner.pulls import Pulls
from agent_runner.readiness import Readiness
from agent_runner.restore import Restore
from agent_runner.roomwatch import RoomWatch
from agent_runner.supervisor import step
from agent_runner.transfers import Address, Transfers
from agent_runner.turntime import next_wake
from agent_runner.words import describe_error, describe_exit


class App:
    """One run, from a started pi to an exit code."""

    def __init__(self, setup: Setup, config: RunnerConfig, log: Log) -> None:
        """Prepare; nothing runs before `run`."""
        self._setup, self._config, self._log, self._exit, self._outbox = setup, config, log, Exit(), Outbox()
        address = Address(config.gateway_url.rstrip("/"), Path(setup.token))
        self._link, self._transfers = Link(address, self._outbox, self, log), Transfers(address)
        self._conversation = Conversation(self._outbox, self._feed, setup.session, self._link.send_now)
        self._state = life.State(config.timeouts, one_turn=config.one_turn)
        self._session_path, self._readiness = setup.session, Readiness(config.run, warm=config.warm)
        self._restore = Restore(self._transfers, setup, log, self._open_session)
        programs, done = Programs(), self._exit.on_task_done
        self._program, self._reached = Program(setup, programs, self, log), Reached(setup, programs, log, done)
        outbox, turn = self._outbox, lambda: self._state.turn
        files = self._files = Files(self._transfers, setup, config, programs, log, outbox, self._on_files, done)
        self._looks = Looks(self._transfers, setup.workspace, files.preparing.wait_for_files, programs, log, done)
        self._asks = Asks(self._outbox, lambda asking: self._feed(life.Waiting() if asking else life.Resumed()), log)
        self._dialogs = Dialogs(self._asks, self._outbox, turn, done, config.server_names)
        self._project = Project(setup, config, programs, log, self._open_session, done)
        room = self._room = RoomWatch(setup, config, programs, lambda: bool(self._state.turn), files.take_late, log)
        people = People(self._asks, config.approvals, self._conversation.is_plan, files.preparing.wait_for_files)
        chat = ChatFiles(self._transfers, setup.workspace, log)
        pulls, memory = Pulls(self._transfers, log), Memory(self._transfers, log)
        self._calls = Calls(self._outbox, turn, partial(files.copy, turn), chat.send, people, room, pulls, memory, log)
        self._prompts = Prompts(chat, self._conversation, outbox, files.preparing, self._asks, done, self._project)
        self._ending = Ending(config, self._files, self._outbox, lambda: self._state, self._finish, done)
        self._switching, self._stepping, self._queue = False, False, list[life.Happening]()
        self._alarm = Alarm(lambda: self._feed(life.Tick()))
        self._outbox.on_added = self._on_added

    async def run(self, process: Process) -> int:
        """Serve the run; return the exit code."""
        loop = asyncio.get_running_loop()
        adopt_orphans()
        close_memory()
        loop.add_signal_handler(signal.SIGCHLD, self._program.collect)
        loop.add_signal_handler(signal.SIGTERM, lambda: self._feed(life.Terminated()))
        self._readiness.note("pi_spawned", seconds_since_start() - (time.monotonic() - process.spawned))
        self._program.attach(process, behind=False)
        await asyncio.gather(self._calls.serve(self._setup.socket), self._project.serve())
        link = asyncio.create_task(self._readiness.wait_and(self._link.run))
        link.add_done_callback(self._exit.on_task_done)
        self._room.begin(lambda: self._program.pids, self._exit.on_task_done)
        self._program.collect()  # one may have ended before we listened
        try:
            return await self._exit.wait()
        finally:
            kill_all()
            beside = (self._room, self._reached, self._looks, self._project)
            for part in (self._restore, self._files, self._prompts, self._ending, *beside):
                part.cancel()
            self._calls.close()
            await self._link.close()
            link.cancel()
            await asyncio.gather(link, return_exceptions=True)

    def hello(self) -> wire.Hello:
        """Return the first frame of a connection."""
        return self._readiness.build_hello(self._state.seen, self._outbox.acked)

    def on_frame(self, frame: wire.GatewayFrame) -> None:
        """Take one frame of the gateway."""
        match frame:
            case wire.Welcome():
                self._on_welcome(frame)
            case wire.CommitIdentity() | wire.Reach():
                self._reached.on_frame(frame)
            case wire.Ack():
                self._after_ack()
            case wire.SubAgentUpdate() | wire.SubAgentResult():
                self._calls.on_frame(frame)
            case wire.Look():
                self._looks.on_frame(frame)
            case wire.Decision():
                self._asks.on_frame(frame)
            case wire.Prepare():
                self._files.preparing.want(frame.checkouts)
            case wire.Turn():
                self._log.info("turn_given", turn=frame.id)
            case _:
                pass
        if (happening := read_happening(frame)) is not None:
            self._feed(happening)

    def on_step(self, step: str) -> None:
        """Note the time of a step of the start, the first time."""
        self._readiness.note(step)

    def on_link_ended(self, code: ExitCode, reason: str) -> None:
        """End, as no gateway will serve this run."""
        self._log.error("link_ended", code=int(code), reason=reason)
        self._feed(life.LinkEnded(code))

    def _on_welcome(self, frame: wire.Welcome) -> None:
        self.on_step("welcomed")
        self._conversation.times.want(wanted=frame.times)
        claimed = self._readiness.claim(frame.run)
        if claimed and take_claim(frame, self._setup, self._log, self._program, self._conversation):
            self._feed(life.PiDied("it is started with another model"))
        self._log.info("welcomed", acked=frame.acked, session_lines=frame.session_lines)
        if (late := self._readiness.build_late(self._files.problem)) is not None:
            self._link.send_now(late)
        self._feed(life.Welcomed(self._outbox.empty))
        self._asks.on_welcome(frame)
        self._reached.begin(frame)
        self._project.begin()
        self._after_ack()
        self._restore.begin(frame)
        self._files.begin(frame)
        self._open_session()

    def _on_files(self) -> None:
        if self._files.problem and self._readiness.announced:  # it was ready before that was known
            self._link.send_now(self._readiness.announce(self._files.problem))
        self._open_session()

    def _open_session(self) -> None:
        """Open the conversation's session once both it and pi are there."""
        waits = self._switching or not (self._files.may_begin and self._project.ready)
        if self._state.open or not self._state.loaded or waits:
            return
        self._restore.renew(stale=self._project.refresh())
        if self._restore.path is not None:
            self._session_path = self._restore.path
            self._conversation.last_entry = self._restore.last_entry
            self._switching = True
            self._conversation.open(self._restore.path)
        elif self._restore.new:
            self._feed(life.SessionOpened())

    def _after_ack(self) -> None:
        if self._outbox.roomy:
            self._program.resume()
        if self._outbox.empty:
            self._feed(life.Delivered())

    def on_attached(self, pi: Pi, *, behind: bool) -> None:
        """Let the conversation use a new pi."""
        self._switching = False
        self._conversation.attach(pi, behind=behind)

    def on_pi_event(self, event: dict[str, Any]) -> None:
        """Take an event of pi."""
        self._files.on_pi_event(event)
        self._dialogs.on_event(event)
        self._conversation.on_event(event)

    def on_dialog(self, pi: Pi, request: dict[str, Any]) -> None:
        """Take what an extension asks or tells."""
        if request.get("method") == "setStatus":
            self._conversation.on_status(str(request.get("statusKey")), str(request.get("statusText") or ""))
        else:
            self._dialogs.on_request(pi, request)

    def on_pi_not_started(self, reason: str) -> None:
        """Take it as the end of a pi."""
        self._feed(life.PiDied(reason))

    def on_pi_exit(self, pi: Pi, code: int) -> None:
        """End what waited for the pi that has ended."""
        self._prompts.cancel()
        self._dialogs.close_all()
        self._conversation.detach()
        # before the first turn it cannot hold a conversation's text, and it is all that says what is wrong
        said = "" if self._state.seen else describe_error(pi.stderr)
        tell = self._log.debug if self._state.phase is life.Phase.STOPPING else self._log.warning
        tell("pi_exited", code=code, said=said)
        died = life.PiDied(describe_exit(code, describe_error(pi.stderr)))
        self._feed(life.LinkEnded(ExitCode.PI_FAILED) if self._readiness.warm else died)  # such a pod is replaced

    def _feed(self, happening: life.Happening) -> None:
        self._queue.append(happening)
        if self._stepping:
            return
        self._stepping = True
        try:
            while self._queue:
                self._step(self._queue.pop(0))
        finally:
            self._stepping = False
        self._alarm.set(next_wake(self._state))

    def _step(self, happening: life.Happening) -> None:
        before = self._state
        if isinstance(happening, life.Terminated | life.ShutdownAsked | life.LinkEnded):
            self._calls.keep()
        self._state, actions = step(self._state, happening, time.monotonic())
        if self._state.phase is not before.phase:
            self._log.info("phase", phase=self._state.phase, turn=self._state.turn, cause=self._state.cause)
        for action in actions:
            self._do(action)
        self._ending.on_step(before, self._state, actions)
        if isinstance(happening, life.PiLoaded):
            self.on_step("pi_ready")
            self._open_session()
        ended = self._state.phase is life.Phase.STOPPING and self._outbox.empty
        if ended and not isinstance(happening, life.Delivered):
            self._queue.append(life.Delivered())

    def _do(self, action: life.Action) -> None:
        match action:
            case life.Emit():
                if self._config.one_turn:
                    leave_message(Path(self._setup.termination), action.event, self._conversation.last_text, self._log)
                self._outbox.add_event(action.turn, action.event)
            case life.AskLeave():
                self._ending.leave(action.reason)
            case life.Announce():
                self._link.send_now(self._readiness.announce(self._files.problem))
                self._log.info("ready", timings=self._readiness.describe())
            case life.Prompt():
                self._prompts.begin(action.turn, self._files.take_note, self._reached.take_note)
            case life.Steer():
                self._conversation.steer(action.frame)
            case life.AbortPi():
                self._abort()
            case life.StartPi():
                self._project.refresh()
                self._program.start(self._session_path, behind=self._state.open)
            case life.KillTools():
                killed = kill_descendants(keep=(*self._program.pids, *self._reached.pids, *self._files.pids))
                self._log.info("killed", what="tools", processes=killed)
            case life.KillPi():
                self._log.info("killed", what="pi", processes=kill_descendants())
            case life.KillAll():
                self._prompts.cancel()
                self._conversation.detach()
                self._log.info("killed", what="all", processes=kill_all())
            case life.Exit():
                self._finish(action.code)

    def _abort(self) -> None:
        if self._state.cause in ("aborted", "timeout"):
            self._calls.cancel_all()
        if self._prompts.cancel():  # pi was not asked yet, so it has nothing to tell
            self._feed(life.Settled(Outcome(ok=False, aborted=True)))
            return
        self._conversation.abort()
        self._program.resume()  # its last lines are wanted, room or not

    def _finish(self, code: int) -> None:
        if not self._ending.holds(code, self._state) and self._exit.decide(code):
            self._log.info("exit", code=code)

    def _on_added(self) -> None:
        self._link.wake()
        if self._outbox.full and self._state.phase is not life.Phase.ABORTING:
            self._program.pause()
