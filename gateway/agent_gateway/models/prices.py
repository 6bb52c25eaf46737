"""What models cost: whole micro-dollars for a million tokens, from a table with a date and from the settings, which win."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

MICRO: Final = 1_000_000
"""Micro-dollars of a dollar, and tokens that a price is for."""
_TABLE: Final = Path(__file__).with_name("prices.json")
_DATED: Final = re.compile(r"[-@](?:20\d{6}|20\d\d-\d\d-\d\d|latest)$")


@dataclass(frozen=True, slots=True)
class Price:
    """Micro-dollars for a million tokens, of calls with at least `start` tokens of input.

    Attributes:
        start: From so many tokens of input on.
        input: Of the prompt.
        output: Of the answer.
        cached: Of what is read from the provider's cache.
        written: Of what is written to it.
    """

    start: int
    input: int
    output: int
    cached: int
    written: int


@dataclass(frozen=True, slots=True)
class Prices:
    """Of one model, by the size of the prompt; ascending, the first from 0."""

    rows: tuple[Price, ...]

    def cost(self, input: int, output: int, cached: int = 0, written: int = 0) -> int:  # noqa: A002
        """Return the micro-dollars of a call, rounded up; `cached` and `written` are part of `input`."""
        price = self._of(input)
        plain = max(input - cached - written, 0)
        total = plain * price.input + cached * price.cached + written * price.written + output * price.output
        return -(-total // MICRO)

    def most(self, input: int, output: int) -> int:  # noqa: A002
        """Return the micro-dollars that a call with so many tokens costs at most, whatever the provider's cache does."""
        price = self._of(input)
        return -(-(input * max(price.input, price.cached, price.written) + output * price.output) // MICRO)

    def _of(self, tokens: int) -> Price:
        return next(price for price in reversed(self.rows) if price.start <= tokens)


class PriceList:
    """Finds the price of a model.

    Args:
        own: Prices of the settings, by provider and model.
    """

    def __init__(self, own: Mapping[tuple[str, str], Prices] | None = None) -> None:
        self._own = {(provider, model.lower()): prices for (provider, model), prices in (own or {}).items()}

    def find(self, provider: str, model: str) -> Prices | None:
        """Return what a model costs; None where neither settings nor table know."""
        name = model.lower()
        return self._own.get((provider, name)) or find_in_table(provider, name)


def build_prices(given: Mapping[str, float]) -> Prices:
    """Return the price of a model from the settings: dollars for a million tokens.

    Args:
        given: `input` and `output`; `cached` and `written`, where absent, cost what input costs.
    """
    plain = _micro(given["input"])
    cached, written = (_micro(given[name]) if name in given else plain for name in ("cached", "written"))
    return Prices((Price(0, plain, _micro(given["output"]), cached, written),))


def find_in_table(provider: str, model: str) -> Prices | None:
    """Return the price of a model by its name, or by its name without a date behind it."""
    table = _load().get(provider)
    if table is None:
        return None
    bare = _DATED.sub("", model)
    for name in dict.fromkeys((model, bare)):
        found = table.get(f"={name}")
        if found is not None:
            return found
    best = [pattern for pattern in table if _fits(pattern, model)]
    return table[max(best, key=len)] if best else None


def read_date() -> str:
    """Return the day of the table."""
    return str(_read()["date"])


def _fits(pattern: str, model: str) -> bool:
    sign, words = pattern[0], pattern[1:]
    return (sign == "^" and model.startswith(words)) or (sign == "*" and words in model)


@cache
def _load() -> dict[str, dict[str, Prices]]:
    return {
        provider: {pattern: Prices(tuple(Price(*row) for row in rows)) for pattern, rows in models.items()}
        for provider, models in _read()["providers"].items()
    }


@cache
def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return found


def _micro(dollars: float) -> int:
    return round(dollars * MICRO)
