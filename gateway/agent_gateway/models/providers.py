"""Where a model call goes and with which key."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from agent_contract.providers import BASE_URLS, BUILT_IN, COMPLETIONS, MESSAGES, Api
from agent_gateway.models.errors import Refusal

log = logging.getLogger(__name__)

ALIASES: Final[Mapping[str, str]] = {"moonshot": "moonshotai"}


class Keys:
    """The API key: a value, or a file that is read again whenever it changes (a Secret changed in place)."""

    def __init__(self, value: str = "", path: Path | None = None) -> None:
        self._value = value.strip()
        self._path = path
        self._mark: tuple[int, int, int] | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether there is neither a value nor a file."""
        return not self._value and self._path is None

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


class ModelId(NamedTuple):
    """A model, and whose it is."""

    provider: str
    name: str


@dataclass(frozen=True, slots=True)
class Provider:
    """One model API.

    Attributes:
        name: As settings, classes and threads call it.
        base_url: Without a slash at its end.
        keys: Its key.
        api: What it speaks.
        models: Those that people may choose and every run may call.
        calls_at_once: The most calls that go out at a time, of all runs.
    """

    name: str
    base_url: str
    keys: Keys
    api: Api = COMPLETIONS
    models: tuple[str, ...] = ()
    calls_at_once: int = 32

    @property
    def host(self) -> str:
        """Return the host, for messages."""
        return urlsplit(self.base_url).netloc


def compute_name(name: str) -> str:
    """Return a provider's own name for any of its names."""
    lowered = name.strip().lower()
    return ALIASES.get(lowered, lowered)


def build_provider(
    name: str,
    base_url: str,
    keys: Keys,
    *,
    api: Api | None = None,
    models: Sequence[str] = (),
    calls_at_once: int = 32,
) -> Provider:
    """Return a provider of the gateway's settings.

    Raises ValueError with a sentence for a name without a known or given base URL, and for a URL that is none.
    """
    own = compute_name(name)
    url = (base_url.strip() or BASE_URLS.get(own, "")).rstrip("/")
    if not url:
        known = ", ".join(sorted(BASE_URLS))
        raise ValueError(f"Unknown LLM_PROVIDER {own!r}: use {known}, or set LLM_BASE_URL to the address of its API.")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("LLM_BASE_URL must look like https://host/path, without user, query or fragment.")
    # what has an address of its own is some compatible API, unless it is said what it speaks
    spoken = api or (COMPLETIONS if base_url.strip() else BUILT_IN.get(own, COMPLETIONS))
    if spoken == MESSAGES:
        url = url.removesuffix("/v1")  # which the path brings along
    return Provider(own, url, keys, spoken, tuple(dict.fromkeys(name for name in models if name)), calls_at_once)


class Providers:
    """The providers of the settings, by the names that agents use for them.

    Args:
        configured: The one that is used where nobody names another.
        others: Further ones.
        fallbacks: Models that answer where a first one cannot and its class names none.

    Raises:
        ValueError: two have one name, or a fallback is none of the models.
    """

    def __init__(self, configured: Provider, *others: Provider, fallbacks: Sequence[ModelId] = ()) -> None:
        self.configured = configured
        self.all = (configured, *others)
        self.fallbacks = tuple(fallbacks)
        self._by_name = {provider.name: provider for provider in self.all}
        if len(self._by_name) != len(self.all):
            raise ValueError("LLM_PROVIDERS: each provider needs a name of its own, another than LLM_PROVIDER.")
        self.offered = frozenset(ModelId(provider.name, name) for provider in self.all for name in provider.models)
        if strange := next((model for model in self.fallbacks if model not in self.offered), None):
            raise ValueError(f"LLM_FALLBACK_MODELS: {strange.name} is none of the models of {strange.provider}.")
        self._labels = self._build_labels()

    @property
    def labels(self) -> tuple[str, ...]:
        """Return what people choose models by: names, with their provider where two have the same."""
        return tuple(self._labels)

    def resolve(self, label: str) -> ModelId | None:
        """Return the model that a person's choice stands for; None for one that is not offered."""
        return self._labels.get(label) or self._qualified(label)

    def label(self, model: ModelId) -> str:
        """Return what people see of a model."""
        return next((label for label, known in self._labels.items() if known == model), model.name)

    def find(self, name: str) -> tuple[Provider, str]:
        """Return the provider of that name and its key as it stands.

        Raises Refusal: 404 for a name that nobody knows, 401 where this gateway has no key for it.
        """
        own = compute_name(name)
        found = self._by_name.get(own)
        if found is None and own not in BASE_URLS:
            known = ", ".join(sorted(self._by_name))
            raise Refusal(404, "unknown_provider", f"Unknown provider {own[:64]!r}: LLM_PROVIDER may be {known}.")
        key = found.keys.read() if found is not None else ""
        if found is None or not key:
            raise Refusal(401, "missing_key", _missing(own, self.configured.name))
        return found, key

    def _build_labels(self) -> dict[str, ModelId]:
        names = [name for provider in self.all for name in provider.models]
        return {
            name if names.count(name) == 1 else f"{provider.name}/{name}": ModelId(provider.name, name)
            for provider in self.all
            for name in provider.models
        }

    def _qualified(self, label: str) -> ModelId | None:
        """Read a choice that was made when the settings were others: by its provider too, or by its name alone."""
        provider, _, name = label.partition("/")
        named = ModelId(provider, name)
        if named in self.offered:
            return named
        return next((model for model in self._labels.values() if model.name == label), None)


def _missing(own: str, configured: str) -> str:
    sentence = f"No API key for provider {own} is set in the gateway's Secret."
    if own != configured:
        return f"{sentence} Its LLM_PROVIDER is {configured}: name that one in the AgentClass or thread."
    return f"{sentence} Set LLM_API_KEY (llm.apiKey of the chart, or the Secret it names); no restart is needed."
