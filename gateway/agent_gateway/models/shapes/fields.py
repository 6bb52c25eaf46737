"""How a JSON object is rebuilt from the fields that are known. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent_gateway.models.errors import Refusal

Read = Callable[[Any], Any]
"""Returns a value as it may go out; raises Refusal or Odd."""
Fields = dict[str, Read]

MAX_TOKENS: Final = 1_000_000
"""No model writes more in one answer."""
_SHOWN: Final = 48
"""Characters of a pod's own words that are repeated."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What an AgentClass lets through besides text, data and the agent's own tools.

    Attributes:
        hosted_tools: Tools that the provider runs itself.
        addresses: Pictures and files by their address, which the provider fetches.
    """

    hosted_tools: bool = False
    addresses: bool = False


@dataclass(frozen=True, slots=True)
class Shaped:
    """A request as it may go out.

    Attributes:
        body: Its JSON.
        model: The model that it asks.
        stream: The answer shall come as it is written.
        max_output: The most tokens that it asks for; None where it names no bound.
        usage_asked: The client itself expects to be told the usage.
    """

    body: dict[str, Any]
    model: str
    stream: bool
    max_output: int | None
    usage_asked: bool = True


class Odd(Exception):
    """A value is of another kind than its field has."""


def refuse(message: str) -> Refusal:
    """Return the refusal of a request that cannot be read."""
    return Refusal(400, "bad_request", message)


def forbid(limit: str, message: str) -> Refusal:
    """Return the refusal of what the AgentClass does not allow."""
    return Refusal(403, limit, message)


def show(word: Any) -> str:
    """Return a pod's own word, short and on one line, to be repeated to it."""
    return " ".join(str(word)[:_SHOWN].split())


def rebuild(raw: Any, fields: Fields, where: str) -> dict[str, Any]:
    """Return an object with those of its fields that are known.

    Args:
        raw: What came.
        fields: The known ones.
        where: What it is, for words.

    Raises:
        Refusal: it is no object, or a known field holds something else than it should.
    """
    if not isinstance(raw, dict):
        raise refuse(f"{where} is no JSON object.")
    found: dict[str, Any] = {}
    for name, value in raw.items():
        read = fields.get(name)
        if read is None:
            continue
        try:
            found[name] = None if value is None else read(value)
        except Odd as error:
            raise refuse(f"{where}: the field {name} cannot be read.") from error
    return found


def each(read: Read) -> Read:
    """Return what reads a list of such values."""

    def reads(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Odd
        return [read(one) for one in value]

    return reads


def text(value: Any) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise Odd
    return value


def texts(value: Any) -> str | list[str]:
    """Read a text, or a list of them."""
    return value if isinstance(value, str) else [text(one) for one in _list(value)]


def flag(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise Odd
    return value


def number(value: Any) -> float:
    """Read a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Odd
    return value


def whole(value: Any) -> int:
    """Read a whole number that is not negative."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Odd
    return value


def tokens(value: Any) -> int:
    """Read a bound of tokens that some model might have; one over the settings' is lowered later."""
    found = whole(value)
    if found > MAX_TOKENS:
        raise Odd
    return found


def anything(value: Any) -> Any:
    """Take a value as it is: the agent's own, such as a tool's parameters or arguments."""
    return value


def object_of(fields: Fields, where: str) -> Read:
    """Return what reads an object of known fields."""
    return lambda value: rebuild(value, fields, where)


def by_type(kinds: Mapping[str, Read], unknown: Read, default: str = "") -> Read:
    """Return what reads an object by its `type`; `unknown` reads one of another type."""

    def reads(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Odd
        kind = value.get("type", default)
        return kinds.get(kind, unknown)(value) if isinstance(kind, str) else unknown(value)

    return reads


def check_count(raw: Mapping[str, Any], name: str) -> None:
    """Raise Refusal where more than one answer is asked for."""
    if raw.get(name) not in (None, 1):
        raise refuse(f"{name} must be 1: each answer more is paid for.")


def least(values: Sequence[Any]) -> int | None:
    """Return the smallest bound of those that are named."""
    return min((value for value in values if isinstance(value, int)), default=None)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Odd
    return value
