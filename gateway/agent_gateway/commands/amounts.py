"""What an administrator writes behind `/budget`; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from agent_gateway.models.prices import MICRO
from agent_gateway.store.spending import Amount, Scope

OFF: Final = "off"
DEFAULT: Final = "default"
HERE: Final = "here"
_MONEY: Final = re.compile(r"\$?([0-9]{1,9}(?:[.,][0-9]{1,6})?)\$?")
_TOKENS: Final = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,3})?)([km])")
_SIZES: Final = {"k": 1_000, "m": 1_000_000}
_UNIT: Final = frozenset({"tokens", "token"})


@dataclass(frozen=True, slots=True)
class Wish:
    """A limit that is to stand.

    Attributes:
        scope: What it bounds.
        amount: How much; without money and tokens no limit; None for what the class or the settings say.
        here: Of this conversation alone.
    """

    scope: Scope
    amount: Amount | None
    here: bool = False


def parse_wish(args: str) -> Wish | None:
    """Return what `turn 0.50`, `day 20 2m tokens`, `here off` or `class default` asks for; None where it is not clear."""
    name, *words = args.lower().split()
    here = name == HERE
    if not words or (not here and name not in set(Scope)):
        return None
    scope = Scope.THREAD if here else Scope(name)
    if words == [DEFAULT]:
        return Wish(scope, None, here)
    amount = Amount() if words == [OFF] else _parse_amount(words)
    return None if amount is None else Wish(scope, amount, here)


def _parse_amount(words: list[str]) -> Amount | None:
    money: int | None = None
    tokens: int | None = None
    for place, word in enumerate(words):
        counted = place + 1 < len(words) and words[place + 1] in _UNIT
        sized, plain = _TOKENS.fullmatch(word), _MONEY.fullmatch(word)
        if word in _UNIT:
            continue
        if sized is not None and tokens is None:
            tokens = int(_number(sized[1]) * _SIZES[sized[2]])
        elif plain is not None and counted and tokens is None:
            tokens = int(_number(plain[1]))
        elif plain is not None and not counted and money is None:
            money = int(_number(plain[1]) * MICRO)
        else:
            return None
    return None if money is None and tokens is None else Amount(money, tokens)


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))
