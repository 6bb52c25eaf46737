"""What a release reads that another one wrote: a number over its bound, a value that it does not know.

Only for what is told (status, frames). A wish that is not understood must not be guessed, so a spec stays strict.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import islice
from typing import Annotated, Any, Final

from agent_contract.modelling import BeforeValidator, Field

MAX_RUN: Final = 2_147_483_000
"""The greatest number of a run: the next one, and some more, still fit Postgres's integer."""


def clamp(most: int) -> BeforeValidator:
    """Build a validator that reads a greater number as `most`."""

    def read(value: Any) -> Any:
        return min(value, most) if isinstance(value, int) else value

    return BeforeValidator(read)


def known_or(fallback: str | None, known: Collection[str]) -> BeforeValidator:
    """Build a validator that reads a text that is not among the known ones as the fallback."""
    return BeforeValidator(_reader(fallback, frozenset(known)))


def first(most: int) -> BeforeValidator:
    """Build a validator that reads a longer object as its first `most` fields, before any of them is looked at."""

    def read(value: Any) -> Any:
        return dict(islice(value.items(), most)) if isinstance(value, dict) else value

    return BeforeValidator(read)


def last(most: int) -> BeforeValidator:
    """Build a validator that reads a longer list as its last `most` items, before any of them is looked at."""

    def read(value: Any) -> Any:
        return value[-most:] if isinstance(value, list) else value

    return BeforeValidator(read)


def _reader(fallback: str | None, known: frozenset[str]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        return fallback if isinstance(value, str) and value not in known else value

    return read


RunNumber = Annotated[int, Field(ge=1, le=MAX_RUN), clamp(MAX_RUN)]
"""The number of a run. A greater one, from before there was this bound, is read as the greatest."""
_MOST: Final = 2**53
Number = Annotated[int, Field(ge=0, le=_MOST)]
"""A whole number of a frame, that JSON, JavaScript and a bigint hold; a greater one is refused."""
