"""How model providers are spoken to, by pi and by the gateway. Plain words: it loads in no time."""

from __future__ import annotations

from typing import Final, Literal

Api = Literal["openai-completions", "openai-responses", "anthropic-messages", "google-generative-ai"]
"""What a provider speaks, by pi's own names."""

COMPLETIONS: Final = "openai-completions"
RESPONSES: Final = "openai-responses"
MESSAGES: Final = "anthropic-messages"
GOOGLE: Final = "google-generative-ai"

BUILT_IN: Final[dict[str, Api]] = {
    "zai": COMPLETIONS,
    "zai-coding-cn": COMPLETIONS,
    "moonshotai": COMPLETIONS,
    "moonshotai-cn": COMPLETIONS,
    "kimi-coding": COMPLETIONS,
    "deepseek": COMPLETIONS,
    "groq": COMPLETIONS,
    "cerebras": COMPLETIONS,
    "openai": RESPONSES,
    "xai": RESPONSES,
    "anthropic": MESSAGES,
    "minimax": MESSAGES,
    "google": GOOGLE,
}
"""Providers whose models pi knows itself (prices, windows, ways to think), with what they speak."""

BASE_URLS: Final[dict[str, str]] = {
    "zai": "https://api.z.ai/api/coding/paas/v4",
    "moonshotai": "https://api.moonshot.ai/v1",
    "kimi-coding": "https://api.kimi.com/coding/v1",
    "deepseek": "https://api.deepseek.com",
    "groq": "https://api.groq.com/openai/v1",
    "cerebras": "https://api.cerebras.ai/v1",
    "openai": "https://api.openai.com/v1",
    "xai": "https://api.x.ai/v1",
    "anthropic": "https://api.anthropic.com",
    "minimax": "https://api.minimax.io/anthropic",
    "google": "https://generativelanguage.googleapis.com/v1beta",
}
"""Their addresses, to which the path of a call is added."""
