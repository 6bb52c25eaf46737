"""pi over its pipes: one JSON value a line, read as it comes, answered in order."""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable
from typing import Any

from agent_runner.launch import Process

CHUNK = 256 * 1024
MAX_LINE = 64 * 1024 * 1024
STDERR_TAIL = 2000
# cumulative snapshots, or repetitions of what came before, as large as a megabyte each: not worth reading
SKIPPED = (b'{"type":"tool_execution_update"', b'{"type":"turn_end"')
DIALOGS = ("select", "confirm", "input", "editor")

Answer = Callable[[dict[str, Any]], None]


class Pi:
    """The client side of pi's RPC. Everything it calls back runs in the order of pi's lines."""

    def __init__(self, process: Process, on_event: Answer, on_broken: Callable[[str], None]) -> None:
        """Watch a started pi: `on_event` gets its events, `on_broken` a reason when its output is no RPC."""
        self.pid = process.pid
        self._process = process
        self._on_event = on_event
        self._on_broken = on_broken
        self._loop = asyncio.get_running_loop()
        self._answers: dict[str, Answer] = {}
        self._count = 0
        self._input: deque[bytes] = deque()
        self._buffer = bytearray()
        self._scanned = 0
        self._errors = b""
        self._paused = False
        self._closed = False
        self._broken = False
        self._loop.add_reader(process.stdout, self._read)
        self._loop.add_reader(process.stderr, self._read_errors)

    @property
    def stderr(self) -> str:
        """Return the end of what pi wrote to its standard error."""
        return self._errors.decode(errors="replace").strip()

    def call(self, command: str, answer: Answer | None = None, **fields: Any) -> None:
        """Send a command; `answer` gets its response. After pi has ended nothing is sent and nobody answered."""
        if self._closed:
            return
        self._count += 1
        name = f"c{self._count}"
        if answer:
            self._answers[name] = answer
        self._send({"id": name, "type": command, **fields})

    def pause(self) -> None:
        """Stop reading, so that pi waits."""
        if not (self._paused or self._closed):
            self._paused = True
            self._loop.remove_reader(self._process.stdout)

    def resume(self) -> None:
        """Read again."""
        if self._paused and not self._closed:
            self._paused = False
            self._loop.add_reader(self._process.stdout, self._read)

    def close(self) -> None:
        """Take what an ended pi left in its pipes, and close them."""
        if self._closed:
            return
        self._closed = True
        while self._fill():
            self._split()
        self._read_errors()
        for fd in (self._process.stdout, self._process.stderr):
            self._loop.remove_reader(fd)
            os.close(fd)
        self._loop.remove_writer(self._process.stdin)
        os.close(self._process.stdin)

    def _send(self, message: dict[str, Any]) -> None:
        self._input.append(json.dumps(message).encode() + b"\n")
        if len(self._input) == 1:
            self._flush()

    def _flush(self) -> None:
        while self._input:
            data = self._input[0]
            try:
                written = os.write(self._process.stdin, data)
            except BlockingIOError:
                written = 0
            except BrokenPipeError:
                self._input.clear()  # pi is ending; its exit is told by the reaper
                break
            if written < len(data):
                self._input[0] = data[written:]
                self._loop.add_writer(self._process.stdin, self._flush)
                return
            self._input.popleft()
        self._loop.remove_writer(self._process.stdin)

    def _read(self) -> None:
        if self._fill():
            self._split()
        elif not self._closed:
            self._loop.remove_reader(self._process.stdout)  # at its end; the reaper tells the rest

    def _fill(self) -> bool:
        try:
            data = os.read(self._process.stdout, CHUNK)
        except BlockingIOError:
            return not self._closed
        self._buffer += data
        return bool(data)

    def _split(self) -> None:
        while not self._broken and (end := self._buffer.find(b"\n", self._scanned)) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._scanned = 0
            self._take(line)
        self._scanned = len(self._buffer)
        if self._scanned > MAX_LINE:
            self._give_up("pi wrote a line of more than 64 MiB")
        if self._broken:
            self._buffer.clear()
            self._scanned = 0

    def _give_up(self, reason: str) -> None:
        """Take nothing more: what follows a line that is no RPC may be thousands of the same."""
        self._broken = True
        self._on_broken(reason)

    def _take(self, line: bytes) -> None:
        if not line.strip() or line.startswith(SKIPPED):
            return
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            self._give_up("pi wrote a line that is not a JSON object")
            return
        if message.get("type") == "response":
            answer = self._answers.pop(str(message.get("id")), None)
            if answer:
                answer(message)
        elif message.get("type") == "extension_ui_request":
            if message.get("method") in DIALOGS:  # nobody is there to answer, and pi would wait
                self._send({"type": "extension_ui_response", "id": message.get("id"), "cancelled": True})
        else:
            self._on_event(message)

    def _read_errors(self) -> None:
        try:
            data = os.read(self._process.stderr, CHUNK)
        except BlockingIOError:
            return
        self._errors = (self._errors + data)[-STDERR_TAIL:]
        if not data and not self._closed:
            self._loop.remove_reader(self._process.stderr)
