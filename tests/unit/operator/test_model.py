"""Which model a run talks to, and what its runner is told of it."""

from __future__ import annotations

from agent_contract.modelcards import ProviderCard
from agent_operator.builders.job import build_thread_work
from agent_operator.builders.model import Model, choose_fallbacks, choose_model
from agent_operator.config import OperatorConfig
from tests.support.operator import make_class, make_config, make_thread

CARDS = [
    {"name": "anthropic", "models": ["opus", {"name": "haiku", "images": True, "maxTokens": 4096}]},
    {"name": "mine", "api": "openai-responses", "models": [{"name": "r", "reasoning": True, "contextWindow": 9000}]},
]


def config(**more):
    return make_config(providers=[ProviderCard.model_validate(card) for card in CARDS], **more)


def test_what_the_settings_say_of_a_model_reaches_its_runner():
    own = {"provider": "anthropic", "name": "haiku"}
    of_class = {"provider": "zai", "name": "glm", "images": False, "maxTokens": 9999}
    found = choose_model(make_thread(1, model=own).spec.model, make_class(model=of_class).spec, config())
    assert found == Model("anthropic", "haiku", None, True, 4096, None, "anthropic-messages")
    own = {"provider": "mine", "name": "r"}
    found = choose_model(make_thread(1, model=own).spec.model, make_class().spec, config())
    assert found == Model("mine", "r", context_window=9000, api="openai-responses", reasoning=True)


def test_the_first_provider_speaks_what_the_settings_say():
    assert choose_model(None, make_class().spec, config(default_api="anthropic-messages")).api == "anthropic-messages"
    other = make_class(model={"provider": "other", "name": "x"}).spec
    assert choose_model(None, other, config(default_api="anthropic-messages")).api is None


def test_a_classs_fallbacks_take_the_place_of_the_settings():
    first = Model("zai", "glm-5", "high")
    settings = config(fallback_models=[{"provider": "mine", "name": "r"}, {"name": "glm-5"}])
    assert [(one.provider, one.name) for one in choose_fallbacks(first, make_class().spec, settings)] == [("mine", "r")]
    own = make_class(fallbackModels=[{"provider": "anthropic", "name": "opus"}, {"name": "air"}]).spec
    found = choose_fallbacks(first, own, settings)
    assert [(one.provider, one.name, one.thinking) for one in found] == [
        ("anthropic", "opus", "high"), ("zai", "air", "high"),
    ]  # fmt: skip
    assert choose_fallbacks(first, make_class().spec, config()) == ()


def test_the_runner_is_told_all_of_them():
    spec = make_class(fallbackModels=[{"provider": "mine", "name": "r"}]).spec
    model = choose_model(None, spec, config())
    runner = build_thread_work(make_thread(1), 1, spec, model, config()).runner
    told = runner.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert told["fallbacks"] == [
        {
            "provider": "mine",
            "model": "r",
            "api": "openai-responses",
            "reasoning": True,
            "images": False,
            "contextWindow": 9000,
        }
    ]
    assert "api" not in told


def test_providers_are_read_from_the_environment(monkeypatch):
    for name, value in {"NAMESPACE": "a", "AGENT_IMAGE": "i", "GATEWAY_URL": "http://g"}.items():
        monkeypatch.setenv(f"OPERATOR_{name}", value)
    monkeypatch.setenv(
        "OPERATOR_PROVIDERS", '[{"name": "mine", "models": ["a"], "baseUrl": "http://x", "callsAtOnce": 3}]'
    )
    monkeypatch.setenv("OPERATOR_FALLBACK_MODELS", '[{"name": "a", "provider": "mine"}]')
    found = OperatorConfig()
    assert [(one.name, [card.name for card in one.models]) for one in found.providers] == [("mine", ["a"])]
    assert found.fallback_models[0].provider == "mine"
