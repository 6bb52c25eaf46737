"""The runner's driver: does what the supervisor decides, and tells it what happens."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Any

from agent_contract import wire
from agent_contract.names import ExitCode
from agent_contract.runnerconfig import RunnerConfig
from agent_contract.terms import MAX_RESULT_BYTES
from agent_runner import lifecycle as life
from agent_runner.calls import Calls
from agent_runner.chatfiles import ChatFiles
from agent_runner.clocks import next_wake
from agent_runner.conversation import Conversation
from agent_runner.ending import Ending
from agent_runner.events import Outcome
from agent_runner.files import Files
from agent_runner.launch import BadConfigError, Process, Setup, spawn
from agent_runner.link import Address, Link
from agent_runner.logs import Log
from agent_runner.outbox import Outbox
from agent_runner.pi import Pi
from agent_runner.processes import adopt_orphans, kill_all, kill_descendants, reap, seconds_since_start
from agent_runner.programs import Programs
from agent_runner.prompts import Prompts
from agent_runner.restore import Restore
from agent_runner.supervisor import step
from agent_runner.words import cut, describe_error


class App:
    """One run, from a started pi to an exit code."""

    def __init__(self, setup: Setup, config: RunnerConfig, log: Log) -> None:
        """Prepare; nothing runs before `run`."""
        limits = config.timeouts
        self._setup = setup
        self._config = config
        self._log = log
        self._outbox = Outbox()
        self._conversation = Conversation(self._outbox, self._feed)
        self._link = Link(Address(config.gateway_url.rstrip("/"), Path(setup.token)), self._outbox, self, log)
        self._state = life.State(limits.turn, limits.idle, limits.run, limits.grace, one_turn=config.one_turn)
        self._pi: Pi | None = None
        self._session_path = setup.session
        self._announced = False
        self._restore = Restore(self._link, setup, log, self._open_session)
        self._programs = Programs()
        self._files = Files(self._link, setup, config, self._programs, log, self._open_session)
        chat = ChatFiles(self._link, setup.workspace, log)
        self._calls = Calls(self._outbox, lambda: self._state.turn, self._files.copy, chat.send, log)
        self._prompts = Prompts(chat, self._conversation, self._outbox, self._on_task_done)
        self._ending = Ending(config, self._files, self._outbox, lambda: self._state, self._finish, self._on_task_done)
        self._switching = False
        self._timings: dict[str, float] = {}
        self._queue: list[life.Happening] = []
        self._stepping = False
        self._timer: asyncio.TimerHandle | None = None
        self._exit: asyncio.Future[int] | None = None
        self._hello_ready = False
        self._outbox.on_added = self._on_added

    async def run(self, process: Process) -> int:
        """Serve the run; return the exit code."""
        loop = asyncio.get_running_loop()
        self._exit = loop.create_future()
        loop.set_exception_handler(self._on_crash)
        adopt_orphans()
        loop.add_signal_handler(signal.SIGCHLD, self._on_child)
        loop.add_signal_handler(signal.SIGTERM, lambda: self._feed(life.Terminated()))
        self._timings["pi_spawned"] = round(seconds_since_start() - (time.monotonic() - process.spawned), 3)
        self._attach(process, behind=False)
        await self._calls.serve(self._setup.socket)
        link = asyncio.create_task(self._link.run())
        link.add_done_callback(self._on_task_done)
        self._on_child()  # one may have ended before we listened
        try:
            return await self._exit
        finally:
            kill_all()
            self._restore.cancel()
            self._files.cancel()
            self._prompts.cancel()
            self._calls.close()
            self._ending.cancel()
            await self._link.close()
            link.cancel()
            await asyncio.gather(link, return_exceptions=True)

    # --- the link's host --------------------------------------------------------------------------------

    def hello(self) -> wire.Hello:
        """Return the first frame of a connection."""
        self._hello_ready = self._announced
        return wire.Hello(
            run=self._config.run,
            versions={"python": sys.version.split()[0], "protocol": str(wire.PROTOCOL)},
            turns_seen=sorted(self._state.seen),
            acked=self._outbox.acked,
            ready=self._announced,
        )

    def on_frame(self, frame: wire.GatewayFrame) -> None:
        """Take one frame of the gateway."""
        match frame:
            case wire.Welcome():
                self._on_welcome(frame)
            case wire.Turn():
                self._log.info("turn_given", turn=frame.id)
                self._feed(life.Given(frame))
            case wire.Steer():
                self._feed(life.SteerAsked(frame))
            case wire.Abort():
                self._feed(life.AbortAsked(frame.turn))
            case wire.Ack():
                self._after_ack()
            case wire.Stay():
                self._feed(life.Stayed())
            case wire.Goodbye():
                self._feed(life.Dismissed())
            case wire.Shutdown():
                self._feed(life.ShutdownAsked(frame.reason, frame.grace_seconds))
            case wire.SubAgentUpdate() | wire.SubAgentResult():
                self._calls.on_frame(frame)
            case wire.Refused():
                pass  # the link ends by itself

    def on_step(self, step: str) -> None:
        """Note the time of a step of the start, the first time."""
        self._timings.setdefault(step, round(seconds_since_start(), 3))

    def on_link_ended(self, code: ExitCode, reason: str) -> None:
        """End, as no gateway will serve this run."""
        self._log.error("link_ended", code=int(code), reason=reason)
        self._feed(life.LinkEnded(code))

    def _on_welcome(self, frame: wire.Welcome) -> None:
        self.on_step("welcomed")
        self._log.info("welcomed", acked=frame.acked, session_lines=frame.session_lines)
        if self._announced and not self._hello_ready:  # it became so after the hello
            self._link.send_now(wire.Ready(timings=self._timings, files_problem=self._files.problem))
        self._feed(life.Welcomed(self._outbox.empty))
        self._after_ack()
        self._restore.begin(frame)
        self._files.begin(frame)
        self._open_session()

    def _open_session(self) -> None:
        """Open the conversation's session once both it and pi are there."""
        if self._state.open or not self._state.loaded or self._switching or not self._files.ready:
            return
        if self._restore.path is not None:
            self._session_path = self._restore.path
            self._conversation.last_entry = self._restore.last_entry
            self._switching = True
            self._conversation.open(self._restore.path)
        elif self._restore.new:
            self._feed(life.SessionOpened())

    def _after_ack(self) -> None:
        if self._pi and self._outbox.roomy:
            self._pi.resume()
        if self._outbox.empty:
            self._feed(life.Delivered())

    # --- pi -----------------------------------------------------------------------------------------------

    def _attach(self, process: Process, *, behind: bool) -> None:
        self._switching = False
        self._pi = Pi(process, self._conversation.on_event, self._on_broken)
        self._conversation.attach(self._pi, behind=behind)

    def _start_pi(self) -> None:
        try:
            process = spawn(self._setup, self._session_path)
        except BadConfigError as error:
            self._log.error("pi_not_started", reason=str(error))
            self._feed(life.PiDied(str(error)))
            return
        self._attach(process, behind=self._state.open)

    def _on_broken(self, reason: str) -> None:
        self._log.error("pi_broken", reason=reason)
        kill_descendants()

    def _on_child(self) -> None:
        for pid, code in reap():
            if self._programs.collect(pid, code):
                continue
            if self._pi and pid == self._pi.pid:
                self._on_pi_exit(self._pi, code)

    def _on_pi_exit(self, pi: Pi, code: int) -> None:
        pi.close()
        self._prompts.cancel()
        self._conversation.detach()
        self._pi = None
        # before the first turn it cannot hold a conversation's text, and it is all that says what is wrong
        said = "" if self._state.seen else describe_error(pi.stderr)
        stopping = self._state.phase is life.Phase.STOPPING
        (self._log.debug if stopping else self._log.warning)("pi_exited", code=code, said=said)
        self._feed(life.PiDied(_describe_exit(code, describe_error(pi.stderr))))

    # --- the supervisor -------------------------------------------------------------------------------------

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
        self._rearm()

    def _step(self, happening: life.Happening) -> None:
        before = self._state.phase
        if isinstance(happening, life.Terminated | life.ShutdownAsked | life.LinkEnded):
            self._calls.keep()
        self._state, actions = step(self._state, happening, time.monotonic())
        if self._state.phase is not before:
            self._log.info("phase", phase=self._state.phase, turn=self._state.turn, cause=self._state.cause)
        for action in actions:
            self._do(action)
        if self._state.phase is life.Phase.STOPPING and before is not self._state.phase:
            self._ending.keep(actions)
        if isinstance(happening, life.PiLoaded):
            self.on_step("pi_ready")
            self._open_session()
        if (
            self._state.phase is life.Phase.STOPPING
            and self._outbox.empty
            and not isinstance(happening, life.Delivered)
        ):
            self._queue.append(life.Delivered())

    def _do(self, action: life.Action) -> None:
        match action:
            case life.Emit():
                self._tell_end(action.event)
                self._outbox.add_event(action.turn, action.event)
            case life.AskLeave():
                self._ending.leave(action.reason)
            case life.Announce():
                self._announce()
            case life.Prompt():
                self._prompts.begin(self._with_note(action.turn))
            case life.Steer():
                self._conversation.steer(action.frame)
            case life.AbortPi():
                self._abort()
            case life.StartPi():
                self._start_pi()
            case life.KillTools():
                self._kill(kill_descendants(keep=(self._pi.pid,) if self._pi else ()), "tools")
            case life.KillPi():
                self._kill(kill_descendants(), "pi")
            case life.KillAll():
                self._prompts.cancel()
                self._conversation.detach()
                self._kill(kill_all(), "all")
            case life.Exit():
                self._finish(action.code)

    def _abort(self) -> None:
        if self._state.cause in ("aborted", "timeout"):
            self._calls.cancel_all()
        if self._prompts.cancel():  # pi was not asked yet, so it has nothing to tell
            self._feed(life.Settled(Outcome(ok=False, aborted=True)))
            return
        self._conversation.abort()
        if self._pi:
            self._pi.resume()  # its last lines are wanted, room or not

    def _announce(self) -> None:
        self._announced = True
        self.on_step("ready")
        self._log.info("ready", timings=self._timings)
        self._link.send_now(wire.Ready(timings=self._timings, files_problem=self._files.problem))

    def _kill(self, count: int, what: str) -> None:
        if count:
            self._log.info("killed", what=what, processes=count)

    def _with_note(self, turn: wire.Turn) -> wire.Turn:
        """Tell the agent at its first turn what of its files is not there."""
        first = self._state.seen == frozenset({turn.id})
        if not (first and self._files.problem):
            return turn
        return turn.model_copy(update={"text": f"{turn.text}\n\n[{self._files.problem}]"})

    def _tell_end(self, event: wire.Event) -> None:
        """Leave a sub-agent's answer, or why there is none, where the kubelet finds it."""
        if not self._config.one_turn or not isinstance(event, wire.TurnSettled | wire.Failed):
            return
        text = self._conversation.last_text if isinstance(event, wire.TurnSettled) else event.error or event.reason
        try:
            Path(self._setup.termination).write_text(cut(text, MAX_RESULT_BYTES))
        except OSError as error:
            self._log.warning("termination_message_not_written", problem=error.strerror)

    def _finish(self, code: int) -> None:
        if self._ending.holds(code, self._state):
            return
        if self._exit and not self._exit.done():
            self._log.info("exit", code=code)
            self._exit.set_result(code)

    def _rearm(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        at = next_wake(self._state)
        if at is not None:
            delay = max(0.0, at - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay, self._feed, life.Tick())

    def _on_added(self) -> None:
        self._link.wake()
        if self._pi and self._outbox.full and self._state.phase is not life.Phase.ABORTING:
            self._pi.pause()

    def _on_crash(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception") or RuntimeError(str(context.get("message")))
        if self._exit and not self._exit.done():
            self._exit.set_exception(error)

    def _on_task_done(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) and self._exit and not self._exit.done():
            self._exit.set_exception(error)


def _describe_exit(code: int, said: str) -> str:
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    return f"The agent's program {how}." + (f" It said: {said}" if said and code > 0 else "")
