"""Which model a run talks to, and which ones where that fails; pure. Operator and gateway choose alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_contract.agentclass import FallbackModel
from agent_contract.modelcards import ModelCard, ProviderCard
from agent_contract.providers import BUILT_IN, Api


class Named(Protocol):
    """A model as a class or a thread names it."""

    @property
    def provider(self) -> str | None:
        """Its provider's name."""

    @property
    def name(self) -> str | None:
        """As its provider knows it."""

    @property
    def thinking(self) -> str | None:
        """How much it thinks."""

    @property
    def images(self) -> bool | None:
        """Whether it sees them."""

    @property
    def max_tokens(self) -> int | None:
        """How many tokens it may write at once."""

    @property
    def context_window(self) -> int | None:
        """How many tokens it reads."""


class ClassModels(Protocol):
    """What a class says of models."""

    @property
    def model(self) -> Named:
        """The first one."""

    @property
    def fallback_models(self) -> Sequence[FallbackModel]:
        """Those that answer where it cannot."""


class ModelSettings(Protocol):
    """What the settings say of models."""

    @property
    def default_provider(self) -> str:
        """Provider where neither thread nor class names one; empty for none."""

    @property
    def default_model(self) -> str:
        """Model likewise."""

    @property
    def default_thinking(self) -> str | None:
        """Thinking likewise."""

    @property
    def default_api(self) -> Api | None:
        """What that provider speaks."""

    @property
    def providers(self) -> Sequence[ProviderCard]:
        """Further providers."""

    @property
    def fallback_models(self) -> Sequence[FallbackModel]:
        """Models for where the first fails and the class names none."""


@dataclass(frozen=True, slots=True)
class Model:
    """The model that a run talks to, all of it known.

    Attributes:
        provider: Its provider's name.
        name: As its provider knows it.
        thinking: How much it thinks.
        images: It sees them.
        max_tokens: How many tokens it may write at once; None means pi's file's default.
        context_window: How many tokens it reads; None likewise.
        api: What its provider speaks; None means as pi knows it.
        reasoning: Whether it can think; None means that it does where a level is named.
    """

    provider: str
    name: str
    thinking: str | None = None
    images: bool = False
    max_tokens: int | None = None
    context_window: int | None = None
    api: Api | None = None
    reasoning: bool | None = None


def choose_model(own: Named | None, spec: ClassModels, config: ModelSettings) -> Model | None:
    """Choose the model: the thread's own before the class's before the settings'; None where nobody names one.

    A provider that is named beside no model does not take another provider's model. What the settings say of the model
    goes before what the class says, which may be another's.
    """
    of_class = spec.model
    sources = [
        (own.provider, own.name, own.thinking) if own else (None, None, None),
        (of_class.provider, of_class.name, of_class.thinking),
        (config.default_provider or None, config.default_model or None, config.default_thinking),
    ]
    provider = next((p for p, _, _ in sources if p), None)
    name = next((n for p, n, _ in sources if n and p in {None, provider}), None)
    thinking = next((t for _, _, t in sources if t), None)
    if not provider or not name:
        return None
    card = find_card(provider, name, config)
    told = [m for m in (own, card or of_class) if m is not None]
    images = next((m.images for m in told if m.images is not None), False)
    most = next((m.max_tokens for m in told if m.max_tokens is not None), None)
    window = next((m.context_window for m in told if m.context_window is not None), None)
    reasoning = card.reasoning if card is not None else None
    return Model(provider, name, thinking, images, most, window, find_api(provider, config), reasoning)


def choose_fallbacks(first: Model, spec: ClassModels, config: ModelSettings) -> tuple[Model, ...]:
    """Choose the models that answer where the first one cannot: the class's, or else the settings'."""
    found: dict[tuple[str, str], Model] = {}
    for one in spec.fallback_models or config.fallback_models:
        of_class = spec.model.provider if spec.fallback_models else None
        provider = one.provider or of_class or config.default_provider
        if not provider or (provider, one.name) == (first.provider, first.name):
            continue
        card = find_card(provider, one.name, config) or ModelCard(name=one.name)
        found[provider, one.name] = Model(
            provider, one.name, first.thinking, bool(card.images), card.max_tokens, card.context_window,
            find_api(provider, config), card.reasoning,
        )  # fmt: skip
    return tuple(found.values())


def find_card(provider: str, name: str, config: ModelSettings) -> ModelCard | None:
    """Return what the settings say of a model; None where they name it not."""
    cards = (card for one in config.providers if one.name == provider for card in one.models)
    return next((card for card in cards if card.name == name), None)


def find_api(provider: str, config: ModelSettings) -> Api | None:
    """Return what a provider speaks; None where pi knows it, or it is chat completions."""
    named = next((one for one in config.providers if one.name == provider), None)
    if named is not None:
        return named.api or BUILT_IN.get(provider)
    return config.default_api if provider == config.default_provider else None
