"""What the settings say of model providers that is no secret: gateway and operator read the same."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator

from agent_contract.agentclass import ModelName, ProviderName
from agent_contract.base import Wire
from agent_contract.providers import Api


class ModelCard(Wire):
    """A model of a provider; what is absent is as pi knows it, or as the AgentClass says."""

    name: ModelName
    """As its provider knows it."""
    images: bool | None = None
    """Whether it sees pictures."""
    reasoning: bool | None = None
    """Whether it thinks."""
    max_tokens: Annotated[int, Field(ge=16, le=1_000_000)] | None = None
    """How many tokens it may write in one message."""
    context_window: Annotated[int, Field(ge=1024, le=100_000_000)] | None = None
    """How many tokens it reads at once."""


class ProviderCard(Wire):
    """A provider besides the first one."""

    name: ProviderName
    api: Api | None = None
    """What it speaks; absent means as pi knows it, or chat completions."""
    base_url: Annotated[str, Field(max_length=2048)] = ""
    """Its API, where it is not the provider's own."""
    models: Annotated[list[ModelCard], Field(max_length=64)] = []
    """Models that people may choose with /model, and that every run may call."""

    @field_validator("models", mode="before")
    @classmethod
    def _name_alone(cls, value: Any) -> Any:
        """Take a model's name for a card with nothing else on it."""
        if not isinstance(value, list):
            return value
        return [{"name": one} if isinstance(one, str) else one for one in value]
