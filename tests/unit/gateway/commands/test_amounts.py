"""What stands behind /budget."""

from __future__ import annotations

import pytest

from agent_gateway.commands.amounts import Wish, parse_wish
from agent_gateway.store.spending import Amount, Scope


@pytest.mark.parametrize(
    ("args", "wish"),
    [
        ("turn 0.50", Wish(Scope.TURN, Amount(500_000))),
        ("turn 0,50", Wish(Scope.TURN, Amount(500_000))),
        ("day $20", Wish(Scope.DAY, Amount(20_000_000))),
        ("person 200k", Wish(Scope.PERSON, Amount(None, 200_000))),
        ("person 200k tokens", Wish(Scope.PERSON, Amount(None, 200_000))),
        ("person 900 tokens", Wish(Scope.PERSON, Amount(None, 900))),
        ("class 5 1.5m", Wish(Scope.CLASS, Amount(5_000_000, 1_500_000))),
        ("here 3", Wish(Scope.THREAD, Amount(3_000_000), here=True)),
        ("HERE off", Wish(Scope.THREAD, Amount(), here=True)),
        ("thread default", Wish(Scope.THREAD, None)),
        ("day 0", Wish(Scope.DAY, Amount(0))),
    ],
)
def test_what_is_clear_is_taken(args, wish):
    assert parse_wish(args) == wish


@pytest.mark.parametrize(
    "args",
    [
        "turn",
        "5",
        "turn five",
        "turn 5 6",
        "turn 1k 2k",
        "week 5",
        "turn -5",
        "turn 9999999999",
        "turn off 5",
        "turn tokens",
    ],
)
def test_what_is_not_clear_is_not_guessed(args):
    assert parse_wish(args) is None
