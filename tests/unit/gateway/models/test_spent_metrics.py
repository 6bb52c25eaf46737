"""What is counted of money: by provider, model and class, in bounded numbers, of nobody by name."""

from __future__ import annotations

from prometheus_client import REGISTRY

from agent_gateway.models.metrics import MOST_LABELS, SPENT, count_spent


def value(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_money_and_tokens_are_counted_by_provider_model_and_class():
    labels = {"provider": "p1", "model": "m1", "class": "c1"}
    count_spent("p1", "m1", "c1", 1_500_000, 30, estimated=False)
    count_spent("p1", "m1", "c1", 500_000, 12, estimated=True)
    assert value("openclaw_llm_spent_dollars_total", **labels) == 2.0
    assert value("openclaw_llm_settled_tokens_total", **labels, estimated="false") == 30
    assert value("openclaw_llm_settled_tokens_total", **labels, estimated="true") == 12


def test_models_beyond_the_bound_are_counted_together():
    for number in range(MOST_LABELS + 50):
        count_spent("p2", f"m{number}", "c2", 1, 1, estimated=False)
    assert len(next(iter(SPENT.collect())).samples) <= 2 * (MOST_LABELS + 2)
    assert value("openclaw_llm_spent_dollars_total", provider="p2", model="other", **{"class": "other"}) > 0
