"""Where a model call goes and with which key."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from agent_gateway.models.errors import Refusal

log = logging.getLogger(__name__)

BASE_URLS: Final[Mapping[str, str]] = {
    "zai": "https://api.z.ai/api/coding/paas/v4",
    "moonshotai": "https://api.moonshot.ai/v1",
}
ALIASES: Final[Mapping[str, str]] = {"moonshot": "moonshotai"}


class Keys:
    """The API key: a value, or a file that is read again whenever it changes (a Secret changed in place)."""

    def __init__(self, value: str = "", path: Path | None = None) -> None:
        self._value = value.strip()
        self._path = path
        self._mark: tuple[int, int, int] | None = None

    def read(self) -> str:
        """Return the key as it stands now; empty if there is none."""
        if self._path is None:
            return self._value
        try:
            stat = self._path.stat()
            mark = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
            if mark != self._mark:
                self._value = self._path.read_text(encoding="utf-8").strip()
                self._mark = mark
        except (OSError, UnicodeDecodeError) as error:
            log.warning("llm_key_unreadable", extra={"path": str(self._path), "error": type(error).__name__})
            self._value, self._mark = "", None
        return self._value


@dataclass(frozen=True, slots=True)
class Provider:
    """One model API. `base_url` has no slash at its end."""

    name: str
    base_url: str
    keys: Keys

    @property
    def host(self) -> str:
        """Return the host, for messages."""
        return urlsplit(self.base_url).netloc


def compute_name(name: str) -> str:
    """Return a provider's own name for any of its names."""
    lowered = name.strip().lower()
    return ALIASES.get(lowered, lowered)


def build_provider(name: str, base_url: str, keys: Keys) -> Provider:
    """Return the provider of the gateway's settings.

    Raises ValueError with a sentence for a name without a known or given base URL, and for a URL that is none.
    """
    own = compute_name(name)
    url = (base_url.strip() or BASE_URLS.get(own, "")).rstrip("/")
    if not url:
        known = ", ".join(sorted(BASE_URLS))
        raise ValueError(
            f"Unknown LLM_PROVIDER {own!r}: use {known}, or set LLM_BASE_URL to its OpenAI-compatible API."
        )
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("LLM_BASE_URL must look like https://host/path, without user, query or fragment.")
    return Provider(own, url, keys)


class Providers:
    """The configured provider, by the names that agents use for it."""

    def __init__(self, provider: Provider) -> None:
        self.configured = provider

    def find(self, name: str) -> tuple[Provider, str]:
        """Return the provider of that name and its key as it stands.

        Raises Refusal: 404 for a name that nobody knows, 401 where this gateway has no key for it.
        """
        own = compute_name(name)
        configured = self.configured
        if own != configured.name and own not in BASE_URLS:
            known = ", ".join(sorted({configured.name, *BASE_URLS}))
            raise Refusal(404, "unknown_provider", f"Unknown provider {own[:64]!r}: LLM_PROVIDER may be {known}.")
        key = configured.keys.read() if own == configured.name else ""
        if not key:
            raise Refusal(401, "missing_key", _missing(own, configured.name))
        return configured, key


def _missing(own: str, configured: str) -> str:
    sentence = f"No API key for provider {own} is set in the gateway's Secret."
    if own != configured:
        return f"{sentence} Its LLM_PROVIDER is {configured}: name that one in the AgentClass or thread."
    return f"{sentence} Set LLM_API_KEY (llm.apiKey of the chart, or the Secret it names); no restart is needed."
