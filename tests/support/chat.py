"""The people's side: say something in the simulated Telegram, and wait for what the bot does."""

from __future__ import annotations

import http.client
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

PATIENCE = 300.0
"""Seconds that a wait takes at most: what is met costs nothing, and a machine may be slow and stand still for a while."""

_REPEAT_SECONDS = 60.0


class Simulator:
    """A simulator's HTTP endpoints."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> Any:
        """Ask."""
        return self._call(urllib.request.Request(self._base + path), lambda _error: True)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Tell."""
        request = urllib.request.Request(
            self._base + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        return self._call(request, _was_not_taken)

    def _call(self, request: urllib.request.Request, may_repeat: Callable[[Exception], bool]) -> Any:
        """Call; again for a while where the way there was cut, as a forwarded port's is on a busy machine now and then."""
        until = time.monotonic() + _REPEAT_SECONDS
        while True:
            try:
                with urllib.request.urlopen(request, timeout=120) as response:
                    return json.load(response)
            except urllib.error.HTTPError:
                raise
            except (OSError, http.client.HTTPException) as error:
                if not may_repeat(error) or time.monotonic() > until:
                    raise
            time.sleep(0.5)

    def post_together(self, path: str, bodies: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Tell several things in a row, on one connection: whatever stands still on our side, nothing comes between them."""
        host = self._base.removeprefix("http://")
        sent = b""
        for body in bodies:
            data = json.dumps(body).encode()
            head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
            sent += head.encode() + data
        name, _, port = host.partition(":")
        with socket.create_connection((name, int(port)), 120) as connection, connection.makefile("rb") as stream:
            connection.sendall(sent)
            return [_read_answer(stream) for _ in bodies]


def _was_not_taken(error: Exception) -> bool:
    """Say whether nobody was there, or hung up before a word: a port that cannot be forwarded is closed so."""
    cut = (ConnectionRefusedError, ConnectionResetError, BrokenPipeError)
    return isinstance(error, http.client.RemoteDisconnected) or isinstance(getattr(error, "reason", None), cut)


def _read_answer(stream: BinaryIO) -> Any:
    line = stream.readline().decode()
    data = stream.read(int(http.client.parse_headers(stream)["Content-Length"]))
    if line.split()[1:2] != ["200"]:
        raise AssertionError(f"the simulator said {line.strip()}: {data.decode()}")
    return json.loads(data)


@dataclass
class Chat:
    """One person in one chat, or in one topic of it."""

    simulator: Simulator
    chat: int
    person: int
    topic: int | None = None
    name: str = "Ada"
    language: str = "en"
    """Of the person's program."""

    @property
    def user(self) -> dict[str, Any]:
        """Return the person as Telegram tells of them."""
        return {"id": self.person, "first_name": self.name, "language_code": self.language}

    @property
    def thread(self) -> str:
        """Return the AgentThread's name."""
        number = f"n{-self.chat}" if self.chat < 0 else str(self.chat)
        return f"tg-{number}" + (f"-{self.topic}" if self.topic else "")

    def say(self, text: str, **more: Any) -> int:
        """Say something; return the message's id."""
        return self.send({"text": text, **more})

    def send(self, contents: Mapping[str, Any]) -> int:
        """Send what is no plain text; return the message's id."""
        return int(self.simulator.post("/sim/messages", self._build(contents))["message_id"])

    def send_together(self, *contents: Mapping[str, Any]) -> list[int]:
        """Send several messages without a moment between them; return their ids."""
        sent = self.simulator.post_together("/sim/messages", [self._build(one) for one in contents])
        return [int(one["message_id"]) for one in sent]

    def _build(self, contents: Mapping[str, Any]) -> dict[str, Any]:
        body = {"chat": self.chat, "user": self.user, "forum": self.topic is not None, **contents}
        return {**body, "topic": self.topic} if self.topic else body

    def answers(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the bot's messages of this chat or topic after a message."""
        query = f"?topic={self.topic}" if self.topic else ""
        found = self.simulator.get(f"/sim/chats/{self.chat}{query}")["messages"]
        return [m for m in found if m["bot"] and m["message_id"] > since]

    def press(self, message_id: int, text: str | None = None, **more: Any) -> str:
        """Press the button with this text (the first without one) under a message; return the id of the press."""
        body = {"chat": self.chat, "user": self.user, "message_id": message_id, **more}
        if text is not None:
            body["text"] = text
        return str(self.simulator.post("/sim/press", body)["callback_id"])

    def pressed(self, callback_id: str, timeout: float = PATIENCE) -> str:
        """Return what the bot said to a press."""

        def look() -> dict[str, Any] | None:
            found = self.simulator.get(f"/sim/callbacks?chat={self.chat}")
            return next((c for c in found if c["id"] == callback_id and c["answered"]), None)

        return str(wait(look, f"an answer to press {callback_id}", timeout)["text"])

    def wait_for_button(self, text: str, since: int = 0, timeout: float = PATIENCE) -> dict[str, Any]:
        """Return the bot's first message after `since` with a button of this text."""

        def look() -> dict[str, Any] | None:
            return next((m for m in self.answers(since) if text in buttons(m)), None)

        def show() -> list[Any]:
            return [(m["text"], buttons(m)) for m in self.answers(since)]

        return wait(look, f"a button {text!r} in the chat", timeout, show)

    def wait_for(self, text: str, since: int = 0, timeout: float = PATIENCE) -> dict[str, Any]:
        """Return the bot's first message after `since` that holds a text."""

        def look() -> dict[str, Any] | None:
            return next((m for m in self.answers(since) if text in m["text"]), None)

        return wait(look, f"{text!r} in the chat", timeout, lambda: [m["text"] for m in self.answers(since)])

    def drafts(self) -> list[dict[str, Any]]:
        """Return what is shown in this chat or topic as being written, in no message yet."""
        found = self.simulator.get(f"/sim/chats/{self.chat}")["drafts"]
        return [draft for draft in found if draft["topic"] == self.topic]

    def shown(self, text: str, since: int = 0, timeout: float = PATIENCE) -> dict[str, Any]:
        """Return the bot's first message after `since`, or else the draft, that holds a text; a draft has no id."""

        def look() -> list[dict[str, Any]]:
            return [*self.answers(since), *self.drafts()]

        def find() -> dict[str, Any] | None:
            return next((m for m in look() if text in m["text"]), None)

        return wait(find, f"{text!r} in the chat or its draft", timeout, lambda: [m["text"] for m in look()])

    def ask(self, text: str, expect: str, timeout: float = PATIENCE, **more: Any) -> dict[str, Any]:
        """Say something and return the answer that holds `expect`."""
        return self.wait_for(expect, self.say(text, **more), timeout)


def buttons(message: Mapping[str, Any]) -> list[str]:
    """Return the texts of the buttons under a message."""
    return [button["text"] for button in message["buttons"]]


def wait(check: Callable[[], Any], words: str, timeout: float = PATIENCE, show: Callable[[], Any] = lambda: "") -> Any:
    """Return the first truthy value of `check`.

    Raises:
        AssertionError: there was none in time; the text says what was waited for and what there was.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s for {words}; there was: {show()!r}")
        time.sleep(0.1)
