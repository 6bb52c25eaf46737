"""What the chat says of the repositories of a conversation; pure. Its messages are Markdown: what others wrote is escaped."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from agent_contract import wire
from agent_contract.repositories import RepositoryRule
from agent_gateway.render.foreign import spell_hidden
from agent_gateway.store.chatrows import Button
from agent_gateway.store.repositories import Chosen
from agent_gateway.wording import keys
from agent_gateway.wording.decisions import escape, fence
from agent_gateway.wording.texts import shorten

MOST_RULES: Final = 12
"""Rules that are shown."""
MOST_BUTTONS: Final = 12
_MOST_NAME: Final = 60
_MOST_REASON: Final = 300
_MOST_COMMAND: Final = 120
_DIGEST: Final = 12
_CHOOSE = re.compile(r"rp:([0-9]{1,18}):([0-9a-f]{12}|off)")
_RIGHTS = re.compile(r"rr:([0-9]{1,18}):(all|read|one|none)")
Narrowing = Literal["all", "read", "one", "none"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What `/repo` shows.

    Attributes:
        rules: What the conversation may use.
        chosen: The repository that was chosen.
        folder: Where it is.
        offered: What buttons choose from.
        admin: An administrator asks.
        narrowed: The conversation may use less than its class.
    """

    rules: Sequence[RepositoryRule]
    chosen: Chosen | None
    folder: str
    offered: Sequence[Chosen]
    admin: bool
    narrowed: bool


def code(text: str) -> str:
    """Return words as code in a line."""
    return f"`{spell_hidden(text).replace('`', chr(39))}`"


def name_chosen(chosen: Chosen) -> str:
    """Return a repository with its branch, as people write it."""
    return f"{chosen.path}#{chosen.ref}" if chosen.ref else chosen.path


def digest_chosen(chosen: Chosen) -> str:
    """Return what stands for a repository in a button: a name may be longer than a button can carry."""
    return hashlib.sha256(f"{chosen.connection}:{chosen.path}".encode()).hexdigest()[:_DIGEST]


def shown_text(language: str, shown: Shown) -> str:
    """Say what a conversation may use, and what it works with."""
    if not shown.rules:
        words = keys.repo_nothing(language)
        return f"{words}\n\n{keys.repo_nothing_admin(language)}" if shown.admin and not shown.narrowed else words
    lines = [f"- {code(rule.pattern)}: {_describe(language, rule)}" for rule in shown.rules[:MOST_RULES]]
    lines += ["- …"] if len(shown.rules) > MOST_RULES else []
    now = keys.repo_none_chosen(language)
    if shown.chosen is not None:
        now = keys.repo_chosen(language, repository=code(name_chosen(shown.chosen)), folder=code(shown.folder))
    parts = [now, f"{keys.repo_allowed(language)}\n" + "\n".join(lines), keys.repo_how(language)]
    return "\n\n".join(parts)


def build_shown_buttons(language: str, thread_id: int, shown: Shown) -> tuple[Button, ...]:
    """Build a button for each repository that is offered, one for none, and those of administrators."""
    chosen = digest_chosen(shown.chosen) if shown.chosen is not None else None
    buttons = []
    for number, one in enumerate(shown.offered[:MOST_BUTTONS]):
        digest = digest_chosen(one)
        words = shorten(one.path, _MOST_NAME)
        text = f"✓ {words}" if digest == chosen else words
        buttons.append(Button(text, f"rp:{thread_id}:{digest}", beside=number % 2 == 1))
    if shown.chosen is not None:
        buttons.append(Button(keys.repo_off_button(language), f"rp:{thread_id}:off"))
    if shown.admin and (shown.rules or shown.narrowed):
        buttons += _build_rights(language, thread_id, shown)
    return tuple(buttons)


def parse_choice(data: str) -> tuple[int, str] | None:
    """Return thread and digest, or `off`, of a pressed button; None for any other button."""
    match = _CHOOSE.fullmatch(data)
    return (int(match[1]), match[2]) if match else None


def parse_rights(data: str) -> tuple[int, Narrowing] | None:
    """Return thread and what is to be left, of a pressed button; None for any other button."""
    match = _RIGHTS.fullmatch(data)
    if match is None:
        return None
    how = next(one for one in get_args(Narrowing) if one == match[2])
    return int(match[1]), how


def read_repository_thread(data: str) -> int | None:
    """Return the conversation that a pressed button of these is about; None for any other button."""
    found = parse_choice(data) or parse_rights(data)
    return found[0] if found is not None else None


def rights_text(language: str, how: Narrowing, chosen: Chosen | None) -> str:
    """Say to what rights were set."""
    match how:
        case "all":
            return keys.repo_rights_all(language)
        case "read":
            return keys.repo_rights_read(language)
        case "one":
            return keys.repo_rights_one(language, repository=code(chosen.path if chosen is not None else ""))
        case "none":
            return keys.repo_rights_none(language)


def prepared_text(language: str, frame: wire.Prepared) -> str:
    """Say how far a repository is."""
    name = code(f"{frame.repository}#{frame.ref}" if frame.ref else frame.repository)
    match frame.state:
        case "working":
            return keys.repo_coming(language, repository=name, percent=frame.percent or 0)
        case "done":
            return keys.repo_done(language, repository=name, branch=code(shorten(frame.text, _MOST_NAME)))
        case "failed":
            reason = escape(spell_hidden(shorten(frame.text, _MOST_REASON)))
            return keys.repo_failed(language, repository=name, reason=reason)


def setup_text(language: str, frame: wire.Prepared, command: str) -> str:
    """Say how far a command is that prepares the workspace; what it said last unfolds."""
    name = code(shorten(command, _MOST_COMMAND))
    match frame.state:
        case "working":
            return keys.setup_working(language, command=name)
        case "done":
            return keys.setup_done(language, command=name, seconds=frame.seconds)
        case "failed":
            said = f"<details><summary>{keys.setup_said(language)}</summary>\n\n{fence(spell_hidden(frame.text))}\n\n</details>"
            return f"{keys.setup_failed(language, command=name)}\n\n{said}"


def _describe(language: str, rule: RepositoryRule) -> str:
    if rule.access == "Read":
        return keys.repo_read(language)
    return keys.repo_write_asked(language) if rule.approval == "Ask" else keys.repo_write(language)


def _build_rights(language: str, thread_id: int, shown: Shown) -> list[Button]:
    found = [("read", keys.repo_button_read(language)), ("none", keys.repo_button_none(language))]
    if shown.chosen is not None:
        found.insert(0, ("one", keys.repo_button_one(language)))
    if shown.narrowed:
        found.append(("all", keys.repo_button_all(language)))
    return [Button(words, f"rr:{thread_id}:{how}") for how, words in found]
