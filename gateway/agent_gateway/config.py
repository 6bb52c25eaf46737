"""Settings from the environment or `.env`. A `…_FILE` variant names a file, wins, and is read again when it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from agent_contract import names
from agent_gateway.errors import ConfigError


class GatewayConfig(BaseSettings):
    """All settings of the gateway."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    telegram_bot_token: Annotated[SecretStr, Field(description="The bot's token.")] = SecretStr("")
    telegram_bot_token_file: Annotated[Path | None, Field(description="File that holds the bot's token.")] = None
    telegram_api_base: Annotated[str, Field(description="Address of the Bot API server.")] = "https://api.telegram.org"
    telegram_webhook_url: Annotated[
        str,
        Field(
            pattern=r"^(https?://[^/?#]+(/[^?#]*)?)?$",
            description="Public address that Telegram brings updates to; empty: the gateway asks for them.",
        ),
    ] = ""
    telegram_webhook_secret: Annotated[
        SecretStr, Field(description="What Telegram shows with each update: 1 to 256 of A-Z, a-z, 0-9, _ and -.")
    ] = SecretStr("")
    telegram_webhook_secret_file: Annotated[Path | None, Field(description="File that holds that secret.")] = None
    telegram_allowed_ids: Annotated[
        list[int], NoDecode, Field(description="Ids of people and chats that may talk to the bot, comma-separated.")
    ] = []
    telegram_admin_ids: Annotated[
        list[int], NoDecode, Field(description="Ids of people who may end anyone's thread, comma-separated.")
    ] = []
    telegram_pairing: Annotated[
        bool, Field(description="Unknown people are told a code that an administrator lets them in with: /approve.")
    ] = False
    telegram_drafts: Annotated[
        bool, Field(description="Private chats see the first words of an answer as a draft, without a Stop button.")
    ] = False
    telegram_group_trigger: Annotated[
        Literal["mention", "all"],
        Field(description="What is for the bot in groups: mentions of it and replies to it, or all that is said."),
    ] = "mention"
    bot_name: Annotated[
        str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=16, description="First part of thread names.")
    ] = "tg"
    database_url: Annotated[SecretStr, Field(description="DSN of Postgres.")] = SecretStr("")
    database_url_file: Annotated[Path | None, Field(description="File that holds the DSN.")] = None
    llm_provider: Annotated[str, Field(description="zai, moonshotai, or any name together with LLM_BASE_URL.")] = "zai"
    llm_api_key: Annotated[SecretStr, Field(description="The provider's key.")] = SecretStr("")
    llm_api_key_file: Annotated[Path | None, Field(description="File that holds the provider's key.")] = None
    llm_model: Annotated[str, Field(description="The model, for /status.")] = ""
    llm_models: Annotated[
        list[str], NoDecode, Field(description="Models that people may choose with /model, comma-separated.")
    ] = []
    llm_base_url: Annotated[str, Field(description="The provider's API, where it is not the provider's own.")] = ""
    max_threads: Annotated[int, Field(ge=1, le=10000, description="The most runs at once.")] = 50
    namespace: Annotated[str, Field(min_length=1, description="Namespace of AgentThreads and agent pods.")] = "default"
    agent_service_account: Annotated[str, Field(description="ServiceAccount of agent pods.")] = (
        names.AGENT_SERVICE_ACCOUNT
    )
    kube_api_url: Annotated[
        str,
        Field(pattern=r"^(https?://.+)?$", description="Kubernetes API for a gateway that is no pod: `kubectl proxy`."),
    ] = ""
    extra_ca_file: Annotated[Path | None, Field(description="Certificates trusted beside the usual ones.")] = None
    leader_service: Annotated[
        str, Field(description="Service whose EndpointSlices name the leader, where there is more than one gateway.")
    ] = ""
    pod_name: Annotated[str, Field(description="Name of the gateway's own pod.")] = ""
    pod_namespace: Annotated[str, Field(description="Namespace of the gateway's own pod.")] = ""
    pod_ips: Annotated[
        list[str], NoDecode, Field(description="Addresses of the gateway's own pod, comma-separated.")
    ] = []
    host: Annotated[str, Field(description="Address to listen on.")] = "0.0.0.0"  # noqa: S104  # a pod's own network
    port_runners: Annotated[int, Field(ge=0, le=65535)] = names.PORT_RUNNERS
    port_webhook: Annotated[int, Field(ge=0, le=65535)] = names.PORT_WEBHOOK
    port_metrics: Annotated[int, Field(ge=0, le=65535)] = names.PORT_METRICS
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("telegram_allowed_ids", "telegram_admin_ids", "llm_models", "pod_ips", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(",") if part.strip()]

    def read_token(self) -> str:
        """Return the bot's token as it stands now; empty if there is none."""
        return _read(self.telegram_bot_token_file, self.telegram_bot_token)

    def read_webhook_secret(self) -> str:
        """Return what Telegram shows with each update, as it stands now; empty if there is none."""
        return _read(self.telegram_webhook_secret_file, self.telegram_webhook_secret)

    def read_dsn(self) -> str:
        """Return the DSN as it stands now; empty if there is none."""
        return _read(self.database_url_file, self.database_url)


def load_config(**overrides: Any) -> GatewayConfig:
    """Read the settings.

    Raises:
        ConfigError: one is wrong; the text names it, never its value.
    """
    try:
        return GatewayConfig(**overrides)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        words = "; ".join(f"{'.'.join(map(str, p['loc'])).upper()}: {p['msg']}" for p in problems)
        raise ConfigError(f"Settings that cannot be used: {words}") from error


def _read(path: Path | None, value: SecretStr) -> str:
    if path is None:
        return value.get_secret_value().strip()
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
