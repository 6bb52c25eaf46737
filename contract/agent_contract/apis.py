"""Which package registries and other HTTP services agents of a class reach over the gateway: rules that it enforces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from agent_contract.base import Wire
from agent_contract.modelling import Field
from agent_contract.quantities import Quantity
from agent_contract.repositories import ConnectionName, RepositoryAccess
from agent_contract.text import Cleaned, Word

MAX_APIS: Final = 64
"""HTTP services of an agent."""
MAX_PATTERNS: Final = 256
"""Patterns of one of them."""

ApiMethod = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
"""GET stands for HEAD too."""
ApiFormat = Literal["npm", "pypi", "go", "maven", "oci", "plain"]
"""What is spoken there; the tools of the pod are set up by it, and addresses in answers mended."""
ApiPattern = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_.~!$&'()*+,=:@-]+(/[A-Za-z0-9_.~!$&'()*+,=:@-]*)*$", max_length=250)
]
"""A path below the connection's address: `*` stands for anything within a part, `**` for any number of parts."""


_Text = Annotated[str, Cleaned(512)]
_ALL_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_WIDEST: Final = {"methods": _ALL_METHODS, "sub_agents": "Write", "max_body": "1000Ti"}
"""What leaves everything to the other rules."""


class ApiConnection(Wire):
    """A package registry or another HTTP service that is reached over the gateway, as a runner is told of it."""

    name: Word
    """The first part of the path behind `PATH_HTTP`."""
    format: Word
    """An `ApiFormat`; one that a runner does not know is served all the same."""
    url: _Text
    """The service's own address, without a slash at its end."""
    port: Annotated[int, Field(ge=1024, le=65535)]
    """Where the runner serves it, at 127.0.0.1, below the path of `url`."""
    index: Word = ""
    """Where the index of Python packages is, below `url`."""
    paths: Annotated[list[_Text], Field(max_length=MAX_PATTERNS, fail_fast=True)] = []
    """What may be reached, as patterns below `url`."""
    writes: bool = False
    """Whether anything there may be changed."""


class ApiRule(Wire):
    """One rule. Rules add up: a request goes on where one of them allows its path and method."""

    connection: ConnectionName
    """The connection, of kind http, that the service is reached over."""
    paths: Annotated[list[ApiPattern], Field(min_length=1, max_length=32)] = ["**"]
    """Which paths below its address, as @acme/** or simple/*/. Upper and lower case differ."""
    methods: Annotated[list[ApiMethod], Field(min_length=1, max_length=5)] = ["GET"]
    """What may be done there; GET stands for HEAD too."""
    sub_agents: RepositoryAccess = "Read"
    """What sub-agents may do at most: Read is GET alone. Never more than the agent that started them."""
    max_body: Quantity = "10Mi"
    """How large the body of one request may be."""


class NarrowerApi(Wire):
    """What is left of the class's rules for a service in one conversation; what is absent here is as the class says."""

    connection: ConnectionName
    """The connection, of kind http, that the service is reached over."""
    paths: Annotated[list[ApiPattern], Field(min_length=1, max_length=32)] | None = None
    """Which paths below its address, of those that the class names."""
    methods: Annotated[list[ApiMethod], Field(min_length=1, max_length=5)] | None = None
    """What may be done there, of what the class names; GET stands for HEAD too."""
    sub_agents: RepositoryAccess | None = None
    """Read: sub-agents only read."""
    max_body: Quantity | None = None
    """How large the body of one request may be."""

    def widen(self) -> ApiRule:
        """Return the rule that holds beside the class's, where both have to allow what is done."""
        said = self.model_dump(exclude_none=True)
        return ApiRule.model_validate({**_WIDEST, **said})


def list_scopes(paths: Iterable[str]) -> list[str]:
    """Return the scopes of npm's packages that some patterns are confined to; none where they are for other packages too.

    A registry that serves one scope is asked for that alone; any other is the one that is asked for everything.
    """
    scopes: list[str] = []
    for path in paths:
        front = path.partition("/")[0]
        if front == "-":
            continue
        if not front.startswith("@") or "*" in front or front == path:
            return []
        scopes.append(front)
    return sorted(set(scopes))
