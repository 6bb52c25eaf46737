"""What a refused call says, and that the chat reads it again, whatever a client puts around it."""

from __future__ import annotations

from datetime import date

import pytest

from agent_gateway.models.meter import ModelCall
from agent_gateway.models.refusals import (
    build_busy,
    build_spent,
    build_unpriced,
    format_money,
    format_tokens,
    read_spent,
)
from agent_gateway.store.spending import Account, Amount, Scope


def account(scope=Scope.TURN, spent=(0, 0), most=(None, None)):
    return Account(scope, "1", date(2026, 11, 29), Amount(*spent), Amount(*most), Amount(*most))


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize(
    ("spent", "most", "used", "limit"),
    [
        ((3_000_000, 10), (5_000_000, None), "$3.00", "$5.00"),
        ((3_000_000, 123_456), (None, 200_000), "123.5k tokens", "200k tokens"),
        ((1_000_000, 1_900_000), (5_000_000, 2_000_000), "1.9M tokens", "2M tokens"),
        ((0, 0), (0, None), "$0.00", "$0.00"),
        ((400, 0), (500, None), "$0.0004", "$0.0005"),
    ],
)
@pytest.mark.parametrize("around", ["{}", "402 {}", 'g API error (402): {{"error": {{"message": "{}"}}}}'])
def test_what_is_told_is_read_again(scope, spent, most, used, limit, around):
    refused = build_spent(account(scope, spent, most))
    assert (refused.limit, refused.status) == (f"{scope}_budget", 402)
    found = read_spent(around.format(refused.message))
    assert found is not None
    assert (found.scope, found.used, found.limit) == (scope, used, limit)


def test_other_errors_are_no_spent_budget():
    call = ModelCall(1, 1, 1, "zai", "m", 10)
    for text in ("", "insufficient balance", build_busy(account()).message, build_unpriced(account(), call).message):
        assert read_spent(text) is None


def test_only_a_wait_may_be_tried_again():
    call = ModelCall(1, 1, 1, "zai", "m", 10)
    assert build_busy(account()).status == 429
    assert build_unpriced(account(), call).status == 402


@pytest.mark.parametrize(
    ("micro", "words"),
    [(0, "$0.00"), (1, "$0.0000"), (99_000, "$0.0990"), (100_000, "$0.10"), (12_345_678, "$12.35")],
)
def test_money_is_short(micro, words):
    assert format_money(micro) == words


@pytest.mark.parametrize(("tokens", "words"), [(0, "0"), (999, "999"), (1000, "1k"), (1_234_567, "1.2M")])
def test_tokens_are_short(tokens, words):
    assert format_tokens(tokens) == f"{words} tokens"


def test_long_foreign_text_is_read_in_no_time():
    assert read_spent("(turn_budget: " * 20_000) is None
    assert read_spent("(turn_budget: " + "9" * 200_000) is None
