"""Settings from the environment or `.env`. A `…_FILE` variant names a file, wins, and is read again when it changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from agent_contract import names
from agent_contract.agentclass import FallbackModel
from agent_contract.budgets import Budget
from agent_contract.providers import Api
from agent_contract.quantities import Quantity, compute_bytes
from agent_gateway.accounts.settings import CommitSettings
from agent_gateway.console.settings import ConsoleSettings
from agent_gateway.errors import ConfigError
from agent_gateway.hooks.settings import Hook, read_hooks
from agent_gateway.inbox.zones import is_zone
from agent_gateway.models.meter import MAX_OUTPUT
from agent_gateway.models.settings import DEFAULT_CALLS, ModelPrice, ProviderSettings
from agent_gateway.quotas import Quotas
from agent_gateway.schedules.settings import DEFAULTS as SCHEDULES
from agent_gateway.schedules.settings import ScheduleSettings


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
    telegram_leave_unknown_groups: Annotated[
        bool, Field(description="A group that nobody has let in within a day is left, where nobody known has written.")
    ] = True
    telegram_drafts: Annotated[
        bool,
        Field(
            description="Private chats see answers as drafts while they are written, with their program's Stop button."
        ),
    ] = True
    telegram_rich_messages: Annotated[
        Literal["auto", "never", "always"],
        Field(description="Answers as rich messages: where a text needs it (tables, formulas, tasks), never, always."),
    ] = "auto"
    telegram_group_trigger: Annotated[
        Literal["mention", "all"],
        Field(description="What is for the bot in groups: mentions of it and replies to it, or all that is said."),
    ] = "mention"
    telegram_group_context: Annotated[
        int,
        Field(
            ge=0,
            le=100,
            description="Messages said before in a group that come along with a question, where Telegram lets the bot read them.",
        ),
    ] = 20
    tz: Annotated[str, Field(description="Time zone of people who chose none, such as Europe/Berlin.")] = "UTC"
    telegram_topics: Annotated[
        Literal["keep", "enabled", "disabled"],
        Field(description="Whether private chats with the bot have topics; keep: as BotFather holds it."),
    ] = "keep"
    telegram_privacy: Annotated[
        Literal["keep", "enabled", "disabled"],
        Field(description="Whether groups keep from the bot what does not call it; keep: as BotFather holds it."),
    ] = "keep"
    bot_name: Annotated[
        str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=16, description="First part of thread names.")
    ] = "tg"
    database_url: Annotated[SecretStr, Field(description="DSN of Postgres.")] = SecretStr("")
    database_url_file: Annotated[Path | None, Field(description="File that holds the DSN.")] = None
    database_quota: Annotated[Quantity | Literal[""], Field(description="Of it that may be in use; empty: any.")] = ""
    quota_session: Annotated[Quantity, Field(description="Lines of one session of an agent.")] = "128Mi"
    quota_turn: Annotated[Quantity, Field(description="Lines that one answer adds to it.")] = "32Mi"
    quota_run: Annotated[Quantity, Field(description="Lines that one run adds to it.")] = "64Mi"
    quota_sessions: Annotated[
        Quantity, Field(description="Lines of all sessions of a conversation, its sub-agents' included.")
    ] = "256Mi"
    quota_pictures: Annotated[Quantity, Field(description="Pictures of one session; the oldest go.")] = "64Mi"
    quota_copies: Annotated[
        Quantity, Field(description="Copies of workspaces that a conversation's sub-agents have.")
    ] = "1Gi"
    quota_files: Annotated[Quantity, Field(description="Files of a conversation that wait for its chat.")] = "200Mi"
    llm_provider: Annotated[str, Field(description="zai, moonshotai, or any name together with LLM_BASE_URL.")] = "zai"
    llm_api_key: Annotated[SecretStr, Field(description="The provider's key.")] = SecretStr("")
    llm_api_key_file: Annotated[Path | None, Field(description="File that holds the provider's key.")] = None
    llm_model: Annotated[str, Field(description="The model, for /status.")] = ""
    llm_models: Annotated[
        list[str], NoDecode, Field(description="Models that people may choose with /model, comma-separated.")
    ] = []
    llm_prices: Annotated[
        dict[str, ModelPrice],
        Field(
            max_length=500,
            description="Dollars for a million tokens, by provider/model, as JSON; these go before the table that comes along.",
        ),
    ] = {}
    budgets: Annotated[
        dict[Literal["turn", "thread", "person", "class", "day"], Budget],
        Field(
            description="What may be spent where neither the chat nor the AgentClass says it, as JSON: money in dollars, tokens."
        ),
    ] = {}
    llm_base_url: Annotated[str, Field(description="The provider's API, where it is not the provider's own.")] = ""
    llm_api: Annotated[
        Api | None,
        Field(description="What it speaks; empty: chat completions, or as pi knows it where LLM_BASE_URL is empty."),
    ] = None
    llm_providers: Annotated[
        list[ProviderSettings], Field(max_length=16, description="Further providers, as a JSON list of objects.")
    ] = []
    llm_fallback_models: Annotated[
        list[FallbackModel],
        Field(
            max_length=4,
            description="Models that answer where the first is away or limited, as a JSON list of {provider, name}.",
        ),
    ] = []
    llm_calls_at_once: Annotated[int, Field(ge=1, le=100, description="Model calls of one run at a time.")] = 4
    llm_calls_a_minute: Annotated[int, Field(ge=1, le=6000, description="Model calls of one run in a minute.")] = 60
    llm_max_output_tokens: Annotated[
        int, Field(ge=256, le=1_000_000, description="The most tokens that a model may write in one answer.")
    ] = MAX_OUTPUT
    llm_provider_calls_at_once: Annotated[
        int, Field(ge=1, le=1000, description="Calls to LLM_PROVIDER at a time, of all runs, which take turns.")
    ] = DEFAULT_CALLS
    speech_provider: Annotated[
        str,
        Field(
            description="Hears voice messages: zai, openai, groq, mistral, siliconflow, or any name together with "
            "SPEECH_BASE_URL; empty: the model's provider where it can; none: nobody."
        ),
    ] = ""
    speech_api_key: Annotated[
        SecretStr, Field(description="Its key; empty: the model's, where it is the model's provider.")
    ] = SecretStr("")
    speech_api_key_file: Annotated[Path | None, Field(description="File that holds that key.")] = None
    speech_model: Annotated[str, Field(description="What it is asked for; empty: the provider's own.")] = ""
    speech_base_url: Annotated[str, Field(description="Its API, where it is not the provider's own.")] = ""
    speech_language: Annotated[
        str, Field(pattern=r"^([a-z]{2})?$", description="Two letters; empty: the language of the person's program.")
    ] = ""
    speech_convert: Annotated[
        Literal["auto", "wav", "never"],
        Field(description="Voice messages are sent as WAV in pieces of 29 s; auto: where the provider needs it."),
    ] = "auto"
    speech_max_seconds: Annotated[int, Field(ge=1, le=1200, description="Of the longest voice message.")] = 600
    speech_timeout_seconds: Annotated[float, Field(ge=1, le=600, description="That one call may take.")] = 60.0
    speech_echo: Annotated[bool, Field(description="What was understood is shown in the chat.")] = True
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
    connections_file: Annotated[
        Path | None,
        Field(
            description="JSON file with the git servers and other services that agents reach over the gateway, without keys."
        ),
    ] = None
    hooks_file: Annotated[
        Path | None,
        Field(description="JSON file with the hooks by which events come in; their secrets stand in files."),
    ] = None
    console: Annotated[ConsoleSettings | None, Field(description="Who uses `kubectl openclaw`, as JSON.")] = None
    account_keys_file: Annotated[
        Path | None,
        Field(
            description="What tokens of linked accounts are sealed with, one key a line; the first seals, each opens."
        ),
    ] = None
    git_identity: Annotated[
        CommitSettings,
        Field(description="Whom commits of agents name, as a JSON object: author, committer, emailDomain …"),
    ] = CommitSettings()
    schedules: Annotated[ScheduleSettings, Field(description="How many schedules there may be, as JSON.")] = SCHEDULES
    mirrors_dir: Annotated[
        Path | None,
        Field(description="Folder in which large repositories are kept warm, up to MIRRORS_SIZE; empty: none is."),
    ] = None
    mirrors_size: Annotated[Quantity, Field(description="How much of them is kept.")] = "2Gi"
    host: Annotated[str, Field(description="Address to listen on; empty: every one, IPv4 and IPv6.")] = ""
    pod_addresses: Annotated[
        bool,
        Field(
            description="Agent pods reach the gateway from addresses of their own: a token is believed from its pod's alone, "
            "and there are limits for each. false where source NAT hides them."
        ),
    ] = True
    port_runners: Annotated[int, Field(ge=0, le=65535)] = names.PORT_RUNNERS
    port_webhook: Annotated[int, Field(ge=0, le=65535)] = names.PORT_WEBHOOK
    port_hooks: Annotated[int, Field(ge=0, le=65535)] = names.PORT_HOOKS
    port_metrics: Annotated[int, Field(ge=0, le=65535)] = names.PORT_METRICS
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("telegram_allowed_ids", "telegram_admin_ids", "llm_models", "pod_ips", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(",") if part.strip()]

    @field_validator("tz")
    @classmethod
    def _check_zone(cls, value: str) -> str:
        if not is_zone(value):
            raise ValueError("no time zone has this name")
        return value

    def read_token(self) -> str:
        """Return the bot's token as it stands now; empty if there is none."""
        return _read(self.telegram_bot_token_file, self.telegram_bot_token)

    def read_webhook_secret(self) -> str:
        """Return what Telegram shows with each update, as it stands now; empty if there is none."""
        return _read(self.telegram_webhook_secret_file, self.telegram_webhook_secret)

    def read_hooks(self) -> Mapping[str, Hook]:
        """Return the hooks by name; BadHooks where they cannot be used."""
        return read_hooks(self.hooks_file, self.bot_name, self.connections_file)

    def build_quotas(self) -> Quotas:
        """Return how many bytes may be stored."""
        return Quotas(
            session=compute_bytes(self.quota_session),
            turn=compute_bytes(self.quota_turn),
            run=compute_bytes(self.quota_run),
            sessions=compute_bytes(self.quota_sessions),
            pictures=compute_bytes(self.quota_pictures),
            copies=compute_bytes(self.quota_copies),
            files=compute_bytes(self.quota_files),
            database=compute_bytes(self.database_quota) if self.database_quota else 0,
        )

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
    except SettingsError as error:
        # pydantic-settings reads JSON itself, and names the field in a sentence of its own; its cause may hold a key
        name = next((field for field in GatewayConfig.model_fields if f'"{field}"' in str(error)), "")
        raise ConfigError(f"Settings that cannot be used: {name.upper()}: must be JSON") from None


def _read(path: Path | None, value: SecretStr) -> str:
    if path is None:
        return value.get_secret_value().strip()
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
