"""The conversation inside pi: prompts in, events and session lines out, in pi's own order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from agent_contract import wire
from agent_contract.names import SUBAGENT_TOOL
from agent_runner import lifecycle as life
from agent_runner.chatfiles import Image
from agent_runner.events import Translator, encode_entry, escape_prompt
from agent_runner.outbox import Outbox
from agent_runner.pi import Pi
from agent_runner.pilines import TOO_LONG
from agent_runner.sessionfile import read_since
from agent_runner.steering import Steering
from agent_runner.turntimes import TurnClock
from agent_runner.words import describe_error

SIGNS_OF_WORK: Final = frozenset(
    {
        "message_update", "message_end", "tool_execution_start", "tool_execution_update", "tool_execution_end",
        "compaction_start", "compaction_end",
    }
)  # fmt: skip
"""Events of pi by which a turn is at work. A pause before the provider is asked again is none."""


class Conversation:
    """Reads one pi at a time; outlives it, as the session does."""

    def __init__(
        self,
        outbox: Outbox,
        tell: Callable[[life.Happening], None],
        path: str,
        send: Callable[[wire.TurnTimes], None] = lambda _: None,
    ) -> None:
        """Put frames into `outbox` and tell the supervisor what happens; pi's session file is `path` at first."""
        self.times = TurnClock(send)
        """When the parts of each turn were."""
        self._outbox = outbox
        self._path = path
        self._tell = tell
        self._pi: Pi | None = None
        self._turn: int | None = None
        self._translator = Translator()
        self._fetching = False
        self._again = False
        self._settled: dict[str, Any] | None = None
        self._tools: dict[str, str] = {}
        self._held = False
        self._plan: int | None = None
        self._steering = Steering()
        self.last_text = ""
        """The newest whole message of the agent that says anything."""
        self.last_entry: str | None = None
        """Id of the last session line that the gateway was given, or that came from it."""

    def attach(self, pi: Pi, *, behind: bool) -> None:
        """Use a new pi; `behind` means that its session may hold lines that were not fetched."""
        self._pi = pi
        self._turn, self._settled, self._fetching, self._again = None, None, False, False
        pi.call("get_state", lambda answer: self._on_loaded(answer, behind=behind))

    def detach(self) -> None:
        """Forget an ended pi, and the turn with it."""
        self._pi = None
        self._turn, self._settled = None, None

    def open(self, path: str) -> None:
        """Let pi go on with another session file."""
        self._path = path
        if self._pi:
            self._pi.call("switch_session", self._on_switched, sessionPath=path)

    def prompt(self, turn: wire.Turn, images: Sequence[Image] = ()) -> None:
        """Begin a turn."""
        self._turn = turn.id
        self._tools, self._held = {}, False
        self._plan = turn.id if turn.plan else None
        self._translator = Translator()
        self._steering.begin(turn.id)
        if self._pi:
            shown = [{"type": "image", "data": image.data, "mimeType": image.media_type} for image in images]
            more = {"images": shown} if shown else {}
            text = escape_prompt(turn.text)
            self.times.mark("prompted")
            self._pi.call("prompt", self._on_prompted, message=text, streamingBehavior="followUp", **more)

    def steer(self, frame: wire.Steer) -> None:
        """Add to the running turn what the agent is to read before it goes on."""
        self._steering.add(frame.turn, frame.id, escape_prompt(frame.text))
        self._send_steers()

    def abort(self) -> None:
        """Empty pi's queue, then stop what it does."""
        if self._pi:
            self._pi.call("clear_queue")
            self._pi.call("abort")

    def on_event(self, event: dict[str, Any]) -> None:
        """Take one event of pi."""
        kind = event.get("type")
        if kind == "agent_settled":
            if self._turn is not None:
                self._settled = event
            self._fetch()
            return
        if self._turn is not None:
            if kind in SIGNS_OF_WORK:
                self._tell(life.Heard())
            for mapped in self._translator.feed(event):
                self._note(mapped)
                self._outbox.add_event(self._turn, mapped)
            if kind == "agent_start":
                self.times.mark("begun")
                self._steering.begun = True
                self._send_steers()
                self._tell(life.Begun())
            read = self._steering.find_read(event)
            if read is not None:
                self._outbox.add_event(self._turn, wire.Steered(id=read))
        if kind in ("message_end", "compaction_end"):
            self._fetch()

    def on_status(self, key: str, value: str) -> None:
        """Take what our own extension tells of the running turn."""
        if self._turn is not None:
            self._translator.note(key, value)

    def _send_steers(self) -> None:
        if self._pi is None or self._turn is None:
            return
        for text in self._steering.take():
            self._pi.call("steer", self._on_steered, message=text)

    def _on_steered(self, answer: dict[str, Any]) -> None:
        """End what pi began on its own where the turn was over already: the gateway makes it a turn of its own."""
        disposition = (answer.get("data") or {}).get("disposition")
        if disposition not in (None, "queued") and self._pi is not None:
            self._pi.call("clear_queue")
            self._pi.call("abort")

    def _note(self, event: wire.Event) -> None:
        """Keep what is asked for later, and tell when the turn begins or ends to wait for sub-agents alone."""
        match event:
            case wire.Text():
                self.times.mark("text")
                return
            case wire.MessageDone() if event.text.strip():
                self.last_text = event.text
            case wire.ToolStarted():
                self._tools[event.call] = event.tool
            case wire.ToolEnded():
                self._tools.pop(event.call, None)
            case _:
                return
        held = bool(self._tools) and all(tool == SUBAGENT_TOOL for tool in self._tools.values())
        if held is not self._held:
            self._held = held
            self._tell(life.Held(held))

    def is_plan(self, turn: int) -> bool:
        """Say whether a turn is one that writes a plan."""
        return self._plan == turn

    def _on_loaded(self, answer: dict[str, Any], *, behind: bool) -> None:
        if not answer.get("success"):
            self._tell(life.SessionRefused(describe_error(str(answer.get("error")))))
            return
        if behind:
            self._fetch()
        self._tell(life.PiLoaded())

    def _on_switched(self, answer: dict[str, Any]) -> None:
        if answer.get("success"):
            self._tell(life.SessionOpened())
        else:
            error = describe_error(str(answer.get("error")))
            self._tell(life.SessionRefused(f"The stored conversation cannot be opened: {error}"))

    def _on_prompted(self, answer: dict[str, Any]) -> None:
        if answer.get("success"):
            self._tell(life.Accepted())
            return
        self._turn = None
        self._tell(life.Rejected(describe_error(str(answer.get("error") or "pi refused the prompt."))))

    def _fetch(self) -> None:
        """Ask for the session lines that are new; one question at a time, so that none comes twice."""
        if self._pi is None:
            return
        if self._fetching:
            self._again = True
            return
        self._fetching, self._again = True, False
        since = {} if self.last_entry is None else {"since": self.last_entry}
        settled, self._settled = self._settled, None
        self._pi.call("get_entries", lambda answer: self._on_entries(answer, settled), **since)

    def _on_entries(self, answer: dict[str, Any], settled: dict[str, Any] | None) -> None:
        self._fetching = False
        if answer.get("success"):
            entries = answer["data"].get("entries") or []
            if entries:
                self.last_entry = str(entries[-1]["id"])
                self._outbox.add_entries([encode_entry(entry) for entry in entries])
        elif answer.get("error") == TOO_LONG:
            self._read_file()
        elif self.last_entry is not None:
            # a session that does not hold our last line is sent whole: the gateway knows lines by their ids
            self.last_entry = None
            self._settled = settled
            self._again, settled = True, None
        if settled is not None:
            self._finish(settled)
        if self._again:
            self._fetch()

    def _read_file(self) -> None:
        """Take the new lines from the session file, one by one: together they are too long for an answer of pi."""
        try:
            for entry in read_since(Path(self._path), self.last_entry):
                self.last_entry = str(entry["id"])
                self._outbox.add_entries([encode_entry(entry)])
        except OSError as error:
            self._tell(life.SessionRefused(f"The session file cannot be read: {error.strerror}."))

    def _finish(self, settled: dict[str, Any]) -> None:
        if self._turn is None:
            return
        events, outcome = self._translator.finish(settled)
        self.times.end()
        for event in events:
            self._outbox.add_event(self._turn, event)
        self._turn = None
        if self._steering.end() and self._pi is not None:
            self._pi.call("clear_queue")  # what was not read becomes a turn of its own
        self._tell(life.Settled(outcome))
