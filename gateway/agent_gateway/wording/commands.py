"""Commands: how one is read, and what each answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent_gateway.wording import keys

_MENU: Final[dict[str, Callable[[str], str]]] = {
    "start": keys.menu_start,
    "help": keys.menu_help,
    "plan": keys.menu_plan,
    "approvals": keys.menu_approvals,
    "new": keys.menu_new,
    "stop": keys.menu_stop,
    "model": keys.menu_model,
    "think": keys.menu_think,
    "steer": keys.menu_steer,
    "retry": keys.menu_retry,
    "schedule": keys.menu_schedule,
    "schedules": keys.menu_schedules,
    "heartbeat": keys.menu_heartbeat,
    "undo": keys.menu_undo,
    "redo": keys.menu_redo,
    "fork": keys.menu_fork,
    "status": keys.menu_status,
    "pr": keys.menu_pr,
    "threads": keys.menu_threads,
    "usage": keys.menu_usage,
    "budget": keys.menu_budget,
    "repo": keys.menu_repo,
    "services": keys.menu_services,
    "verbose": keys.menu_verbose,
    "timezone": keys.menu_timezone,
    "spawn": keys.menu_spawn,
    "subagents": keys.menu_subagents,
    "cancel": keys.menu_cancel,
    "kill": keys.menu_kill,
    "cleanup": keys.menu_cleanup,
    "diff": keys.menu_diff,
    "branches": keys.menu_branches,
    "search": keys.menu_search,
    "remember": keys.menu_remember,
    "memory": keys.menu_memory,
    "sessions": keys.menu_sessions,
    "export": keys.menu_export,
    "forget": keys.menu_forget,
    "whoami": keys.menu_whoami,
    "language": keys.menu_language,
    "link": keys.menu_link,
    "unlink": keys.menu_unlink,
    "invite": keys.menu_invite,
    "approve": keys.menu_approve,
    "revoke": keys.menu_revoke,
    "audit": keys.menu_audit,
}
_ADMIN_MENU: Final[dict[str, Callable[[str], str]]] = {"kill": keys.menu_kill_admin, "cleanup": keys.menu_cleanup_admin}
"""In other words for administrators."""
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,64}))?(?=\s|$)")


@dataclass(frozen=True, slots=True)
class ParsedCommand:
    """`/name@at args`, the name in lower case."""

    name: str
    at: str | None
    args: str


def parse_command(text: str) -> ParsedCommand | None:
    """Read a text that begins with a command; None for any other text, a path such as /usr/bin included."""
    match = _COMMAND.match(text)
    if match is None:
        return None
    return ParsedCommand(match.group(1).lower(), match.group(2), text[match.end() :].strip())


def describe(language: str, *, admin: bool) -> dict[str, str]:
    """Return what each command does, by its name."""
    words = {name: say(language) for name, say in _MENU.items()}
    return {**words, **{name: say(language) for name, say in _ADMIN_MENU.items()}} if admin else words


def whoami_text(language: str, person_id: int, chat_id: int | None, topic_id: int | None, *, admin: bool) -> str:
    """Tell a person who they are to this bot, in Markdown: a tap copies an id. `chat_id` is that of a group."""
    facts = [keys.whoami_person(language, id=f"`{person_id}`")]
    if chat_id is not None:
        facts.append(keys.whoami_chat(language, id=f"`{chat_id}`"))
    if topic_id is not None:
        facts.append(keys.whoami_topic(language, id=f"`{topic_id}`"))
    facts.append(keys.whoami_admin(language) if admin else keys.whoami_allowed(language))
    return "\n".join(facts)


def unknown_text(language: str, name: str, near: str | None) -> str:
    """Answer a command that does not exist, with the nearest that does."""
    if near is None:
        return keys.unknown_command(language, name=name)
    return keys.unknown_command_near(language, name=name, near=near)
