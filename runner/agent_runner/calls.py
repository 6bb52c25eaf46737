"""The agent's own tools: from pi's extension over a unix socket, a line of JSON each way at a time, and back."""

from __future__ import annotations

import asyncio
import functools
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from agent_contract import wire
from agent_contract.base import Wire
from agent_contract.decisions import MAX_OPTION, MAX_OPTIONS, MAX_QUESTION
from agent_contract.modelling import Field, TypeAdapter, ValidationError
from agent_contract.pulls import PullCall
from agent_contract.terms import Task, TaskSeconds, WorkspaceMode
from agent_runner.ids import build_id
from agent_runner.logs import Log
from agent_runner.memory import Remember, SearchHistory
from agent_runner.outbox import Outbox
from agent_runner.pulls import OpenPull, PullRequest, build_call
from agent_runner.workspace import WorkspaceError

_LONGEST = 16 * 1024 * 1024
"""Bytes of a call: a tool's arguments may be long, and one that cannot be read is not run."""


class Spawn(Wire):
    """What the tool for sub-agents is called with."""

    tool: Literal["spawn_subagent"]
    task: Annotated[Task, Field(pattern=r"\S")]
    timeout: TaskSeconds | None = None
    workspace: WorkspaceMode = Field(default="Copy")


class AskPerson(Wire):
    """What the tool for questions is called with."""

    tool: Literal["ask_person"]
    question: Annotated[str, Field(min_length=1, max_length=MAX_QUESTION, pattern=r"\S")]
    options: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=MAX_OPTION)]], Field(max_length=MAX_OPTIONS)
    ] = []


class MayRun(Wire):
    """What pi's hook asks before a tool call."""

    tool: Literal["may_run"]
    name: Annotated[str, Field(max_length=256)]
    input: Any = None


class AfterTool(Wire):
    """What pi's hook asks when a tool has ended."""

    tool: Literal["after_tool"]


class SendFile(Wire):
    """What the tool for files is called with."""

    tool: Literal["send_file"]
    path: Annotated[str, Field(min_length=1, max_length=4096)]
    caption: Annotated[str, Field(max_length=1024)] = ""


Request = Spawn | SendFile | AskPerson | MayRun | AfterTool | OpenPull | PullRequest | SearchHistory | Remember


def read_request(line: str | bytes) -> Request:
    """Read what a tool asks.

    Raises:
        ValidationError: it asks for nothing that there is, or in a way that it may not.
    """
    return _requests().validate_json(line)


@functools.cache
def _requests() -> TypeAdapter[Request]:
    return TypeAdapter(Annotated[Request, Field(discriminator="tool")])


class People(Protocol):
    """Who decides what the agent may not."""

    async def ask_person(self, turn: int, question: str, options: Sequence[str]) -> dict[str, Any]:
        """Ask a person; return what the tool is told."""

    async def may_run(self, turn: int, tool: str, arguments: Any) -> dict[str, Any]:
        """Say whether a tool call may run, after a person decided where the rules say so; return what the hook is told."""


class Room(Protocol):
    """Knows how full the agent's volume is."""

    async def after_tool(self) -> str:
        """Return what the agent is to be told beside a tool's result; empty where there is nothing."""


class Pulls(Protocol):
    """Passes on what the agent asks of a forge."""

    async def call(self, call: PullCall) -> dict[str, Any]:
        """Ask the gateway; return what the tool is told."""


class Memory(Protocol):
    """Passes on what the agent asks of what is remembered."""

    async def ask(self, call_id: str, request: SearchHistory | Remember) -> dict[str, Any]:
        """Ask the gateway; return what the tool is told."""


@dataclass(slots=True)
class _Call:
    """One waiting tool call."""

    id: str
    said: asyncio.Queue[wire.SubAgentUpdate | wire.SubAgentResult] = field(default_factory=asyncio.Queue)
    asked: bool = False
    """A sub-agent may be at work for it."""


class Calls:
    """Serves the extension. A call that nobody waits for any more is taken back, unless this pod itself is ending.

    Args:
        outbox: Where wishes go.
        read_turn: Returns the running turn.
        copy: Stores a copy of the workspace under a call's id; False where there is nothing to copy. Raises
            WorkspaceError with words.
        send_file: Sends a file of the turn to the chat; returns what the agent is told. Raises WorkspaceError with words.
        people: Who decides what the agent may not.
        room: Knows what the agent is told beside a tool's result.
        pulls: Passes on what the agent asks of a forge.
        memory: Passes on what the agent asks of what is remembered.
        log: Tells which calls there were, never what they asked for.
    """

    def __init__(
        self,
        outbox: Outbox,
        read_turn: Callable[[], int | None],
        copy: Callable[[str], Awaitable[bool]],
        send_file: Callable[[int, str, str], Awaitable[str]],
        people: People,
        room: Room,
        pulls: Pulls,
        memory: Memory,
        log: Log,
    ) -> None:
        self._outbox = outbox
        self._read_turn = read_turn
        self._copy = copy
        self._send_file = send_file
        self._people = people
        self._room = room
        self._pulls = pulls
        self._memory = memory
        self._log = log
        self._open: dict[str, _Call] = {}
        self._keep = False
        self._server: asyncio.Server | None = None

    async def serve(self, path: str) -> None:
        """Listen, for this user alone."""
        await asyncio.to_thread(Path(path).unlink, missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._take, path, limit=_LONGEST)
        finally:
            os.umask(before)

    def close(self) -> None:
        """Take no further calls."""
        if self._server is not None:
            self._server.close()

    def keep(self) -> None:
        """Take nothing back from now on: this pod ends, and its sub-agents outlive it."""
        self._keep = True

    def cancel_all(self) -> None:
        """Take back all that is asked for: the turn that waits is being stopped."""
        for call in list(self._open.values()):
            self._cancel(call)

    def on_frame(self, frame: wire.SubAgentUpdate | wire.SubAgentResult) -> None:
        """Pass on what the gateway says; of a call that is over already it is old."""
        call = self._open.get(frame.call_id)
        if call is not None:
            call.said.put_nowait(frame)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._answer(reader, writer)
            if answer is not None:
                await _write(writer, answer)
        except (OSError, ValueError) as error:  # the other side is gone, or its line is too long
            self._log.debug("call_broke", problem=type(error).__name__)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, Any] | None:
        """Return what the tool is told at the end; None where it does not wait for it."""
        try:
            request = read_request(await reader.readline())
        except ValidationError as error:
            fields = sorted({".".join(map(str, p["loc"])) for p in error.errors(include_input=False)} - {""})
            return {"error": f"These are not valid: {', '.join(fields)}." if fields else "It holds text that is none."}
        turn = self._read_turn()
        if turn is None:
            return {"error": "No turn is running."}
        call = _Call(build_id())
        self._open[call.id] = call
        gone = asyncio.create_task(reader.read(1))
        working = asyncio.create_task(self._work(call, turn, request, writer))
        try:
            await asyncio.wait({gone, working}, return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            self._open.pop(call.id, None)
            self._cancel(call)  # unless it was answered
            for task in (gone, working):
                task.cancel()
            await asyncio.gather(gone, working, return_exceptions=True)

    async def _work(self, call: _Call, turn: int, request: Request, writer: asyncio.StreamWriter) -> dict[str, Any]:
        match request:
            case Spawn():
                return await self._follow(call, turn, request, writer)
            case SendFile():
                return await self._send(turn, request)
            case AskPerson():
                return await self._people.ask_person(turn, request.question, request.options)
            case MayRun():
                return await self._people.may_run(turn, request.name, request.input)
            case AfterTool():
                return {"note": await self._room.after_tool()}
            case OpenPull():
                return await self._pulls.call(build_call(call.id, turn, "open", request))
            case PullRequest():
                return await self._pulls.call(build_call(call.id, turn, request.action, request))
            case SearchHistory() | Remember():
                return await self._memory.ask(call.id, request)

    async def _send(self, turn: int, request: SendFile) -> dict[str, Any]:
        try:
            return {"text": await self._send_file(turn, request.path, request.caption)}
        except WorkspaceError as error:
            return {"error": str(error)}

    async def _follow(self, call: _Call, turn: int, request: Spawn, writer: asyncio.StreamWriter) -> dict[str, Any]:
        copied = False
        if request.workspace == "Copy":
            try:
                copied = await self._copy(call.id)
            except WorkspaceError as error:
                return {"error": f"No sub-agent was started. {error}"}
        call.asked = True
        self._outbox.add_ask(
            turn, call.id, request.task, request.timeout, request.workspace if copied else "Empty", copied=copied
        )
        self._log.info("subagent_asked", call=call.id, turn=turn, copied=copied)
        while True:
            frame = await call.said.get()
            if isinstance(frame, wire.SubAgentUpdate):
                await _write(writer, {"progress": frame.text})
                continue
            call.asked = False
            self._log.info("subagent_answered", call=call.id, subagent=frame.name, ok=frame.ok)
            if not frame.ok:
                return {"error": frame.text}
            usage = frame.usage.to_dict()
            return {"text": frame.text, "callId": call.id, "name": frame.name, "usage": usage}

    def _cancel(self, call: _Call) -> None:
        if call.asked and not self._keep:
            call.asked = False
            self._outbox.add_cancel(call.id)
            self._log.info("subagent_cancelled", call=call.id)


async def _write(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()
