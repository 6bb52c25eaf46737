"""The HTTP services of this gateway, as its settings name them."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AnyHttpUrl, Field

from agent_contract.apis import MAX_APIS, ApiFormat
from agent_gateway.apis.keys import Key
from agent_gateway.connections.credentials import FileToken
from agent_gateway.connections.settings import BadConnections, Named, find_host, read_settings

FIRST_PORT: Final = 20_000
PORTS: Final = 10_000
"""From the first: where runners serve what names no port of its own."""
HostName = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+(:[0-9]{1,5})?$", max_length=253)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$", max_length=64)]


class ApiSettings(Named):
    """One connection of kind http, as the chart writes it."""

    kind: Literal["http"]
    format: ApiFormat = "plain"
    """What is spoken there."""
    url: Annotated[AnyHttpUrl, Field(max_length=256)]
    """The address that all paths are below."""
    token_file: Annotated[str, Field(max_length=512)] | None = None
    """Where the key stands; absent means that none is shown."""
    user: Annotated[str, Field(pattern=r"^[!-9;-~]+$", max_length=128)] | None = None
    """Who the key is the password of, for Basic; absent means that it goes as a Bearer token."""
    header: HeaderName | None = None
    """The header that the key goes in as it is, where the service wants one of its own."""
    hosts: Annotated[list[HostName], Field(max_length=16)] = []
    """Where else its redirects may lead, which are followed without the key, and a registry's tokens be made."""
    request_headers: Annotated[list[HeaderName], Field(max_length=16)] = []
    """Headers of requests that go on besides the usual ones."""
    response_headers: Annotated[list[HeaderName], Field(max_length=16)] = []
    """Headers of answers that come back besides the usual ones."""
    index_path: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+/-]*$", max_length=64)] = "simple/"
    """Where the index of Python packages is, below the address."""
    port: Annotated[int, Field(ge=1024, le=65535)] | None = None
    """Where runners serve it within their pod; absent means one that its name makes."""


@dataclass(frozen=True, slots=True)
class Api:
    """An HTTP service that the gateway holds the key for. `url` has no slash at its end, and no user."""

    name: str
    format: str
    url: str
    port: int
    key: Key | None = None
    hosts: frozenset[str] = frozenset()
    request_headers: frozenset[str] = frozenset()
    response_headers: frozenset[str] = frozenset()
    index: str = ""

    @property
    def origin(self) -> str:
        """Return scheme and host."""
        return f"{self.url.partition('://')[0]}://{find_host(self.url)}"

    @property
    def base(self) -> str:
        """Return the path of the address, without a slash at its end."""
        return self.url.removeprefix(self.origin)

    @property
    def inside(self) -> str:
        """Return the address that the pod knows it by."""
        return f"http://127.0.0.1:{self.port}{self.base}"


def read_apis(file: Path | None) -> Mapping[str, Api]:
    """Return the HTTP services of a JSON file by name; none without a file.

    Args:
        file: As the chart writes it; it holds connections of all kinds.

    Raises:
        BadConnections: the file cannot be used.
    """
    found = {one.name: _build(one) for one in read_settings(file, "http", ApiSettings)}
    if len(found) > MAX_APIS:
        raise BadConnections(f"There may be {MAX_APIS} connections of kind http at most.")
    _check_ports(found)
    return found


def _build(one: ApiSettings) -> Api:
    if one.url.username or one.url.password or one.url.query or one.url.fragment or "%" in str(one.url):
        raise BadConnections(f"The address of connection {one.name} holds more than a host and a plain path.")
    if one.user and one.header:
        raise BadConnections(f"Connection {one.name} names a user and a header: the key goes into one of them.")
    key = None
    if one.token_file is not None:
        key = Key(FileToken(Path(one.token_file), ""), one.user, one.header)
    return Api(
        one.name, one.format, str(one.url).rstrip("/"), one.port or compute_port(one.name), key,
        frozenset(host.lower() for host in one.hosts),
        frozenset(name.lower() for name in one.request_headers),
        frozenset(name.lower() for name in one.response_headers),
        one.index_path if one.format == "pypi" else "",
    )  # fmt: skip


def compute_port(name: str) -> int:
    """Return the port that a name makes: it stays what it is when others come and go."""
    return FIRST_PORT + zlib.crc32(name.encode()) % PORTS


def _check_ports(found: Mapping[str, Api]) -> None:
    taken: dict[int, str] = {}
    for api in found.values():
        other = taken.setdefault(api.port, api.name)
        if other != api.name:
            raise BadConnections(
                f"Connections {other} and {api.name} come to one port, {api.port}: give one of them another `port`."
            )
