"""Where a call goes, with which key, and what is said where there is none."""

from __future__ import annotations

import pytest

from agent_gateway.models.errors import Refusal
from agent_gateway.models.providers import Keys, ModelId, Providers, build_provider


@pytest.mark.parametrize(
    ("name", "url", "own", "base"),
    [
        ("zai", "", "zai", "https://api.z.ai/api/coding/paas/v4"),
        ("moonshot", "", "moonshotai", "https://api.moonshot.ai/v1"),
        ("Moonshotai ", "", "moonshotai", "https://api.moonshot.ai/v1"),
        ("zai", "https://api.z.ai/api/paas/v4/", "zai", "https://api.z.ai/api/paas/v4"),
        ("mine", "http://model.svc:8082/v1", "mine", "http://model.svc:8082/v1"),
    ],
)
def test_a_provider_has_its_base_url(name, url, own, base):
    provider = build_provider(name, url, Keys("k"))
    assert (provider.name, provider.base_url) == (own, base)


def test_an_unknown_provider_without_url_says_what_to_set():
    with pytest.raises(ValueError, match=r"'mine'.*moonshotai.*zai.*LLM_BASE_URL"):
        build_provider("mine", "", Keys("k"))


@pytest.mark.parametrize("url", ["ftp://x/y", "https://", "https://user:pw@host/", "https://host/?key=1", "api.z.ai"])
def test_a_malformed_url_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match="LLM_BASE_URL") as error:
        build_provider("zai", url, Keys("k"))
    assert "pw" not in str(error.value)


def test_a_key_file_is_read_again_when_it_changes(tmp_path):
    file = tmp_path / "key"
    file.write_text("one\n")
    keys = Keys(path=file)
    assert keys.read() == "one"
    # As the kubelet does it: a link is put in the place of the old one.
    other = tmp_path / "other"
    other.write_text("two")
    other.replace(file)
    assert keys.read() == "two"
    file.unlink()
    assert keys.read() == ""
    file.write_text("three")
    assert keys.read() == "three"


def test_only_the_configured_provider_has_the_key():
    providers = Providers(build_provider("moonshot", "", Keys("secret")))
    assert providers.find("moonshot")[1] == "secret"
    with pytest.raises(Refusal) as refusal:
        providers.find("zai")
    assert (refusal.value.status, refusal.value.type) == (401, "missing_key")
    assert "LLM_PROVIDER is moonshotai" in refusal.value.message


@pytest.mark.parametrize("name", ["nobody", "", "../zai", "x" * 500])
def test_an_unknown_provider_is_404_with_the_known_names(name):
    providers = Providers(build_provider("mine", "http://h/v1", Keys("secret")))
    with pytest.raises(Refusal) as refusal:
        providers.find(name)
    assert refusal.value.status == 404
    assert "may be mine." in refusal.value.message
    assert len(refusal.value.message) < 200


@pytest.mark.parametrize(
    ("name", "url", "api", "base"),
    [
        ("anthropic", "", "anthropic-messages", "https://api.anthropic.com"),
        ("openai", "", "openai-responses", "https://api.openai.com/v1"),
        ("google", "", "google-generative-ai", "https://generativelanguage.googleapis.com/v1beta"),
        ("openai", "http://h/v1", "openai-completions", "http://h/v1"),
        ("mine", "http://h/v1", "openai-completions", "http://h/v1"),
    ],
)
def test_a_provider_speaks_what_pi_knows_of_it_at_its_own_address(name, url, api, base):
    provider = build_provider(name, url, Keys("k"))
    assert (provider.api, provider.base_url) == (api, base)


def test_the_path_of_messages_brings_its_version_along():
    assert build_provider("m", "http://h/v1/", Keys("k"), api="anthropic-messages").base_url == "http://h"


def two(**more):
    first = build_provider("zai", "", Keys("one"), models=["glm", "", "glm", "air"])
    second = build_provider("other", "http://h/v1", Keys("two"), models=["glm", "deep/seek"])
    return Providers(first, second, **more)


def test_each_provider_has_its_own_key():
    providers = two()
    assert [providers.find(name)[1] for name in ("zai", "other")] == ["one", "two"]


def test_models_are_chosen_by_name_and_by_provider_where_two_have_the_name():
    providers = two()
    assert providers.labels == ("zai/glm", "air", "other/glm", "deep/seek")
    assert providers.resolve("other/glm") == ModelId("other", "glm")
    assert providers.resolve("deep/seek") == ModelId("other", "deep/seek")
    assert providers.resolve("glm") == ModelId("zai", "glm")  # chosen before there was the other
    assert providers.resolve("zai/air") == ModelId("zai", "air")
    assert providers.resolve("gone") is None
    assert [providers.label(providers.resolve(label)) for label in providers.labels] == list(providers.labels)


def test_a_name_stands_for_one_provider():
    with pytest.raises(ValueError, match="a name of its own"):
        Providers(build_provider("zai", "", Keys("a")), build_provider("zai", "", Keys("b")))


def test_a_fallback_is_one_of_the_models():
    assert two(fallbacks=[ModelId("other", "glm")]).fallbacks == (ModelId("other", "glm"),)
    with pytest.raises(ValueError, match="LLM_FALLBACK_MODELS: nobody"):
        two(fallbacks=[ModelId("other", "nobody")])
