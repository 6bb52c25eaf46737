"""Settings from the environment, all with the prefix `OPERATOR_`."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from agent_contract import names
from agent_contract.agentclass import FallbackModel
from agent_contract.modelcards import ProviderCard
from agent_contract.podtemplate import Ids
from agent_contract.providers import Api
from agent_contract.terms import Thinking
from agent_operator.errors import ConfigError

_LISTS: Final = {
    "image_pull_secrets": "names",
    "allowed_images": "names",
    "providers": "objects",
    "fallback_models": "objects",
}
"""Settings that are JSON lists, and of what."""


class OperatorConfig(BaseSettings):
    """All settings of the operator."""

    model_config = SettingsConfigDict(env_prefix="OPERATOR_", extra="ignore", env_ignore_empty=True, frozen=True)

    namespace: Annotated[str, Field(min_length=1, description="Namespace of AgentThreads and agent pods.")]
    bot: Annotated[
        str,
        Field(
            pattern=r"^([a-z]([-a-z0-9]*[a-z0-9])?)?$",
            max_length=16,
            description="Short name of the release's bot: others' resources are left alone. Empty: all are taken.",
        ),
    ] = ""
    release: Annotated[str, Field(description="Name of the release: classes of others get no conditions of us.")] = ""
    lease: Annotated[
        str, Field(description="Name of the Lease in that namespace by which one of several works. Empty: it is alone.")
    ] = ""
    pod: Annotated[str, Field(description="Name of our own pod, which holds the Lease.")] = ""
    agent_image: Annotated[str, Field(min_length=1, description="Image of agents whose class names none.")]
    gateway_url: Annotated[str, Field(pattern=r"^https?://\S+$", description="Base URL of the gateway's runner port.")]
    image_pull_secrets: Annotated[list[str], Field(description="Names of pull Secrets, as a JSON list.")] = []
    service_account: Annotated[str, Field(description="ServiceAccount of agent pods.")] = names.AGENT_SERVICE_ACCOUNT
    allowed_images: Annotated[
        list[str], Field(description="Images that classes may name, as a JSON list; a final * stands for the rest.")
    ] = []
    agent_ids: Annotated[Ids, Field(description="Who agents run as whose class does not say.")] = Ids.FIXED
    agent_ca_config_map: Annotated[
        str, Field(description="ConfigMap of the agents' namespace whose ca.crt they trust besides.")
    ] = ""
    agent_http_proxy: Annotated[str, Field(description="Proxy of agents for http addresses.")] = ""
    agent_https_proxy: Annotated[str, Field(description="Proxy of agents for https addresses.")] = ""
    agent_no_proxy: Annotated[str, Field(description="Hosts that agents reach without it, with commas between.")] = ""
    priority_class: Annotated[str, Field(description="PriorityClass of agents whose class names none.")] = ""
    default_provider: Annotated[str, Field(description="Provider where neither thread nor class names one.")] = ""
    default_model: Annotated[str, Field(description="Model where neither thread nor class names one.")] = ""
    default_api: Annotated[Api | None, Field(description="What that provider speaks; empty: as pi knows it.")] = None
    providers: Annotated[
        list[ProviderCard], Field(description="Further providers of the gateway, as a JSON list.")
    ] = []
    fallback_models: Annotated[
        list[FallbackModel], Field(description="Models for where the first fails and the class names none, as JSON.")
    ] = []
    default_thinking: Annotated[Thinking | None, Field(description="Thinking level where nobody names one.")] = None
    max_threads: Annotated[
        int, Field(ge=0, description="The gateway's MAX_THREADS, of which warm pools take what is free. 0: no bound.")
    ] = 0
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
        name, of = next((one for one in _LISTS.items() if f'"{one[0]}"' in str(error)), ("", "its items"))
        raise ConfigError(
            f"Settings that cannot be used: OPERATOR_{name.upper()}: must be a JSON list of {of}"
        ) from error
