"""The providers of the gateway's settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from agent_contract.agentclass import FallbackModel
from agent_contract.modelcards import ProviderCard
from agent_contract.providers import BUILT_IN, Api
from agent_gateway.models.gate import CallLimits
from agent_gateway.models.providers import Keys, ModelId, Provider, Providers, build_provider, compute_name

if TYPE_CHECKING:
    from agent_gateway.config import GatewayConfig

DEFAULT_CALLS: Final = 32
"""Calls to a provider at once, of all runs."""


class ModelPrice(BaseModel):
    """What a model costs, in dollars for a million tokens; what is read from or written to a cache as input where absent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Annotated[float, Field(ge=0, le=100_000)]
    output: Annotated[float, Field(ge=0, le=100_000)]
    cached: Annotated[float, Field(ge=0, le=100_000)] | None = None
    written: Annotated[float, Field(ge=0, le=100_000)] | None = None


class ProviderSettings(ProviderCard):
    """One of `LLM_PROVIDERS`."""

    model_config = ConfigDict(extra="forbid")

    api_key: SecretStr = SecretStr("")
    """Its key."""
    api_key_file: Path | None = None
    """File that holds its key; it wins, and is read again when it changes."""
    calls_at_once: Annotated[int, Field(ge=1, le=1000)] = DEFAULT_CALLS
    """The most calls that go out to it at a time, of all runs."""


def build_providers(config: GatewayConfig) -> Providers:
    """Read the settings of the models' providers.

    Raises:
        ValueError: a provider is unknown or its URL is none; the text says which setting.
    """
    first = build_provider(
        config.llm_provider,
        config.llm_base_url,
        Keys(config.llm_api_key.get_secret_value(), config.llm_api_key_file),
        api=config.llm_api,
        models=(config.llm_model, *config.llm_models),
        calls_at_once=config.llm_provider_calls_at_once,
    )
    others = [_build(settings) for settings in config.llm_providers]
    fallbacks = [_find_fallback(model, first) for model in config.llm_fallback_models]
    return Providers(first, *others, fallbacks=fallbacks)


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What the settings say of the models of runs, as the operator reads it from its own.

    Attributes:
        default_provider: Provider where neither thread nor class names one.
        default_model: Model likewise.
        default_api: What that provider speaks.
        providers: Further providers.
        default_thinking: Not known here: a run thinks as its pod was started to.
        fallback_models: Likewise.
    """

    default_provider: str
    default_model: str
    default_api: Api | None
    providers: Sequence[ProviderCard]
    default_thinking: str | None = None
    fallback_models: Sequence[FallbackModel] = ()


def build_run_settings(config: GatewayConfig) -> RunSettings:
    """Read what the settings say of the models of runs."""
    provider = compute_name(config.llm_provider)
    return RunSettings(provider, config.llm_model, config.llm_api, tuple(config.llm_providers))


def build_call_limits(config: GatewayConfig) -> CallLimits:
    """Read what one run may do."""
    return CallLimits(config.llm_calls_at_once, config.llm_calls_a_minute, config.llm_max_output_tokens)


def _build(settings: ProviderSettings) -> Provider:
    api: Api | None = settings.api or BUILT_IN.get(settings.name)
    try:
        return build_provider(
            settings.name,
            settings.base_url,
            Keys(settings.api_key.get_secret_value(), settings.api_key_file),
            api=api,
            models=[card.name for card in settings.models],
            calls_at_once=settings.calls_at_once,
        )
    except ValueError as error:
        words = str(error).replace("LLM_PROVIDER ", "provider ").replace("LLM_BASE_URL", "its baseUrl")
        raise ValueError(f"LLM_PROVIDERS: {settings.name}: {words}") from error


def _find_fallback(model: FallbackModel, first: Provider) -> ModelId:
    return ModelId(compute_name(model.provider) if model.provider else first.name, model.name)
