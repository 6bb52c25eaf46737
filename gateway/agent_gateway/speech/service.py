"""Which transcription service is asked, with which key, and what it takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from agent_gateway.models.providers import Keys, Provider, compute_name

NONE: Final = "none"
"""Name of a provider that switches speech off where the model's provider could hear."""
PIECE_SECONDS: Final = 29.0
"""GLM-ASR takes at most 30 s at once."""
Convert = Literal["auto", "wav", "never"]


@dataclass(frozen=True, slots=True)
class _Known:
    base_url: str
    model: str
    language: bool = True
    prompt: bool = True
    wav: bool = False


_KNOWN: Final[Mapping[str, _Known]] = {
    "zai": _Known("https://api.z.ai/api/paas/v4", "glm-asr-2512", language=False, wav=True),
    "openai": _Known("https://api.openai.com/v1", "gpt-transcribe"),
    "groq": _Known("https://api.groq.com/openai/v1", "whisper-large-v3-turbo"),
    "mistral": _Known("https://api.mistral.ai/v1", "voxtral-mini-transcribe-3", prompt=False),
    "siliconflow": _Known("https://api.siliconflow.cn/v1", "FunAudioLLM/SenseVoiceSmall", language=False, prompt=False),
}
_IN_CHINA: Final = "open.bigmodel.cn"
"""The address at which Z.AI serves China; its keys are others."""


@dataclass(frozen=True, slots=True)
class Service:
    """One OpenAI-compatible transcription service.

    Attributes:
        name: As the settings call it.
        base_url: Without a slash at its end.
        model: What it is asked for.
        keys: Its key.
        takes_language: Whether it takes a hint of the language.
        takes_prompt: Whether it takes what was said before.
        wav: Whether it takes WAV alone, in pieces.
    """

    name: str
    base_url: str
    model: str
    keys: Keys
    takes_language: bool
    takes_prompt: bool
    wav: bool


def build_service(
    provider: str, base_url: str, model: str, keys: Keys, convert: Convert, llm: Provider
) -> Service | None:
    """Return the service of the settings; None where there is none.

    Args:
        provider: One of the known names, or any with a `base_url`; empty: the model's provider, where that can hear;
            `none`: no service.
        base_url: Its API, where it is not the provider's own.
        model: Empty: the provider's own.
        keys: Its key; where it has none and the provider is the model's, that one's.
        convert: `wav`: always in pieces of WAV; `never`: as it came; `auto`: as the provider needs it.
        llm: The model's provider.

    Raises:
        ValueError: The provider is unknown, or its address is none; the text says which setting.
    """
    name = compute_name(provider)
    if name == NONE or (not name and llm.name not in _KNOWN and not base_url.strip()):
        return None
    name = name or llm.name
    known = _KNOWN.get(name)
    url = (base_url.strip() or (_find_address(name, known, llm) if known else "")).rstrip("/")
    if not url:
        names = ", ".join(sorted(_KNOWN))
        raise ValueError(f"Unknown SPEECH_PROVIDER {name!r}: use {names}, {NONE}, or set SPEECH_BASE_URL to its API.")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("SPEECH_BASE_URL must look like https://host/path, without user, query or fragment.")
    own_model = model.strip() or (known.model if known else "")
    if not own_model:
        raise ValueError(f"SPEECH_MODEL is needed for the provider {name!r}.")
    wav = convert == "wav" or (convert == "auto" and known is not None and known.wav)
    return Service(
        name, url, own_model, keys if not keys.is_empty or name != llm.name else llm.keys,
        known.language if known else True, known.prompt if known else True, wav,
    )  # fmt: skip


def _find_address(name: str, known: _Known, llm: Provider) -> str:
    if name == llm.name == "zai" and urlsplit(llm.base_url).hostname == _IN_CHINA:
        return known.base_url.replace("api.z.ai", _IN_CHINA)
    return known.base_url
