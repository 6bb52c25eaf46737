"""DATABASE_URL as both drivers are given it, or a sentence about what is wrong with it.

The URL is libpq's (PostgreSQL 15 documentation, 34.1.1.2). asyncpg reads such a URL too, but hands what it does not know to the
server as a setting, and the migration tool reads it as a plain URL, with one host. So it is read once, here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode

from agent_gateway.errors import ConfigError

_SCHEMES: Final = ("postgresql://", "postgres://")
_MOST_CHARACTERS: Final = 8192
_HOST: Final = re.compile(r"[A-Za-z0-9_.:-]{1,255}")
_PORT: Final = "5432"
_LAST_PORT: Final = 65535
_BOTH: Final = frozenset({
    "sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation", "ssl_min_protocol_version",
    "ssl_max_protocol_version", "target_session_attrs", "krbsrvname", "gsslib", "passfile", "options",
})  # fmt: skip
"""Options that both drivers honour."""
_OURS: Final = frozenset({
    "application_name", "fallback_application_name", "connect_timeout", "keepalives", "keepalives_idle",
    "keepalives_interval", "keepalives_count", "tcp_user_timeout", "client_encoding", "load_balance_hosts", "sslsni",
    "sslcompression", "gssencmode", "gssdelegation", "sslcertmode",
})  # fmt: skip
"""Options of libpq that the gateway sets itself, or that change nothing here: they are left out."""
_REFUSED: Final = {
    "channel_binding": "no channel binding can be had; leave it out, and let sslmode=verify-full prove the server",
    "require_auth": "what the server asks for cannot be held to it; leave it out, and let sslmode=verify-full prove the server",
    "requirepeer": "the server's user cannot be held to it; leave it out",
    "replication": "this is no connection for replication; leave it out",
    "service": "no service file is read; write its settings out",
    "pgbouncer": "it is Prisma's, and tells of a pooler that keeps no session for a client; name Postgres itself instead",
}
_HARMLESS: Final = {
    "channel_binding": frozenset({"disable", "prefer"}),
    "replication": frozenset({"false", "off", "no", "0"}),
}
_SIGNS: Final = "write # as %23, / as %2F, ? as %3F, @ as %40, : as %3A and % as %25 in user and password"


POOLED: Final = (
    "it leads to a pooler that keeps no session with its settings for each client. Name Postgres itself, or a pool in session "
    "mode that passes start-up parameters on"
)


class BadDsn(ConfigError):
    """DATABASE_URL cannot be used; the text says why, without anything of it but the names of options."""

    def __init__(self, words: str) -> None:
        super().__init__(f"DATABASE_URL cannot be used: {words}.")


@dataclass(frozen=True, slots=True)
class Dsn:
    """Where the database is and who asks.

    Attributes:
        url: As asyncpg reads it.
        keywords: As libpq reads them, by name.
    """

    url: str
    keywords: dict[str, str]

    @property
    def tool_url(self) -> str:
        """Return the migration tool's URL: everything stands in its query, where there may be several hosts."""
        return f"postgresql+psycopg:///?{urlencode(self.keywords)}"


def read_dsn(text: str) -> Dsn:
    """Read a DSN.

    Raises:
        BadDsn: it cannot be used.
    """
    scheme = next((s for s in _SCHEMES if text.startswith(s)), None)
    if scheme is None or len(text) > _MOST_CHARACTERS or not text.isprintable():
        raise BadDsn("it is no address like postgresql://user:password@host:5432/name")
    authority, database, query = _split(text.removeprefix(scheme))
    account, _, hosts = authority.rpartition("@")
    user, _, password = account.partition(":")
    options = _read_options(query)
    found = {
        "user": options.pop("user", "") or unquote(user),
        "password": options.pop("password", "") or unquote(password),
        "dbname": options.pop("dbname", "") or options.pop("database", "") or unquote(database),
    }
    places = _read_hosts(unquote(hosts), options.pop("host", ""), options.pop("port", ""))
    if len(places) > 1:
        options.setdefault("target_session_attrs", "read-write")
    return _build({name: value for name, value in found.items() if value}, places, options)


def _split(rest: str) -> tuple[str, str, str]:
    """Return user and hosts, the database's name, and the query."""
    rest, _, query = rest.partition("?")
    authority, _, database = rest.partition("/")
    if "#" in rest or "@" in database or ("@" in query and "@" not in authority):
        raise BadDsn(f"a sign in it ends the password too early; {_SIGNS}")
    return authority, database, query


def _read_options(query: str) -> dict[str, str]:
    try:
        given = dict(parse_qsl(query, strict_parsing=True, keep_blank_values=True)) if query else {}
    except ValueError:
        raise BadDsn("what stands behind the question mark is no list of options, as in ?sslmode=require") from None
    found = {}
    for name, value in given.items():
        if name in {*_BOTH, "host", "port", "user", "password", "dbname", "database"}:
            if value:
                found[name] = value
        elif name in _OURS or value in _HARMLESS.get(name, ()):
            continue
        elif name in _REFUSED:
            raise BadDsn(f"its option {name} cannot be honoured: {_REFUSED[name]}")
        else:
            shown = name if name.isidentifier() and name.isascii() else "at the end"
            raise BadDsn(f"Postgres has no option {shown}")
    return found


def _read_hosts(authority: str, hosts: str, ports: str) -> list[tuple[str, str]]:
    """Return each host with its port; none means the machine's own socket."""
    given = (hosts or authority).split(",") if hosts or authority else []
    numbers = ports.split(",") if ports else []
    if numbers and len(numbers) not in {1, len(given)}:
        raise BadDsn("it has another number of ports than of hosts")
    found = []
    for at, place in enumerate(given):
        host, port = _read_host(place) if not place.startswith("/") else (place, "")
        port = port or (numbers[at % len(numbers)] if numbers else _PORT)
        if not (port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) <= _LAST_PORT):
            raise BadDsn(f"a port is no number between 1 and {_LAST_PORT}; {_SIGNS}")
        found.append((host, port))
    return found


def _read_host(place: str) -> tuple[str, str]:
    if place.startswith("["):
        host, closed, port = place[1:].partition("]")
        if not closed or (port and not port.startswith(":")):
            raise BadDsn("an IPv6 address lacks its bracket")
        return host, port[1:]
    host, _, port = place.partition(":") if place.count(":") < 2 else (place, "", "")
    return host, port


def _build(account: dict[str, str], places: list[tuple[str, str]], options: dict[str, str]) -> Dsn:
    sockets = any(host.startswith("/") for host, _ in places)
    if any(not (host.startswith("/") if sockets else _HOST.fullmatch(host)) for host, _ in places):
        raise BadDsn("a host is none: it is empty, or has a sign that no name has")
    keywords = {**account, **options}
    if places:
        keywords |= {"host": ",".join(host for host, _ in places), "port": ",".join(port for _, port in places)}
    user = quote(account.get("user", ""), safe="")
    password = f":{quote(account['password'], safe='')}" if "password" in account else ""
    shown = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in places)
    query = {**options, "host": keywords["host"], "port": keywords["port"]} if sockets else options
    authority = "" if sockets else shown
    database = f"/{quote(account['dbname'], safe='')}" if "dbname" in account else ""
    url = f"postgresql://{user}{password}{'@' if user or password else ''}{authority}{database}"
    return Dsn(f"{url}?{urlencode(query)}" if query else url, keywords)
