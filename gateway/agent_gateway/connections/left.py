"""What is left of services and tool servers in a conversation, and how an administrator changes it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from agent_contract.apis import NarrowerApi
from agent_contract.team import NarrowerServer
from agent_gateway.apis.rules import READS
from agent_gateway.resources.values import ClassSpec
from agent_gateway.store.narrowed import Apis, Servers

Kind = Literal["service", "server"]
Left = Literal["all", "read", "less", "none"]
"""All that the class allows, of it reading alone, something else that is less, nothing."""
Target = Literal["all", "read", "none"]
"""What a button leaves."""
_READ = ("GET",)
_ORDER: tuple[Left, ...] = ("none", "less", "read", "all")
"""Of what is less first."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A service or a tool server that a class names.

    Attributes:
        kind: Which of both.
        connection: It is reached over.
        left: What is left of it.
        writes: The class lets something be changed there.
    """

    kind: Kind
    connection: str
    left: Left
    writes: bool = False


def list_reached(spec: ClassSpec, apis: Sequence[Apis], servers: Sequence[Servers]) -> list[Reached]:
    """Return what a class names, with what is left of each.

    Args:
        spec: Of the class.
        apis: What is left of services, as it stands and as it is wanted.
        servers: Likewise of tool servers.
    """
    names = dict.fromkeys(rule.connection for rule in spec.apis)
    writing = {rule.connection for rule in spec.apis if not READS.issuperset(rule.methods)}
    found = [Reached("service", name, _least(_judge(name, rules) for rules in apis), name in writing) for name in names]
    return found + [
        Reached("server", one.connection, _least(_judge(one.connection, rules) for rules in servers))
        for one in spec.mcp_servers
    ]


def leave_apis(spec: ClassSpec, now: Apis, connection: str, target: Target) -> Apis:
    """Return what is to be left of services, where one of them is set anew; None where that is all that there is."""
    names = dict.fromkeys(rule.connection for rule in spec.apis)
    begun: Sequence[NarrowerApi] = [NarrowerApi(connection=name) for name in names] if now is None else now
    made = [rule for rule in begun if rule.connection != connection]
    if target != "none":
        made.append(NarrowerApi(connection=connection, methods=None if target == "all" else list(_READ)))
    return None if _leave_all(names, made) else tuple(made)


def leave_servers(spec: ClassSpec, now: Servers, connection: str, target: Target) -> Servers:
    """Return what is to be left of tool servers, likewise: there is no reading alone of one."""
    names = dict.fromkeys(one.connection for one in spec.mcp_servers)
    begun: Sequence[NarrowerServer] = [NarrowerServer(connection=name) for name in names] if now is None else now
    made = [rule for rule in begun if rule.connection != connection]
    if target != "none":
        made.append(NarrowerServer(connection=connection))
    return None if _leave_all(names, made) else tuple(made)


def _leave_all(names: Iterable[str], rules: Sequence[NarrowerApi] | Sequence[NarrowerServer]) -> bool:
    return all(_judge(name, rules) == "all" for name in names)


def _judge(connection: str, rules: Iterable[NarrowerApi | NarrowerServer] | None) -> Left:
    if rules is None:
        return "all"
    named = [rule for rule in rules if rule.connection == connection]
    own = [rule.model_dump(exclude_none=True, exclude={"connection"}) for rule in named]
    if not own:
        return "none"
    if {} in own:
        return "all"
    return "read" if all(one == {"methods": list(_READ)} for one in own) else "less"


def _least(found: Iterable[Left]) -> Left:
    return min(found, key=_ORDER.index, default="all")
