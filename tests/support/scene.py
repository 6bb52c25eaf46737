"""A chat that is played, and the page of the documentation that it makes."""

from __future__ import annotations

import re
import time

from tests.support.chat import wait
from tests.support.transcript import check_page, render_events

PATIENCE = 120
"""Seconds that a page has to become what it is in the documentation."""


class Scene:
    """A chat, and the page that it makes."""

    def __init__(self, system, chat, names):
        self.system, self.chat, self.names = system, chat, {chat.person: chat.name, **names}
        self.began = time.time_ns() // 1_000_000
        self.say, self.wait_for, self.ask = chat.say, chat.wait_for, chat.ask

    def send(self, kind, file, **more):
        """Send a file; return the message's id."""
        return self.chat.send({kind: file, **more})

    def wait_for_request(self, words):
        """Wait until the model was asked something that holds these words."""
        wait(
            lambda: words in str([r["body"] for r in self.system.requests(self.began)]),
            f"{words!r} before the model",
        )

    def teach(self, sentences):
        """Let the scripted model know what sentences come to: a script, or steps (words, or words with calls)."""
        steps = {
            sentence: script if isinstance(script, str) else [_step(step) for step in script]
            for sentence, script in sentences.items()
        }
        self.system.model.post("/sim/scenario", {"sentences": steps})

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

        wait(still, "an end of all turns", show=self.messages)

    def shown(self, words, since=0):
        """Return the bot's message after `since`, or else the draft, that holds these words; the draft has no id."""

        def look():
            chat = self.system.telegram.get(f"/sim/chats/{self.chat.chat}")
            drafts = [d for d in chat["drafts"] if d["topic"] == self.chat.topic]
            return next((m for m in [*self.chat.answers(since), *drafts] if words in m["text"]), None)

        return wait(look, f"{words!r} in the chat or its draft", show=self.messages)

    def stop(self, shown):
        """Stop what is shown: by the button below a message, or by the client's own below a draft."""
        if "message_id" in shown:
            return self.chat.pressed(self.chat.press(shown["message_id"], "⏹ Stop"))
        topic = {"topic": self.chat.topic} if self.chat.topic else {}
        return self.system.telegram.post("/sim/stop_draft", {"chat": self.chat.chat, **topic})

    def kill(self):
        """End the agent, as a person does: by the command and the button below the question."""
        question = self.chat.wait_for_button("End it", self.say("/kill"))
        self.chat.pressed(self.chat.press(question["message_id"], "End it"))

    def seen(self, asked):
        """Wait until a message bears the eyes."""
        wait(lambda: any(m["message_id"] == asked and "👀" in m["reactions"] for m in self.messages()), "eyes")

    def unseen(self, asked):
        """Wait until a message bears the eyes no more."""
        wait(lambda: all(m["message_id"] != asked or not m["reactions"] for m in self.messages()), "no eyes")

    def events(self, since=0):
        """Return what happened in the chat or topic behind an event, the latest of `last_event`."""
        found = self.system.telegram.get(f"/sim/events?since={since}&chat={self.chat.chat}&timeout=0")["events"]
        return [e for e in found if not self.chat.topic or e["topic"] == self.chat.topic]

    def last_event(self):
        """Return the number of the newest event."""
        return self.system.telegram.get("/sim/events?since=0&timeout=0")["last"]

    def show(self, name, title, words, since=0, *, any_order=False):
        """Compare what happened behind an event with the page of that name; the last of it may still be on its way."""
        until = time.monotonic() + PATIENCE
        while True:
            page = render_events(self.events(since), self.names)
            try:
                return check_page(name, title, words, page, any_order=any_order, group=self.chat.chat < 0)
            except AssertionError:
                if time.monotonic() > until:
                    raise
            time.sleep(0.5)


def bash(say, command):
    """Return a step: what the model says, and the command that it runs."""
    return call(say, "bash", command=command)


def call(say, tool, **arguments):
    """Return a step: what the model says, and the tool that it calls."""
    return {"say": say, "calls": [{"name": tool, "arguments": arguments}]}


def slowly(say):
    """Return a step: words that take some seconds, in which what was done before is seen by everybody."""
    return {"say": say, "pause": 0.7}


def story(pause=0.1, words=400):
    """Return a step: a long story, told slowly."""
    middle = " ".join(["and the light went round"] * (words // 5))
    return {"say": f"Once upon a time there was a lighthouse {middle} and everybody came home.", "pause": pause}


def _step(step):
    return {"say": step} if isinstance(step, str) else step
