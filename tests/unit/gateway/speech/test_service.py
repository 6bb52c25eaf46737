"""Which transcription service the settings name."""

from __future__ import annotations

import pytest

from agent_gateway.models.providers import Keys, Provider
from agent_gateway.speech.service import build_service

ZAI = Provider("zai", "https://api.z.ai/api/coding/paas/v4", Keys("llm"))
MOONSHOT = Provider("moonshotai", "https://api.moonshot.ai/v1", Keys("llm"))


def build(provider="", base_url="", model="", key="", convert="auto", llm=ZAI):
    return build_service(provider, base_url, model, Keys(key), convert, llm)


def test_the_models_provider_hears_where_it_can():
    service = build()
    assert (service.name, service.base_url, service.model) == ("zai", "https://api.z.ai/api/paas/v4", "glm-asr-2512")
    assert (service.keys.read(), service.wav, service.takes_language) == ("llm", True, False)
    assert build(llm=MOONSHOT) is None
    assert build("none") is None
    china = Provider("zai", "https://open.bigmodel.cn/api/coding/paas/v4", Keys("llm"))
    assert build(llm=china).base_url == "https://open.bigmodel.cn/api/paas/v4"


def test_another_provider_has_a_key_of_its_own():
    service = build("groq", key="own")
    assert (service.base_url, service.model) == ("https://api.groq.com/openai/v1", "whisper-large-v3-turbo")
    assert (service.keys.read(), service.wav, service.takes_language) == ("own", False, True)
    assert build("openai").keys.read() == "", "the model's key goes to nobody else"
    assert build("zai", key="own").keys.read() == "own"


def test_any_service_by_its_address():
    service = build("mine", "http://whisper.local:8000/v1/", "small", convert="wav", llm=MOONSHOT)
    assert (service.base_url, service.model, service.wav) == ("http://whisper.local:8000/v1", "small", True)
    assert build("zai", convert="never").wav is False


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"provider": "mine"}, "SPEECH_PROVIDER 'mine'.*groq.*SPEECH_BASE_URL"),
        ({"provider": "mine", "base_url": "http://a.b/v1"}, "SPEECH_MODEL"),
        ({"provider": "groq", "base_url": "a.b"}, "SPEECH_BASE_URL"),
        ({"provider": "groq", "base_url": "https://me@a.b"}, "SPEECH_BASE_URL"),
    ],
)
def test_what_cannot_be_used_is_told(settings, words):
    with pytest.raises(ValueError, match=words):
        build(**settings)
