"""What a conversation may use of what its class allows, and what people mean when they name a repository. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from agent_contract.repositories import NarrowerRule, RepositoryRule
from agent_gateway.connections.rules import Target, find_rules, read_target
from agent_gateway.store.repositories import Chosen, Rules

MOST_NAMED: Final = 400
"""Characters of what people write that are read."""
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+/-]{0,249}")
_CONNECTION = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_ADDRESS = re.compile(
    r"(?:(?:https?|git|ssh)://(?:[A-Za-z0-9_-]{1,64}@)?(?P<host>[A-Za-z0-9.:-]{1,253})/|(?:git@)(?P<short>[A-Za-z0-9.-]{1,253}):)"
)

Levels = Sequence[Sequence[RepositoryRule]]
Narrowing = Literal["all", "read", "one", "none"]
"""What an administrator leaves: all that the class allows, reading alone, the chosen repository alone, nothing."""


@dataclass(frozen=True, slots=True)
class Named:
    """A repository as a person wrote it.

    Attributes:
        path: As the forge names it.
        ref: The branch or tag; empty where none was named.
        connection: Where it was named.
        host: Where an address was given.
    """

    path: str
    ref: str = ""
    connection: str | None = None
    host: str | None = None


def build_levels(own: Sequence[RepositoryRule], *narrower: Rules) -> Levels:
    """Return the rules of a class, then what is left of them in a conversation."""
    return [own, *([rule.widen() for rule in rules] for rules in narrower if rules is not None)]


def read_named(text: str) -> Named | None:
    """Read owner/name, connection:owner/name or an address, each with #branch where one is meant; None for anything else."""
    text = text.strip()[:MOST_NAMED]
    where, marked, ref = text.partition("#")
    if marked and _REF.fullmatch(ref) is None:
        return None
    address = _ADDRESS.match(where)
    connection = None
    if address is not None:
        where = where[address.end() :]
    elif ":" in where:
        connection, _, where = where.partition(":")
        if _CONNECTION.fullmatch(connection) is None:
            return None
    path = where.rstrip("/").removesuffix(".git")
    if not is_path(path):
        return None
    host = (address["host"] or address["short"]).casefold() if address is not None else None
    return Named(path, ref, connection, host)


def is_path(path: str) -> bool:
    """Say whether a path is one that requests of pods may have."""
    found = read_target(f"/git/x/{path}/info/refs")
    return found is not None and found.path == path and found.rest == "info/refs"


def find_connections(levels: Levels, named: Named, hosts: Mapping[str, str]) -> list[str]:
    """Return over which connections a repository may be used, by the name of each.

    Args:
        levels: What is allowed.
        named: The repository.
        hosts: Of the gateway's connections, by their names.
    """
    return [
        name
        for name, host in hosts.items()
        if named.connection in (None, name)
        and named.host in (None, host.casefold())
        and may_use(levels, name, named.path)
    ]


def may_use(levels: Levels, connection: str, path: str) -> bool:
    """Say whether a repository may be used at all."""
    return find_rules(levels, Target(connection, path, "")) is not None


def list_exact(levels: Levels, hosts: Mapping[str, str]) -> list[Chosen]:
    """Return the repositories that rules name without a pattern, as far as they may be used, in their order."""
    named = [(rule.connection, rule.pattern) for rules in levels for rule in rules if "*" not in rule.pattern]
    return _keep_allowed(levels, named, hosts)


def list_patterns(levels: Levels, hosts: Mapping[str, str]) -> list[RepositoryRule]:
    """Return what is left of the class's rules, as people read it: the narrower of two patterns, and what both allow."""
    own, *narrower = levels
    left = [rule for rule in own if rule.connection in hosts]
    for rules in narrower:
        left = [_combine(rule, other) for rule in left for other in rules if _meet(rule, other)]
    return list({(rule.connection, rule.pattern.casefold()): rule for rule in reversed(left)}.values())[::-1]


def choose_listed(levels: Levels, listed: Iterable[tuple[str, str]], hosts: Mapping[str, str]) -> list[Chosen]:
    """Return what a forge lists, as far as it may be used."""
    return _keep_allowed(levels, [(name, path) for name, path in listed if is_path(path)], hosts)


def narrow(own: Sequence[RepositoryRule], how: Narrowing, chosen: Chosen | None) -> Rules:
    """Return the rules that an administrator wants written.

    Args:
        own: Of the class.
        how: What is left of them.
        chosen: The conversation's repository.

    Raises:
        ValueError: the chosen one alone is to be left, and there is none.
    """
    match how:
        case "all":
            return None
        case "none":
            return ()
        case "read":
            places = dict.fromkeys((rule.connection, rule.pattern) for rule in own)
            return tuple(_leave(name, pattern, access="Read") for name, pattern in places)
        case "one":
            if chosen is None:
                raise ValueError("no repository is chosen")
            return (_leave(chosen.connection, chosen.path),)


def _leave(connection: str, pattern: str, **more: str) -> NarrowerRule:
    return NarrowerRule.model_validate({"connection": connection, "pattern": pattern, **more})


def _keep_allowed(levels: Levels, named: Iterable[tuple[str, str]], hosts: Mapping[str, str]) -> list[Chosen]:
    found: dict[tuple[str, str], Chosen] = {}
    for name, path in named:
        if name in hosts and may_use(levels, name, path):
            found.setdefault((name, path.casefold()), Chosen(name, path))
    return list(found.values())


def _combine(rule: RepositoryRule, other: RepositoryRule) -> RepositoryRule:
    one, two = rule.pattern.partition("*"), other.pattern.partition("*")
    narrower = rule if not one[1] or (two[1] and len(one[0]) >= len(two[0])) else other
    update = {
        "pattern": narrower.pattern,
        "access": "Read" if "Read" in (rule.access, other.access) else "Write",
        "approval": "Ask" if "Ask" in (rule.approval, other.approval) else "Never",
    }
    return rule.model_copy(update=update)


def _meet(rule: RepositoryRule, other: RepositoryRule) -> bool:
    """Say whether two rules may name one repository: their beginnings up to the first star go together."""
    if rule.connection != other.connection:
        return False
    one, two = (pattern.casefold().partition("*") for pattern in (rule.pattern, other.pattern))
    if not one[1] and not two[1]:
        return one[0] == two[0]
    return one[0].startswith(two[0]) or two[0].startswith(one[0])
