"""What is wrong with a value, and the bounds that `lean` holds values to; types and words are pydantic's."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

Loc = tuple[int | str, ...]


class Problem(NamedTuple):
    """One thing that is wrong with a value, in pydantic's words."""

    type: str
    msg: str
    loc: Loc = ()


class WrongError(ValueError):
    """A value is none of its type."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, p.loc))}: {p.msg}" for p in problems))
        self.problems = problems

    def below(self, *loc: int | str) -> list[Problem]:
        """Return the problems as those of a field or an item."""
        return [problem._replace(loc=(*loc, *problem.loc)) for problem in self.problems]


def build_too_long(limit: int, length: int) -> Problem:
    """Build the problem of a list or object that has too many items."""
    return Problem("too_long", f"List should have at most {limit} items after validation, not {length}")


def check_finite(value: float) -> None:
    """Refuse what is no finite number."""
    if not math.isfinite(value):
        raise WrongError(Problem("finite_number", "Input should be a finite number"))


def build_least(least: float) -> Callable[[Any], None]:
    """Build the check of a number that is not to be smaller."""

    def check(value: float) -> None:
        if value < least:
            raise WrongError(Problem("greater_than_equal", f"Input should be greater than or equal to {least:g}"))

    return check


def build_most(most: float) -> Callable[[Any], None]:
    """Build the check of a number that is not to be greater."""

    def check(value: float) -> None:
        if value > most:
            raise WrongError(Problem("less_than_equal", f"Input should be less than or equal to {most}"))

    return check


def build_length(least: int, most: int | None) -> Callable[[Any], None]:
    """Build the check of how long a text, a list or an object is."""

    def check(value: str | list[Any] | dict[Any, Any]) -> None:
        text, length = isinstance(value, str), len(value)
        if length < least:
            words = f"String should have at least {least} character{'s' * (least != 1)}"
            few = f"List should have at least {least} item{'s' * (least != 1)} after validation, not {length}"
            raise WrongError(Problem("string_too_short", words) if text else Problem("too_short", few))
        if most is not None and length > most:
            words = f"String should have at most {most} character{'s' * (most != 1)}"
            raise WrongError(Problem("string_too_long", words) if text else build_too_long(most, length))

    return check


def build_pattern(pattern: str) -> Callable[[Any], None]:
    """Build the check of a text that is to match a regular expression."""
    # an end is the end: Python's `$` would let a last line feed through, pydantic's does not
    found = re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern)

    def check(value: str) -> None:
        if found.search(value) is None:
            raise WrongError(Problem("string_pattern_mismatch", f"String should match pattern '{pattern}'"))

    return check
