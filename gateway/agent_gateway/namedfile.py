"""Files of settings that the chart writes: a JSON list of things that have names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from pydantic import ValidationError


class Named(Protocol):
    """A model of one entry."""

    @property
    def name(self) -> str:
        """Return its name."""

    @classmethod
    def model_validate(cls, obj: Any) -> Self:
        """Read one."""


N = TypeVar("N", bound=Named)


def read_named(
    file: Path,
    model: type[N],
    what: str,
    bad: type[ValueError],
    is_wanted: Callable[[Any], bool] = lambda _: True,
) -> list[N]:
    """Return the entries of a file.

    Args:
        file: Holds them.
        model: Of each.
        what: They are, in the plural.
        bad: Raised with a sentence that holds no value: the file cannot be used, or two have one name.
        is_wanted: Chooses among them.
    """
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        found = [model.model_validate(one) for one in raw if is_wanted(one)]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        first = error.errors(include_input=False)[0] if isinstance(error, ValidationError) else None
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else type(error).__name__
        raise bad(f"The {what} in {file.name} cannot be read: {reason}.") from error
    if len({one.name for one in found}) != len(found):
        raise bad(f"Two {what} have one name.")
    return found
