"""The git servers of this gateway, as its settings name them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import aiohttp
from pydantic import AnyHttpUrl, Field

from agent_contract.base import Wire
from agent_contract.repositories import ConnectionName
from agent_gateway.connections.credentials import USERS, Credential, FileToken
from agent_gateway.connections.githubapp import GithubApp
from agent_gateway.namedfile import read_named

MOST_CONNECTIONS = 64


class Named(Wire):
    """What every connection has, whatever its kind."""

    name: ConnectionName
    """How classes name it."""


M = TypeVar("M", bound=Named)


class ConnectionSettings(Named):
    """One connection of kind git, as the chart writes it."""

    kind: Literal["git"] = "git"
    forge: Literal["github", "gitlab", "gitea", "git"] = "git"
    """What answers there."""
    url: AnyHttpUrl
    """The address that repositories are below, as https://github.com."""
    token_file: Annotated[str, Field(max_length=512)] | None = None
    """Where the token stands, or the App's private key; absent means that no key is shown."""
    app_id: Annotated[str, Field(max_length=64)] | None = None
    """The number or client id of a GitHub App, whose key `token_file` is."""
    api_url: AnyHttpUrl | None = None
    """The forge's API; absent means where the forge has it by default."""
    large_file_hosts: Annotated[list[Annotated[str, Field(max_length=253)]], Field(max_length=16)] = []
    """Where else the forge keeps large files (Git LFS)."""
    client_id: Annotated[str, Field(pattern=r"^[\x21-\x7e]+$", max_length=128)] | None = None
    """Ours at the forge, by which people link accounts: a GitHub App's, an OAuth App's, a GitLab application's."""
    scopes: Annotated[str, Field(pattern=r"^[\x20-\x7e]*$", max_length=256)] | None = None
    """What is asked for with it; absent means what the forge needs."""

    @property
    def address(self) -> str:
        """Return the address without a slash at its end."""
        return str(self.url).rstrip("/")

    @property
    def api(self) -> str:
        """Return the forge's API, without a slash at its end; empty where it has none."""
        if self.api_url is not None:
            return str(self.api_url).rstrip("/")
        match self.forge:
            case "github":
                return "https://api.github.com" if self.url.host == "github.com" else f"{self.address}/api/v3"
            case "gitlab":
                return f"{self.address}/api/v4"
            case "gitea":
                return f"{self.address}/api/v1"
            case "git":
                return ""


class BadConnections(ValueError):
    """The settings cannot be used; the text says why, without a secret."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A way out that the gateway holds the key for. `url` has no slash at its end, and no user."""

    name: str
    forge: str
    url: str
    credential: Credential | None
    large_file_hosts: tuple[str, ...] = ()
    api: str = ""
    """The forge's API, without a slash at its end; empty where it has none."""

    @property
    def host(self) -> str:
        """Return host and port as people write them in addresses."""
        return find_host(self.url)


def find_host(url: str) -> str:
    """Return host and port of an address as people write them."""
    return url.partition("://")[2].partition("/")[0]


def read_settings(file: Path | None, kind: str, model: type[M]) -> list[M]:
    """Return what a JSON file says of the connections of a kind; nothing without a file.

    Args:
        file: As the chart writes it; it holds connections of all kinds.
        kind: Of those that are wanted.
        model: Of each.

    Raises:
        BadConnections: the file cannot be used, or two have one name.
    """
    if file is None:
        return []
    return read_named(file, model, "connections", BadConnections, lambda one: one.get("kind", "git") == kind)


def read_connections(file: Path | None, session: Callable[[], aiohttp.ClientSession]) -> Mapping[str, Connection]:
    """Return the connections of a JSON file by name; none without a file.

    Args:
        file: As the chart writes it.
        session: The HTTP connections by which tokens are asked for.

    Raises:
        BadConnections: the file cannot be used.
    """
    settings = read_settings(file, "git", ConnectionSettings)
    if len(settings) > MOST_CONNECTIONS:
        raise BadConnections(f"There may be {MOST_CONNECTIONS} connections at most.")
    return {one.name: _build(one, session) for one in settings}


def _build(one: ConnectionSettings, session: Callable[[], aiohttp.ClientSession]) -> Connection:
    if one.url.username or one.url.password or one.url.query or one.url.fragment:
        raise BadConnections(f"The address of connection {one.name} holds more than a host and a path.")
    return Connection(
        one.name,
        one.forge,
        one.address,
        _build_credential(one, session),
        tuple(one.large_file_hosts),
        one.api,
    )


def _build_credential(one: ConnectionSettings, session: Callable[[], aiohttp.ClientSession]) -> Credential | None:
    if one.app_id is None:
        return FileToken(Path(one.token_file), USERS[one.forge]) if one.token_file else None
    if one.forge != "github" or one.token_file is None:
        raise BadConnections(f"Connection {one.name} names an App: that is GitHub's, and needs its private key.")
    return GithubApp(session, one.api, one.app_id, Path(one.token_file))
