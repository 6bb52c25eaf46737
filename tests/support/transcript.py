"""A chat as a page: what a person sees in the simulated Telegram, without what differs from one time to the next."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "docs" / "transcripts"
_DIFFERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bn?1\d{8}\b"), "4815162342"),  # chats that the tests make
    (re.compile(r"\b700\d\d\b"), "48151623"),  # people
    (re.compile(r"\b\d+ of 50\b"), "3 of 50"),
    (re.compile(r"at (\d+ \w+ )?\d\d:\d\d UTC \(in [^)]+\)"), "at 14:30 UTC (in 2 h)"),
    # one that is cancelled may have asked nothing yet
    (re.compile(r"\(\d+ s(, [\d,]+ tokens)?\)"), "(2 s, 1 875 tokens)"),
    (re.compile(r"\b\d+ (s|min)\b( \d+ s)?"), "2 s"),
    (re.compile(r"\(e[0-9a-f]+\)"), "(e1f)"),
    (re.compile(r"-r(\d+)-[0-9a-f]{8}-[a-z0-9]{5}\b"), r"-r\1-7d44a8b1-x7k2p"),  # of pods
    (re.compile(r"\d[\d\s,]*tokens"), "1 875 tokens"),
    (re.compile(r"\d+ lines of the agent's"), "7 lines of the agent's"),
    (re.compile(r"\b[A-HJ-NP-Z2-9]{8}\b"), "K7MN2PQR"),  # of pairing
    (re.compile(r"\bw\d+( w\d+)+"), "w0 w1 w2 …"),  # how far an answer was when it was stopped
    (re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?"), "2026-11-23"),
)


def normalise(text: str) -> str:
    """Return a text with times, ids and codes that are always the same."""
    for pattern, instead in _DIFFERS:
        text = pattern.sub(instead, text)
    return text


def render_chat(messages: Iterable[Mapping[str, Any]], names: Mapping[int, str]) -> str:
    """Return messages as they stand in a chat, oldest first.

    Args:
        messages: As `GET /sim/chats/<id>` gives them.
        names: Of people, by id.
    """
    parts = []
    numbers = {m["message_id"]: n for n, m in enumerate(messages, 1)}
    for message in messages:
        who = "bot" if message["bot"] else names.get(message["from"], "person")
        marks = "".join(f" {emoji}" for emoji in message["reactions"])
        reply = f", to {numbers[message['reply_to']]}" if message["reply_to"] in numbers else ""
        lines = [f"**{numbers[message['message_id']]} · {who}{reply}**{marks}", ""]
        lines += [f"> 📎 {normalise(file['name'] or file['kind'])}" for file in message["files"]]
        lines += [f"*({message['service'].replace('_', ' ')})*"] if message["service"] else []
        lines += [f"> {line}".rstrip() for line in normalise(message["text"]).splitlines()] or []
        if message["buttons"]:
            lines += ["", " ".join(f"`[ {normalise(button['text'])} ]`" for button in message["buttons"])]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def check_page(name: str, title: str, words: str, body: str) -> None:
    """Compare a page with the one in the documentation; `UPDATE_TRANSCRIPTS=1` writes it.

    Raises:
        AssertionError: the chat looks otherwise than the page says.
    """
    page = f"# {title}\n\n{words}\n\n{body}"
    path = FOLDER / f"{name}.md"
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(page)
    assert path.exists(), f"{path.name} is missing: run with UPDATE_TRANSCRIPTS=1 and read it"
    differences = list(difflib.unified_diff(path.read_text().splitlines(), page.splitlines(), lineterm=""))
    assert not differences, "\n".join(differences)
