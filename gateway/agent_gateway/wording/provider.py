"""What the chat says of an error of the model's provider. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from agent_gateway.models.meaning import Meaning, ProviderError
from agent_gateway.render.foreign import break_taps
from agent_gateway.render.times import link_time
from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys
from agent_gateway.wording.tools import hide
from agent_gateway.wording.units import duration

_DATA = re.compile(r"new:([0-9]{1,18})")
_WORDS: Final[dict[Meaning, Callable[[str], str]]] = {
    Meaning.LIMITED: keys.provider_limited,
    Meaning.NO_MONEY: keys.provider_no_money,
    Meaning.KEY: keys.provider_key,
    Meaning.REGION: keys.provider_region,
    Meaning.BLOCKED: keys.provider_blocked,
    Meaning.DENIED: keys.provider_denied,
    Meaning.CONTEXT: keys.provider_context,
    Meaning.ANSWER_LIMIT: keys.provider_answer_limit,
    Meaning.PICTURE: keys.provider_picture,
    Meaning.FILTERED: keys.provider_filtered,
    Meaning.MODEL: keys.provider_model,
    Meaning.AWAY: keys.provider_away,
    Meaning.SETTINGS: keys.provider_settings,
    Meaning.OTHER: keys.provider_other,
}
_ADMIN: Final[dict[Meaning, Callable[[str], str]]] = {
    Meaning.KEY: keys.provider_key_admin,
    Meaning.ANSWER_LIMIT: keys.provider_answer_limit_admin,
    Meaning.MODEL: keys.provider_model_admin,
}
_RENEWED: Final = frozenset({Meaning.CONTEXT})
"""Where only a new conversation helps."""


def provider_text(language: str, error: ProviderError, now: datetime, *, admin: bool = False) -> str:
    """Say what an error means, what the provider said, and to an administrator what to look at."""
    told = [_say(language, error, now)]
    said = break_taps(hide(error.said))
    if error.meaning is Meaning.SETTINGS and not admin:
        said = said.partition(". ")[0]  # what is wrong; where it is set is for administrators
    if said:
        told.append(keys.provider_said(language, words=said if said[-1] in ".!?…" else f"{said}."))
    if not admin:
        return " ".join(told)
    look = _ADMIN.get(error.meaning)
    status = keys.provider_status(language, status=str(error.status)) if error.status is not None else ""
    details = " ".join(filter(None, (status, look(language) if look is not None else "")))
    line = f"\n{keys.for_administrators(language, details=details)}" if details else ""
    return " ".join(told) + line


def build_new(language: str, turn_id: int, error: ProviderError) -> tuple[Button, ...]:
    """Return the button that begins a new conversation, where that helps."""
    return (Button(keys.provider_new(language), f"new:{turn_id}"),) if error.meaning in _RENEWED else ()


def parse_new(data: str) -> int | None:
    """Return the turn below whose answer a pressed button stands; None for any other button."""
    match = _DATA.fullmatch(data)
    return int(match[1]) if match else None


def _say(language: str, error: ProviderError, now: datetime) -> str:
    if error.meaning is Meaning.LIMITED and error.reset is not None:
        left = duration(language, max(60, round((error.reset - now).total_seconds() / 60) * 60))
        return keys.provider_limited_until(language, left=left, time=_describe_time(error.reset, now))
    return _WORDS[error.meaning](language)


def _describe_time(at: datetime, now: datetime) -> str:
    at = at.astimezone(UTC)
    if at.date() == now.astimezone(UTC).date():
        return link_time(f"{at:%H:%M} UTC", at, "t")
    return link_time(f"{at:%Y-%m-%d %H:%M} UTC", at, "Dt")
