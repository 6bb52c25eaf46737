"""A chat that is played, and the page of the documentation that it makes."""

from __future__ import annotations

import re

from tests.support.chat import wait
from tests.support.transcript import check_page, render_chat


class Scene:
    """A chat, and the page that it makes."""

    def __init__(self, system, chat, names):
        self.system, self.chat, self.names = system, chat, names
        self.say, self.wait_for, self.ask = chat.say, chat.wait_for, chat.ask

    def send(self, kind, file, **more):
        """Send a file; return the message's id."""
        body = {"chat": self.chat.chat, "user": self.chat.person, kind: file, **more}
        return int(self.system.telegram.post("/sim/messages", body)["message_id"])

    def messages(self):
        topic = f"?topic={self.chat.topic}" if self.chat.topic else ""
        return self.system.telegram.get(f"/sim/chats/{self.chat.chat}{topic}")["messages"]

    def settle(self, expect=r"👌|💔"):
        """Wait until the last thing that was asked bears its outcome and no answer is being written."""

        def still():
            found = self.messages()
            asked = [m for m in found if not m["bot"] and m["reactions"]]
            open_ones = [m for m in asked if "👀" in m["reactions"]]
            stops = [b for m in found for b in m["buttons"] if "Stop" in b["text"]]
            return not open_ones and not stops and (not asked or re.search(expect, "".join(asked[-1]["reactions"])))

        wait(still, "an end of all turns", 60, self.messages)

    def seen(self, asked):
        """Wait until a message bears the eyes."""
        wait(lambda: any(m["message_id"] == asked and "👀" in m["reactions"] for m in self.messages()), "eyes")

    def show(self, name, title, words):
        check_page(name, title, words, render_chat(self.messages(), self.names))
