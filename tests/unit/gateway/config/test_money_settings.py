"""Prices and budgets of the settings."""

from __future__ import annotations

import pytest

from agent_gateway.config import load_config
from agent_gateway.errors import ConfigError
from agent_gateway.models.money import build_own_prices


def test_prices_and_budgets_are_read_as_json(monkeypatch):
    monkeypatch.setenv("LLM_PRICES", '{"moonshot/kimi": {"input": 1.5, "output": 2}}')
    monkeypatch.setenv("BUDGETS", '{"turn": {}, "day": {"money": "20.50", "tokens": 1000}}')
    config = load_config()
    prices = build_own_prices(config)[("moonshotai", "kimi")]
    assert prices.cost(1_000_000, 1_000_000) == 3_500_000
    assert (config.budgets["day"].micro, config.budgets["day"].tokens) == (20_500_000, 1000)
    assert config.budgets["turn"].micro is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LLM_PRICES", '{"kimi": {"input": -1, "output": 2}}'),
        ("LLM_PRICES", '{"a/kimi": {"input": 1}}'),
        ("LLM_PRICES", '{"a/kimi": {"input": 1, "output": 1, "more": 1}}'),
        ("BUDGETS", '{"week": {"money": "1"}}'),
        ("BUDGETS", '{"day": {"money": "-1"}}'),
        ("BUDGETS", '{"day": {"money": "1e9"}}'),
    ],
)
def test_what_cannot_be_used_is_told(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name):
        load_config()


def test_a_price_without_a_provider_is_told(monkeypatch):
    monkeypatch.setenv("LLM_PRICES", '{"kimi": {"input": 1, "output": 2}}')
    with pytest.raises(ConfigError, match="provider/model"):
        build_own_prices(load_config())
