"""Several providers from the environment."""

from __future__ import annotations

import json

import pytest

from agent_gateway.config import load_config
from agent_gateway.errors import ConfigError
from agent_gateway.models.gate import CallLimits
from agent_gateway.models.providers import ModelId
from agent_gateway.models.settings import build_call_limits, build_providers

LIST = [
    {"name": "anthropic", "apiKey": "two", "models": ["opus"]},
    {
        "name": "local", "api": "openai-responses", "baseUrl": "http://x/v1", "apiKeyFile": "/nowhere", "callsAtOnce": 3,
        "models": [{"name": "q", "contextWindow": 9000}],
    },
]  # fmt: skip


@pytest.fixture
def env(monkeypatch):
    monkeypatch.setenv("LLM_MODEL", "glm")
    monkeypatch.setenv("LLM_API_KEY", "one")
    monkeypatch.setenv("LLM_PROVIDERS", json.dumps(LIST))
    return monkeypatch.setenv


def test_providers_stand_beside_the_first(env):
    env("LLM_FALLBACK_MODELS", '[{"provider": "anthropic", "name": "opus"}, {"name": "glm"}]')
    config = load_config()
    found = build_providers(config)
    assert [(one.name, one.api, one.base_url, one.calls_at_once) for one in found.all] == [
        ("zai", "openai-completions", "https://api.z.ai/api/coding/paas/v4", 32),
        ("anthropic", "anthropic-messages", "https://api.anthropic.com", 32),
        ("local", "openai-responses", "http://x/v1", 3),
    ]
    assert [found.find(name)[1] for name in ("zai", "anthropic")] == ["one", "two"]
    assert found.labels == ("glm", "opus", "q")
    assert found.fallbacks == (ModelId("anthropic", "opus"), ModelId("zai", "glm"))
    assert build_call_limits(config) == CallLimits()


@pytest.mark.parametrize(
    "value", ["nonsense with-a-key", "{}", '[{"name": "x", "apiKey": "with-a-key", "odd": 1}]', '[{"name": "A B"}]']
)
def test_a_list_that_cannot_be_read_is_told_without_its_keys(env, value):
    env("LLM_PROVIDERS", value)
    with pytest.raises(ConfigError, match="LLM_PROVIDERS") as error:
        load_config()
    assert "with-a-key" not in str(error.value)


def test_a_provider_without_an_address_is_told(env):
    env("LLM_PROVIDERS", '[{"name": "mine", "models": ["a"]}]')
    with pytest.raises(ValueError, match="LLM_PROVIDERS: mine: Unknown provider"):
        build_providers(load_config())


def test_limits_are_read(env):
    for name, value in {"CALLS_AT_ONCE": 2, "CALLS_A_MINUTE": 9, "MAX_OUTPUT_TOKENS": 500}.items():
        env(f"LLM_{name}", str(value))
    assert build_call_limits(load_config()) == CallLimits(2, 9, 500)
