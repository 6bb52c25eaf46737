"""Puts the parts together by which voice notes are heard."""

from __future__ import annotations

import logging

from agent_gateway.config import GatewayConfig
from agent_gateway.inbox.access import Access
from agent_gateway.models.providers import Keys
from agent_gateway.models.settings import build_providers
from agent_gateway.speech.hearing import Hearing, Limits
from agent_gateway.speech.listening import Listening
from agent_gateway.speech.service import Service, build_service
from agent_gateway.telegram.outbound.api import TelegramApi

_log = logging.getLogger(__name__)


def build_speech(config: GatewayConfig) -> Service | None:
    """Read which service hears, and the model provider's settings, on which that may depend; None: nobody hears.

    Raises:
        ValueError: a provider is unknown or its URL is none; the text says which setting.
    """
    keys = Keys(config.speech_api_key.get_secret_value(), config.speech_api_key_file)
    return build_service(
        config.speech_provider, config.speech_base_url, config.speech_model, keys, config.speech_convert,
        build_providers(config).configured,
    )  # fmt: skip


def build_listening(config: GatewayConfig, api: TelegramApi, access: Access) -> Listening:
    """Build what hears voice notes, or says that nobody does.

    Raises:
        ValueError: the settings name a provider that is unknown.
    """
    service = build_speech(config)
    if service is None:
        _log.warning("speech_off", extra={"why": "no SPEECH_PROVIDER, and the model's provider cannot hear"})
    limits = Limits(config.speech_max_seconds, config.speech_timeout_seconds, config.speech_language)
    return Listening(Hearing(service, api, limits), api, access.is_admin, echo=config.speech_echo)
