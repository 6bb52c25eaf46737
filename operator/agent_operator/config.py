"""Settings from the environment, all with the prefix `OPERATOR_`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from agent_contract import names
from agent_contract.terms import Thinking
from agent_operator.errors import ConfigError


class OperatorConfig(BaseSettings):
    """All settings of the operator."""

    model_config = SettingsConfigDict(env_prefix="OPERATOR_", extra="ignore", env_ignore_empty=True, frozen=True)

    namespace: Annotated[str, Field(min_length=1, description="Namespace of AgentThreads and agent pods.")]
    agent_image: Annotated[str, Field(min_length=1, description="Image of agents whose class names none.")]
    gateway_url: Annotated[str, Field(pattern=r"^https?://\S+$", description="Base URL of the gateway's runner port.")]
    image_pull_secrets: Annotated[list[str], Field(description="Names of pull Secrets, as a JSON list.")] = []
    service_account: Annotated[str, Field(description="ServiceAccount of agent pods.")] = names.AGENT_SERVICE_ACCOUNT
    default_provider: Annotated[str, Field(description="Provider where neither thread nor class names one.")] = ""
    default_model: Annotated[str, Field(description="Model where neither thread nor class names one.")] = ""
    default_thinking: Annotated[Thinking | None, Field(description="Thinking level where nobody names one.")] = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    health_port: Annotated[int, Field(ge=0, le=65535, description="Port of /healthz and /readyz.")] = 8080
    metrics_port: Annotated[int, Field(ge=0, le=65535, description="Port of /metrics.")] = 9090


def load_config(**overrides: Any) -> OperatorConfig:
    """Read the settings.

    Raises:
        ConfigError: one is missing or wrong; the text names each.
    """
    try:
        return OperatorConfig(**overrides)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        words = "; ".join(f"OPERATOR_{'_'.join(map(str, p['loc'])).upper()}: {p['msg']}" for p in problems)
        raise ConfigError(f"Settings that cannot be used: {words}") from error
    except SettingsError as error:
        # pydantic-settings reads JSON itself, and names the field in a sentence of its own
        raise ConfigError(
            "Settings that cannot be used: OPERATOR_IMAGE_PULL_SECRETS: must be a JSON list of names"
        ) from error
