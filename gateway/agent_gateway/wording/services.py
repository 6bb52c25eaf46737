"""What the chat says of the services and tool servers of a conversation; pure. Its messages are Markdown."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final, get_args

from agent_gateway.connections.left import Kind, Left, Reached, Target
from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys
from agent_gateway.wording.repositories import code

MOST_SHOWN: Final = 12
"""Of services and tool servers together."""
_DIGEST: Final = 12
_KINDS: Final[dict[str, Kind]] = {"a": "service", "m": "server"}
_SIGNS: Final = {kind: sign for sign, kind in _KINDS.items()}
_DATA = re.compile(rf"sv:([0-9]{{1,18}}):([am]):([0-9a-f]{{{_DIGEST}}}):({'|'.join(get_args(Target))})")


def services_text(language: str, reached: Sequence[Reached], *, admin: bool) -> str:
    """Say what a conversation reaches; an administrator is told of what is off too."""
    shown = [one for one in reached if admin or one.left != "none"]
    if not shown:
        words = keys.services_nothing(language)
        return f"{words}\n\n{keys.services_nothing_admin(language)}" if admin else words
    lines = [f"- {code(one.connection)}: {_describe(language, one)}" for one in shown[:MOST_SHOWN]]
    lines += ["- …"] if len(shown) > MOST_SHOWN else []
    return f"{keys.services_head(language)}\n" + "\n".join(lines)


def build_service_buttons(language: str, thread_id: int, reached: Sequence[Reached]) -> tuple[Button, ...]:
    """Build what an administrator may leave of each."""
    buttons: list[Button] = []
    for one in reached[:MOST_SHOWN]:
        targets = [target for target in list_targets(one) if target != one.left]
        digest = digest_reached(one)
        buttons += [
            Button(
                _name(language, one, target), f"sv:{thread_id}:{_SIGNS[one.kind]}:{digest}:{target}", beside=number > 0
            )
            for number, target in enumerate(targets)
        ]
    return tuple(buttons)


def list_targets(one: Reached) -> tuple[Target, ...]:
    """Return what may be left of one: reading alone where the class allows more."""
    return ("all", "read", "none") if one.writes else ("all", "none")


def parse_service(data: str) -> tuple[int, Kind, str, Target] | None:
    """Return thread, kind, digest and what is to be left, of a pressed button; None for any other button."""
    match = _DATA.fullmatch(data)
    if match is None:
        return None
    target = next(one for one in get_args(Target) if one == match[4])
    return int(match[1]), _KINDS[match[2]], match[3], target


def read_service_thread(data: str) -> int | None:
    """Return the conversation that a pressed button of these is about; None for any other button."""
    found = parse_service(data)
    return found[0] if found is not None else None


def digest_reached(one: Reached) -> str:
    """Return what stands for a connection in a button: a name may be longer than a button can carry."""
    return hashlib.sha256(one.connection.encode()).hexdigest()[:_DIGEST]


def _name(language: str, one: Reached, target: Target) -> str:
    match target:
        case "all":
            return keys.services_button_all(language, name=one.connection)
        case "read":
            return keys.services_button_read(language, name=one.connection)
        case "none":
            return keys.services_button_none(language, name=one.connection)


def _describe(language: str, one: Reached) -> str:
    left: Left = one.left
    match left:
        case "none":
            return keys.services_off(language)
        case "less":
            return keys.services_less(language)
        case "read":
            return keys.services_read(language)
        case "all" if one.kind == "server":
            return keys.services_tools(language)
        case "all":
            return keys.services_write(language) if one.writes else keys.services_read(language)
