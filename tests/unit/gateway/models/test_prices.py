"""What models cost: the table, the settings before it, and whole numbers."""

from __future__ import annotations

import pytest

from agent_gateway.models.prices import PriceList, build_prices, find_in_table, read_date


def test_the_table_has_a_day_and_the_providers_that_the_proxy_knows():
    assert read_date() >= "2026-11-29"
    assert find_in_table("zai", "glm-5.3") is not None
    assert find_in_table("moonshotai", "kimi-k2.6") is not None


def test_a_price_of_the_settings_goes_before_the_table():
    own = PriceList({("zai", "GLM-5.3"): build_prices({"input": 1, "output": 2})})
    found = own.find("zai", "glm-5.3")
    assert found is not None
    assert found.cost(1_000_000, 1_000_000) == 3_000_000
    assert PriceList().find("zai", "glm-5.3").cost(1_000_000, 0) != 1_000_000


def test_an_unknown_model_has_no_price():
    assert PriceList().find("zai", "scripted") is None
    assert PriceList().find("nobody", "glm-5.3") is None


@pytest.mark.parametrize("name", ["claude-haiku-4-5-20260101", "claude-haiku-4-5", "CLAUDE-HAIKU-4-5"])
def test_a_name_is_found_with_and_without_its_date(name):
    assert PriceList().find("anthropic", name) == find_in_table("anthropic", "claude-haiku-4-5")


def test_what_came_from_a_cache_costs_less_and_what_was_written_more():
    prices = build_prices({"input": 3, "output": 15, "cached": 0.3, "written": 3.75})
    assert prices.cost(1000, 100) == 3000 + 1500
    assert prices.cost(1000, 100, cached=800, written=100) == 100 * 3 + 240 + 375 + 1500


def test_parts_of_a_micro_dollar_are_rounded_up():
    assert build_prices({"input": 0.1, "output": 0}).cost(1, 0) == 1
    assert build_prices({"input": 0, "output": 0}).cost(10**6, 10**6) == 0


def test_no_call_costs_more_than_the_most():
    prices = build_prices({"input": 3, "output": 15, "cached": 0.3, "written": 3.75})
    for cached, written in ((0, 0), (1000, 0), (0, 1000), (500, 500)):
        assert prices.cost(1000, 100, cached, written) <= prices.most(1000, 100)


def test_long_prompts_have_their_own_price():
    prices = find_in_table("anthropic", "claude-haiku-5-5")
    assert prices is not None
    assert prices.cost(100_000, 0) == 5 * prices.cost(99_999, 0)
