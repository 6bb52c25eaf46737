"""The hooks of this gateway, as its settings name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from agent_contract.base import Wire
from agent_contract.names import build_thread_name
from agent_contract.repositories import ConnectionName
from agent_gateway.connections.settings import ConnectionSettings, read_settings
from agent_gateway.hooks.signing import Form, read_secrets
from agent_gateway.hooks.template import MOST_TEMPLATE, BadTemplate, Template, parse_template
from agent_gateway.namedfile import read_named

MOST_HOOKS: Final = 64
_FORGES: Final = ("github", "gitlab", "gitea")


class BadHooks(ValueError):
    """The settings cannot be used; the text says why, without a secret."""


class TargetSettings(Wire):
    """Where the turns of a hook are held: a chat or a topic of it, by numbers or by the name of its AgentThread."""

    thread: Annotated[str, Field(max_length=63)] | None = None
    chat_id: int | None = None
    topic_id: Annotated[int, Field(ge=1)] | None = None


class ResultSettings(Wire):
    """Ends of checks wake whoever pushed what was checked."""

    connection: ConnectionName
    """The connection of kind git by which the agents reach the forge."""
    wake: Literal["Failed", "Never"] = "Failed"
    """Whether an agent is asked to look at checks that failed, or only people are told."""
    rounds: Annotated[int, Field(ge=1, le=10)] = 3
    """How often that is asked in a row before somebody has written."""


class HookSettings(Wire):
    """One hook, as the chart writes it."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,49}[a-z0-9])?$")]
    form: Form
    secret_file: Annotated[str, Field(max_length=512)]
    """Where its secrets stand, one a line; read anew for each event."""
    events: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=50)] = []
    """Which events are taken: by name, or by what their names begin with up to a dot; empty: all."""
    to: TargetSettings | None = None
    template: Annotated[str, Field(max_length=MOST_TEMPLATE)] = ""
    results: ResultSettings | None = None
    per_hour: Annotated[int, Field(ge=1, le=1000)] = 30
    """Turns that it may make."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the turns of a hook are held."""

    chat_id: int
    topic_id: int | None


@dataclass(frozen=True, slots=True)
class Hook:
    """A door for events; without a target it makes no turns of its own, and without `results` it wakes nobody else."""

    name: str
    form: Form
    secret_file: Path
    events: tuple[str, ...]
    target: Target | None
    template: Template
    results: ResultSettings | None
    per_hour: int

    def read_secrets(self) -> tuple[str, ...]:
        """Return its secrets as they stand now."""
        try:
            return read_secrets(self.secret_file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return ()

    def takes(self, event: str) -> bool:
        """Say whether events of a name are taken."""
        return not self.events or any(event == one or event.startswith(f"{one}.") for one in self.events)


def read_hooks(file: Path | None, bot_name: str, connections: Path | None) -> Mapping[str, Hook]:
    """Return the hooks of a JSON file by name; none without a file.

    Args:
        file: As the chart writes it.
        bot_name: The first part of every AgentThread's name.
        connections: The file with the connections.

    Raises:
        BadHooks: the file cannot be used.
        BadConnections: that of the connections cannot be.
    """
    if file is None:
        return {}
    forges = {one.name: one.forge for one in read_settings(connections, "git", ConnectionSettings)}
    found = read_named(file, HookSettings, "hooks", BadHooks)
    if len(found) > MOST_HOOKS:
        raise BadHooks(f"There may be {MOST_HOOKS} hooks at most.")
    return {one.name: _build(one, bot_name, forges) for one in found}


def _build(one: HookSettings, bot_name: str, forges: Mapping[str, str]) -> Hook:
    target = _read_target(one, bot_name) if one.to is not None else None
    if target is None and one.results is None:
        raise BadHooks(f"Hook {one.name} leads nowhere: it needs `to`, `results`, or both.")
    if one.results is not None:
        _check_results(one, one.results, forges)
    try:
        template = parse_template(one.template)
    except BadTemplate as error:
        raise BadHooks(f"The template of hook {one.name} cannot be used: {error}.") from error
    return Hook(
        one.name, one.form, Path(one.secret_file), tuple(one.events), target, template, one.results, one.per_hour
    )


def _check_results(one: HookSettings, results: ResultSettings, forges: Mapping[str, str]) -> None:
    if one.form not in _FORGES:
        raise BadHooks(f"Hook {one.name} takes results of checks, which {', '.join(_FORGES)} bring, not {one.form}.")
    forge = forges.get(results.connection)
    if forge != one.form:
        known = f"is of forge {forge}" if forge is not None else "is not there"
        raise BadHooks(f"Hook {one.name} is of form {one.form}; its connection {results.connection} {known}.")


def _read_target(one: HookSettings, bot_name: str) -> Target:
    to = one.to or TargetSettings()
    if (to.thread is None) == (to.chat_id is None) or (to.thread is not None and to.topic_id is not None):
        raise BadHooks(f"Hook {one.name}: `to` needs either `thread` or `chatId`, with `topicId` for a topic.")
    if to.thread is None:
        return Target(to.chat_id or 0, to.topic_id)
    first, *rest = to.thread.removeprefix(f"{bot_name}-").split("-")
    numbers = [_read_number(part) for part in (first, *rest)]
    target = Target(numbers[0], numbers[1] if len(numbers) > 1 else None)
    if build_thread_name(bot_name, target.chat_id, target.topic_id) != to.thread:
        raise BadHooks(f"Hook {one.name}: {to.thread} is no name of an AgentThread of {bot_name}.")
    return target


def _read_number(text: str) -> int:
    digits = text.removeprefix("n")
    number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 18 else 0
    return -number if text.startswith("n") else number
