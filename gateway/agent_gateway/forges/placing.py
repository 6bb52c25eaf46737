"""Which repository an agent means, and what it may do there. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent_contract.repositories import RepositoryRule
from agent_gateway.connections.rules import find_rules, may_write, read_target
from agent_gateway.connections.settings import Connection

_REF: Final = re.compile(r"[A-Za-z0-9_.@+-][A-Za-z0-9_./@+-]{0,249}")
_MOST_NAMED: Final = 8
NO_FORGE: Final = "its connection is to a git server without pull requests (forge: git)"


class NotAllowed(Exception):
    """The agent may not do this; the text says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A repository, the way there, and the rules that hold for it."""

    connection: Connection
    path: str
    rules: tuple[RepositoryRule, ...]


def find_repository(
    text: str, connections: Mapping[str, Connection], levels: Sequence[Sequence[RepositoryRule]]
) -> Asked:
    """Return the repository that a name or address means.

    Args:
        text: As acme/api, or as any address that git takes.
        connections: By name.
        levels: The agent's own rules, then those of each agent above it.

    Raises:
        NotAllowed: it is none that this agent reaches, or one of several.
    """
    host, path = _split(text)
    fitting: list[Asked] = []
    for connection in connections.values():
        if host and host not in (connection.host, connection.host.partition(":")[0]):
            continue
        below = connection.url.partition("://")[2].partition("/")[2]
        named = path.removeprefix(f"{below}/") if host and below else path
        target = read_target(f"/git/{connection.name}/{named}/info/refs")
        rules = find_rules(levels, target) if target is not None else None
        if target is not None and rules is not None:
            fitting.append(Asked(connection, target.path, rules))
    if not fitting:
        raise NotAllowed(f"{_shorten(text)} is not among the repositories of this agent.")
    if len(fitting) > 1:
        named = ", ".join(f"{one.connection.url}/{one.path}" for one in fitting[:_MOST_NAMED])
        raise NotAllowed(f"There are several of this name: say which, as one of {named}.")
    if fitting[0].connection.forge == "git":
        raise NotAllowed(f"{fitting[0].path} has no pull requests here: {NO_FORGE}.")
    return fitting[0]


def check_write(asked: Asked) -> None:
    """Let pass who may change a repository.

    Raises:
        NotAllowed: it may only be read.
    """
    if not may_write(asked.rules):
        raise NotAllowed(f"{asked.path} may only be read by this agent: its rule says access: Read.")


def read_branch(text: str) -> str:
    """Return the name of a branch as rules and forges mean it.

    Raises:
        NotAllowed: it is none.
    """
    name = text.strip().removeprefix("refs/heads/")
    plain = _REF.fullmatch(name) is not None and ".." not in name and "//" not in name
    if not plain or name.endswith(("/", ".", ".lock")) or name.startswith("-"):
        raise NotAllowed(f"{_shorten(text)} is no name of a branch; it must be one of the same repository.")
    return name


def _split(text: str) -> tuple[str, str]:
    """Return the host, if one is named, and the path of a name or address."""
    rest = text.strip()
    scheme, apart, behind = rest.partition("://")
    if apart and scheme in ("https", "http", "ssh", "git"):
        host, _, path = behind.partition("/")
        rest = path
        host = host.rpartition("@")[2]
    elif rest.startswith("git@"):
        host, _, rest = rest.removeprefix("git@").partition(":")
    else:
        host = ""
    return host.lower(), rest.strip("/").removesuffix(".git")


def _shorten(text: str) -> str:
    return "".join(sign for sign in text[:100] if sign.isprintable())
