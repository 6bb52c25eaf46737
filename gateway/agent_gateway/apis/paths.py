"""What a request is for, read from its address as it came. Pure.

A service may decode and tidy a path in ways of its own. So nothing passes that could be read in two ways: no dots that climb, no
empty parts, no coded slash, dot, percent sign or letter. Source: RFC 3986, 2.1, 2.3, 3.3, 5.2.4, 6.2.2.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from agent_contract.names import PATH_HTTP

MAX_PATH: Final = 2048
"""Characters of a path, with all before it."""
MAX_QUERY: Final = 4096
_NAME: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_CODED: Final = r"%(?:20|2[1467-9A-Ca-c]|3[ADad]|40|[89A-Fa-f][0-9A-Fa-f])"
"""A blank, signs that have a meaning to some, and what is outside ASCII."""
_SEGMENT: Final = rf"(?!\.\.?(?:/|$))(?:[A-Za-z0-9_.~!$&'()+,=:@-]|{_CODED})+"
_PATH = re.compile(rf"{PATH_HTTP}/(?P<name>{_NAME})(?P<rest>(?:/{_SEGMENT})*/?)")
_QUERY = re.compile(r"(?:[A-Za-z0-9_.~!$&'()*+,;=:@/?|\[\]-]|%[0-9A-Fa-f]{2})*")
_SCOPED = re.compile(
    r"(?P<front>/http/[a-z0-9-]{1,63}(?:/-/package)?/@[A-Za-z0-9_.~-]{1,214})%2[Ff](?P<back>[A-Za-z0-9_~-])"
)
"""npm codes the slash in the name of a scoped package."""
_CLIMBS: Final = frozenset("./\\%")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is for."""

    name: str
    """The connection."""
    path: str
    """Below its address, decoded, without a slash at its front: what rules are about."""
    raw: str
    """The same as it goes on, with its slash at the front where there is one."""
    query: str


def read_asked(raw: str, *, scoped: frozenset[str] = frozenset()) -> Asked | None:
    """Return what a request's address names, as it came over the wire; None for one that is not plain.

    Args:
        raw: Path and query.
        scoped: Connections that npm asks.
    """
    whole, _, query = raw.partition("?")
    if len(whole) > MAX_PATH or len(query) > MAX_QUERY or not _QUERY.fullmatch(query):
        return None
    coded = _SCOPED.match(whole)
    plain = whole if coded is None else f"{coded['front']}/{whole[coded.start('back') :]}"
    found = _PATH.fullmatch(plain)
    if found is None or (coded is not None and found["name"] not in scoped):
        return None
    path = _decode(found["rest"].removeprefix("/"))
    if path is None:
        return None
    return Asked(found["name"], path, whole[len(f"{PATH_HTTP}/{found['name']}") :], query)


def _decode(text: str) -> str | None:
    """Return a path without codes; None for bytes that are no text, or that some read as signs of a path."""
    if "%" not in text:
        return text
    try:
        found = unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        return None
    foreign = "".join(sign for sign in found if not sign.isascii())
    if not found.isprintable() or _CLIMBS.intersection(unicodedata.normalize("NFKC", foreign)):
        return None
    return found
