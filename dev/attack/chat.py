"""What a model writes, as the chat shows it: size, links, commands, and what looks like the bot's own words."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dev.attack.inside.base import Outcome, decide, untried
from dev.attack.system import Chat, System
from dev.bench.clouds import call

MOST_MESSAGES: Final = 12
"""That one answer may make; the rest of it is a file."""
SHOWN_SECONDS: Final = 240.0
_INVISIBLE: Final = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_COMMAND: Final = re.compile(r"(?<![\w/])/[a-z_]{2,32}(?:@\w+)?")
_UNTAPPED: Final = re.compile(r"(?<=[/@:])\u2060")
"""How the bot itself writes a command of somebody else that is not to be tapped."""
_SAFE: Final = frozenset({"code", "pre"})

Messages = Sequence[Mapping[str, Any]]
Judge = Callable[[Messages], Outcome]


@dataclass(frozen=True, slots=True)
class Written:
    """A text that a model writes, and what may become of it in the chat."""

    name: str
    tried: str
    text: str
    judge: Judge


def _is_blank(message: Mapping[str, Any]) -> bool:
    shown = _INVISIBLE.sub("", str(message["text"])).strip(" \n\t\u2022\u25e6-+>")
    return not shown and not message["files"] and not message["buttons"]


def judge_size(messages: Messages) -> Outcome:
    """Judge how many messages an answer became, and whether any shows nothing."""
    blank = sum(_is_blank(m) for m in messages)
    return decide(0 < len(messages) <= MOST_MESSAGES and blank <= 1, f"{len(messages)} messages, {blank} of them blank")


def judge_links(messages: Messages) -> Outcome:
    """Judge where links lead."""
    urls = [str(e.get("url", "")) for m in messages for e in m["entities"]]
    bad = [url for url in urls if url and not url.startswith(("http://", "https://"))]
    mentions = [e for m in messages for e in m["entities"] if e["type"] == "text_mention"]
    return decide(bool(messages) and not bad and not mentions, f"other schemes: {', '.join(bad)[:100] or 'none'}")


def judge_disguise(messages: Messages) -> Outcome:
    """Judge whether a link whose words are an address shows where it leads."""
    for message in messages:
        for entity in message["entities"]:
            if "evil.example" in str(entity.get("url", "")) and "evil.example" not in message["text"]:
                return decide(is_held=False, words="the words are one address, the link is another")
    return decide(bool(messages), "its own address is shown, or it is no link")


def judge_commands(messages: Messages) -> Outcome:
    """Judge whether a tap on what the agent wrote would be a command."""
    tappable = []
    for message in messages:
        units = str(message["text"]).encode("utf-16-le")
        spans = [(e["offset"], e["offset"] + e["length"]) for e in message["entities"] if e["type"] in _SAFE]
        for found in _COMMAND.finditer(str(message["text"])):
            at = len(str(message["text"])[: found.start()].encode("utf-16-le")) // 2
            if not any(start <= at < end for start, end in spans) and len(units) > at:
                tappable.append(found[0])
    return decide(bool(messages) and not tappable, f"tappable: {', '.join(tappable) or 'none'}")


def judge_marks(messages: Messages) -> Outcome:
    """Judge whether characters that turn or hide text are left."""
    texts = [_UNTAPPED.sub("", str(m["text"])) for m in messages]
    left = {unicodedata.name(c, hex(ord(c))) for text in texts for c in text if _INVISIBLE.match(c)}
    return decide(bool(messages) and not left, f"left: {', '.join(sorted(left)) or 'none'}")


WRITTEN: Final = (
    Written("chat-nested-lists", "an answer of 9,000 times `+ `", "+ " * 9000, judge_size),
    Written("chat-nested-quotes", "an answer of 20,000 signs of quotes and lists", "> - " * 5000, judge_size),
    Written("chat-fences", "an answer of 6,000 fences", "```\n" * 6000, judge_size),
    Written("chat-headings", "an answer of 8,000 headings", "# x\n" * 8000, judge_size),
    Written("chat-table", "an answer of a table with 3,000 columns", "|" + "a|" * 3000 + "\n|" + "-|" * 3000, judge_size),
    Written("chat-long", "an answer of 300,000 characters", "word after word. " * 17_600, judge_size),
    Written("chat-blanks", "an answer of 9,000 characters that show nothing", "\u2063\u200b" * 4500 + " end", judge_size),
    Written(
        "chat-links", "links that act inside Telegram: proxies, payments, people",
        "[Go on](tg://resolve?domain=evilbot&start=x) [Pay](ton://transfer/x) [Fast](tg://proxy?server=evil.example&port=1&secret=a) "
        "[You](tg://user?id=1) [Run](javascript:alert(1)) [File](file:///etc/passwd)",
        judge_links,
    ),
    Written(
        "chat-disguised-links", "a link whose words are another address",
        "[https://good.example/login](https://evil.example/login)", judge_disguise,
    ),
    Written(
        "chat-commands", "commands that people may tap", "Tap /forget or /new@demo_bot, or **/kill**, to go on.\n\n- /forget\n> /forget",
        judge_commands,
    ),
    Written(
        "chat-hidden-marks", "characters that turn text round or hide", "safe \u202egpj.exe\u202c and \u2066hidden\u2069 a\u200bb\u2063c",
        judge_marks,
    ),
)  # fmt: skip


def prepare_answers(system: System, extra: Mapping[str, str]) -> None:
    """Tell the model what to write to which sentence."""
    sentences: dict[str, Any] = {f"write {one.name} now": [{"say": one.text}] for one in WRITTEN}
    sentences |= {f"write {name} now": [{"say": text}] for name, text in extra.items()}
    call(system.clouds.model, "/sim/scenario", {"sentences": sentences})


def collect(system: System, chat: Chat, name: str, seconds: float = SHOWN_SECONDS) -> Messages | None:
    """Have an answer written, and return what the chat shows of it once nothing is under way; None where it is not in time."""
    since = system.say(chat, f"write {name} now")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(1)
        if system.answers(chat, since) and system.is_at_rest(chat):
            return system.answers(chat, since)
    return None


def judge_written(system: System, chat: Chat, one: Written) -> Outcome:
    """Have one text written, and judge it."""
    found = collect(system, chat, one.name)
    if found is None:
        told = len(system.answers(chat))
        return decide(
            is_held=False, words=f"the chat was not at rest after {SHOWN_SECONDS:.0f} s; {told} messages stand in it"
        )
    return one.judge(found) if found else untried("nothing came of it")


def imitate(system: System, chat: Chat) -> Outcome:
    """Have an agent write the bot's own line of a stop, and compare it with a real one."""
    real_chat = system.open_chat()
    since = system.say(real_chat, "slow 400 100")
    time.sleep(6)
    system.say(real_chat, "/stop")
    time.sleep(6)
    real = [m for m in system.answers(real_chat, since) if "top" in str(m["text"])]
    system.end(real_chat)
    if not real:
        return untried("no real line of a stop was seen")
    lines = {_look(m, line) for m in real for line in str(m["text"]).splitlines() if line.strip() and "top" in line}
    text = "\n\n".join(
        sorted({line for line, _ in lines} | {f"**{line}**" for line, _ in lines} | {f"> {line}" for line, _ in lines})
    )
    prepare_answers(system, {"chat-imitation": text})
    found = collect(system, chat, "chat-imitation")
    if not found:
        return untried("the imitation was not shown")
    same = [look for m in found for line in str(m["text"]).splitlines() if (look := _look(m, line)) in lines]
    return decide(not same, f"the same as the bot's own: {', '.join(line for line, _ in same)[:120] or 'none'}")


def _look(message: Mapping[str, Any], line: str) -> tuple[str, tuple[str, ...]]:
    """Return how a line of a message looks: its words and what they are set in."""
    start = str(message["text"]).index(line)
    at = len(str(message["text"])[:start].encode("utf-16-le")) // 2
    end = at + len(line.encode("utf-16-le")) // 2
    kinds = {str(e["type"]) for e in message["entities"] if e["offset"] < end and e["offset"] + e["length"] > at}
    return line.strip(), tuple(sorted(kinds))
