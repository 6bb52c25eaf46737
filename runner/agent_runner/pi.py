"""pi over its pipes: one JSON value a line, read as it comes, answered in order."""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable
from typing import Any

from agent_runner.launch import Process
from agent_runner.pilines import PiLine, Splitter, is_repeating, read_shortened

CHUNK = 256 * 1024
STDERR_TAIL = 2000

Answer = Callable[[dict[str, Any]], None]


class Pi:
    """The client side of pi's RPC. Everything it calls back runs in the order of pi's lines."""

    def __init__(
        self,
        process: Process,
        on_event: Answer,
        on_broken: Callable[[str], None],
        on_dialog: Callable[[Pi, dict[str, Any]], None],
    ) -> None:
        """Watch a started pi.

        Args:
            process: Its pipes.
            on_event: Gets its events.
            on_broken: Gets a reason when its output is no RPC.
            on_dialog: Gets what its extensions ask and tell; it answers by `respond`.
        """
        self.pid = process.pid
        self._process = process
        self._on_event = on_event
        self._on_broken = on_broken
        self._on_dialog = on_dialog
        self._loop = asyncio.get_running_loop()
        self._answers: dict[str, Answer] = {}
        self._count = 0
        self._input: deque[bytes] = deque()
        self._lines = Splitter()
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

    def respond(self, dialog_id: str, **fields: Any) -> None:
        """Answer a dialog of an extension; pi ignores an answer to one that is closed."""
        if not self._closed:
            self._send({"type": "extension_ui_response", "id": dialog_id, **fields})

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
            pass
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
        if not self._fill() and not self._closed:
            self._loop.remove_reader(self._process.stdout)  # at its end; the reaper tells the rest

    def _fill(self) -> bool:
        try:
            data = os.read(self._process.stdout, CHUNK)
        except BlockingIOError:
            return not self._closed
        for line in self._lines.take(data):
            if not self._broken:
                self._take(line)
        if self._broken:
            self._lines.clear()
        return bool(data)

    def _give_up(self, reason: str) -> None:
        """Take nothing more: what follows a line that is no RPC may be thousands of the same."""
        self._broken = True
        self._on_broken(reason)

    def _take(self, line: PiLine) -> None:
        if not line.begin.strip():
            return
        if line.end is not None or is_repeating(line):
            message = read_shortened(line)
            if message is None:
                return
        else:
            try:
                message = json.loads(line.begin)
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
            self._on_dialog(self, message)
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
