"""pi's dialogs: what an extension asks through pi's RPC is asked in the chat, and answered as pi expects it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from agent_contract import wire
from agent_contract.decisions import MAX_EXPIRY_SECONDS, MAX_OPTION, MAX_OPTIONS
from agent_runner.asks import Asks, Question
from agent_runner.outbox import Outbox

DIALOGS: Final = ("select", "confirm", "input", "editor")
"""Methods that pi waits for an answer to."""
MOST_NOTICES: Final = 5
"""Of one turn: what an extension says beyond that is passed over."""
_NOTICE: Final = 500
_ABOUT_SERVERS: Final = ("MCP servers ", "MCP server ", "MCP failed ")
_PREFILL: Final = 1000


class Responder(Protocol):
    """The pi that asks."""

    def respond(self, dialog_id: str, **fields: Any) -> None:
        """Answer a dialog."""


class Dialogs:
    """Asks what extensions ask, one task each.

    pi does not tell when a dialog is closed by a stop or a time-out. So one that was opened while a tool call was
    under way is closed with that call, and all are with the turn.

    Args:
        asks: Asks people.
        outbox: Tells what extensions say.
        read_turn: Returns the running turn.
        on_done: Told of each task that ended.
        servers: The tool servers of the class.
    """

    def __init__(
        self,
        asks: Asks,
        outbox: Outbox,
        read_turn: Callable[[], int | None],
        on_done: Callable[[asyncio.Task[Any]], None],
        servers: Sequence[str] = (),
    ) -> None:
        self._asks = asks
        self._outbox = outbox
        self._read_turn = read_turn
        self._on_done = on_done
        self._open: dict[asyncio.Task[None], str | None] = {}
        self._call: str | None = None
        self._notices: tuple[int | None, int] = (None, 0)
        self._servers = tuple(servers)
        self._away: dict[str, bool] = {}

    def on_request(self, pi: Responder, request: dict[str, Any]) -> None:
        """Take one `extension_ui_request` of pi."""
        method, turn = request.get("method"), self._read_turn()
        if method == "notify":
            self._on_notify(turn, str(request.get("message") or ""))
        if method not in DIALOGS:
            return
        dialog_id = str(request.get("id"))
        if turn is None or (method == "select" and not _read_options(request)):  # nobody could answer it
            pi.respond(dialog_id, cancelled=True)
            return
        task = asyncio.create_task(self._ask(pi, dialog_id, turn, request))
        self._open[task] = self._call
        task.add_done_callback(self._forget)
        task.add_done_callback(self._on_done)

    def on_event(self, event: dict[str, Any]) -> None:
        """Take one event of pi: it tells when what a dialog was about is over."""
        kind, call = event.get("type"), str(event.get("toolCallId", ""))
        if kind == "tool_execution_start":
            self._call = call
        elif kind == "tool_execution_end":
            self._close(call)
            self._call = None if self._call == call else self._call
        elif kind == "agent_start":
            self._tell_away(self._read_turn())
        elif kind == "agent_settled":
            self.close_all()

    def close_all(self) -> None:
        """Take every dialog back: the turn, or pi, is over."""
        self._call = None
        for task in list(self._open):
            task.cancel()

    def _close(self, call: str) -> None:
        for task, opened_in in list(self._open.items()):
            if opened_in == call:
                task.cancel()

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._open.pop(task, None)

    def _on_notify(self, turn: int | None, text: str) -> None:
        """Tell what an extension says; of pi's own words on tool servers, which come before a turn too, only who is away."""
        if self._servers and text.startswith(_ABOUT_SERVERS):
            for name in find_away(text, self._servers):
                self._away.setdefault(name, False)
            self._tell_away(turn)
        else:
            self._tell(turn, text)

    def _tell_away(self, turn: int | None) -> None:
        """Tell of each server once a run."""
        if turn is None:
            return
        for name in [name for name, told in self._away.items() if not told]:
            self._away[name] = True
            text = f"The tool server {name} cannot be reached"
            self._outbox.add_event(turn, wire.Notice(text=text, code="tool_server_away", name=name))

    def _tell(self, turn: int | None, text: str) -> None:
        told, count = self._notices
        count = count if told == turn else 0
        if turn is None or not text.strip() or count >= MOST_NOTICES:
            return
        self._notices = turn, count + 1
        self._outbox.add_event(turn, wire.Notice(text=text[:_NOTICE]))

    async def _ask(self, pi: Responder, dialog_id: str, turn: int, request: dict[str, Any]) -> None:
        decision = await self._asks.ask(turn, build_question(request))
        pi.respond(dialog_id, **build_response(request, decision))


def find_away(text: str, servers: Sequence[str]) -> list[str]:
    """Return the servers that pi's words name as not connected: a line `  <name>: <problem>` each."""
    named = {line.strip().partition(":")[0] for line in text.splitlines() if line.startswith("  ")}
    return [name for name in servers if name in named]


def build_question(request: dict[str, Any]) -> Question:
    """Build the question of a dialog. pi ends one with a `timeout` (milliseconds) by itself; ours is no longer."""
    method, title = request["method"], str(request.get("title") or "")
    milliseconds = request.get("timeout")
    seconds = None
    if isinstance(milliseconds, int | float) and milliseconds > 0:
        seconds = max(1, min(int(milliseconds / 1000), MAX_EXPIRY_SECONDS))
    match method:
        case "confirm":
            return Question("confirm", _join(title, str(request.get("message") or "")), seconds=seconds)
        case "select":
            options = _read_options(request)
            if len(options) <= MAX_OPTIONS:
                return Question("select", _join(title, _list_long(options)), tuple(options), seconds=seconds)
            listed = "\n".join(f"{number}. {option}" for number, option in enumerate(options, 1))
            return Question("input", _join(title, listed), free_text=True, seconds=seconds)
        case "input":
            hint = str(request.get("placeholder") or "")
            return Question("input", _join(title, hint and f"({hint})"), free_text=True, seconds=seconds)
        case _:
            return Question("input", _join(title, str(request.get("prefill") or "")[:_PREFILL]), free_text=True)


def build_response(request: dict[str, Any], decision: wire.Decision) -> dict[str, Any]:
    """Build the fields of pi's `extension_ui_response`; what was not answered counts as cancelled."""
    if decision.outcome != "answered":
        return {"cancelled": True}
    if request["method"] == "confirm":
        return {"confirmed": decision.allowed}
    if request["method"] != "select":
        return {"value": decision.text}
    options = _read_options(request)
    if decision.choice is not None and 0 <= decision.choice < len(options):
        return {"value": options[decision.choice]}
    number = decision.text.strip()
    if number.isdecimal() and len(number) < 6 and 1 <= int(number) <= len(options):
        return {"value": options[int(number) - 1]}
    return {"value": decision.text}


def _read_options(request: dict[str, Any]) -> list[str]:
    options = request.get("options")
    return [str(option) for option in options] if isinstance(options, list) else []


def _list_long(options: list[str]) -> str:
    """Return the options that a button cannot hold, so that they can be read whole."""
    if all(len(option) <= MAX_OPTION for option in options):
        return ""
    return "\n".join(f"{number}. {option}" for number, option in enumerate(options, 1))


def _join(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))
