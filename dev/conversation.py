"""A person's side of a private chat with the simulated Telegram, in a terminal."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from dev.progress import UserError

PERSON: Final = 48151623
_DIM, _PLAIN = "\033[2m", "\033[0m"


class Conversation:
    """A person's side of the simulated Telegram."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._shown: dict[int, str] = {}
        self._last: int | None = None
        self._buttons: dict[int, Sequence[str]] = {}
        self._since = self._get("/sim/events?timeout=0&since=0")["last"]

    def say(self, text: str) -> None:
        """Send a message as the person."""
        self._post("/sim/messages", {"chat": PERSON, "text": text})

    def press(self, words: str) -> None:
        """Press the button whose text holds these words, under the newest message that has one."""
        for message, buttons in sorted(self._buttons.items(), reverse=True):
            button = next((text for text in buttons if words and words.lower() in text.lower()), None)
            if button is not None:
                self._post("/sim/press", {"chat": PERSON, "message_id": message, "text": button})
                return
        print(f"{_DIM}There is no button like that.{_PLAIN}")

    def ask(self, text: str, until: str) -> None:
        """Send a message and show the answer as it grows, until it holds `until`.

        Raises:
            UserError: it did not within two minutes.
        """
        self.begin(text)
        self.wait(until)

    def begin(self, text: str) -> None:
        """Send a message whose answer is waited for next."""
        self._shown.clear()
        print(f"\n{_DIM}person:{_PLAIN} {text}")
        self.say(text)

    def wait(self, until: str, or_when: Callable[[], bool] = lambda: False) -> None:
        """Show the answer as it grows, until it holds `until` or `or_when` says that it is enough.

        Raises:
            UserError: neither was so within two minutes.
        """
        deadline = time.monotonic() + 120
        while until not in "".join(self._shown.values()) and not or_when():
            if time.monotonic() > deadline:
                raise UserError(
                    "The bot did not answer within two minutes. `kubectl -n openclaw get at,pods` shows why."
                )
            self._show_next()
        print()

    def follow(self) -> None:
        """Show what the bot writes, for ever."""
        while True:
            self._show_next()

    def _show_next(self) -> None:
        """Show what the bot writes within the next two seconds."""
        found = self._get(f"/sim/events?since={self._since}&chat={PERSON}&timeout=2")
        self._since = max(self._since, found["last"])
        for event in found["events"]:
            if event["kind"] == "typing":
                print(f"{_DIM}bot is typing…{_PLAIN}", flush=True)
            elif event["kind"] == "draft":
                self._show(-event["id"], event["text"] or "…", "bot writes")
            elif event["kind"] in {"message", "edit"} and event.get("by") != PERSON:
                rang = "bot 🔔" if event.get("notified") else "bot"
                self._show(event["message_id"], event["text"], rang, _name_buttons(event))

    def _show(self, message: int, text: str, who: str, buttons: Sequence[str] = ()) -> None:
        """Print what is new of a message; one that changed otherwise is printed anew."""
        known, known_buttons = self._shown.get(message), self._buttons.get(message, ())
        self._shown[message], self._buttons[message] = text, buttons
        if known is not None and message == self._last and text.startswith(known) and buttons == known_buttons:
            print(text[len(known) :], end="", flush=True)
        else:
            row = f"\n{_DIM}{' '.join(f'[ {text} ]' for text in buttons)}{_PLAIN}" if buttons else ""
            mark = who if known is None or message < 0 else f"{who}, edited"
            print(f"\n{_DIM}{mark}:{_PLAIN} {text}{row}", end="", flush=True)
        self._last = message

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self._base + path, timeout=60) as response:
            return json.load(response)

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        data = json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)


def _name_buttons(event: Mapping[str, Any]) -> Sequence[str]:
    """Return the texts of the buttons under a message; the simulator tells them by rows."""
    return [text for row in event.get("buttons", ()) for text in row]
