"""What a release reads that another one wrote: a number over its bound, a value that it does not know.

Only for what is told (status, frames). A wish that is not understood must not be guessed, so a spec stays strict.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

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


def _reader(fallback: str | None, known: frozenset[str]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        return fallback if isinstance(value, str) and value not in known else value

    return read


RunNumber = Annotated[int, Field(ge=1, le=MAX_RUN), clamp(MAX_RUN)]
"""The number of a run. A greater one, from before there was this bound, is read as the greatest."""
_MOST: Final = 2**53
Number = Annotated[int, Field(ge=-_MOST, le=_MOST)]
"""A whole number of a frame, that JSON, JavaScript and a bigint hold; a greater one is refused."""
