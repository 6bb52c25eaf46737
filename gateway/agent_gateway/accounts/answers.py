"""What forges answer to a device that asks for a token. Pure.

Source: RFC 8628, sections 3.2, 3.5; RFC 6749, sections 5.1, 5.2; GitHub, "Authorizing OAuth apps", device flow (errors come
with status 200); GitLab, "OAuth 2.0 identity provider API", device authorization grant (errors come with status 400).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LEAST_PAUSE: Final = 1
MOST_PAUSE: Final = 120
SLOWER: Final = 5
"""Seconds that `slow_down` adds to the pause (RFC 8628, section 3.5)."""
MOST_SECONDS: Final = 1800
"""How long a code is waited for, whatever the forge says."""
_ENDS: Final = {"expired_token": "expired", "token_expired": "expired", "access_denied": "denied"}
_GONE: Final = frozenset({"bad_refresh_token", "invalid_grant", "incorrect_device_code", "unauthorized_client"})


@dataclass(frozen=True, slots=True)
class Tokens:
    """What opens an account."""

    access: str = field(repr=False)
    refresh: str = field(repr=False, default="")

    def dump(self) -> str:
        """Return them as they are sealed."""
        return json.dumps([self.access, self.refresh])


def load_tokens(text: str) -> Tokens:
    """Return what `dump` wrote."""
    return Tokens(*json.loads(text))


@dataclass(frozen=True, slots=True)
class Started:
    """A code that a person is to enter.

    Attributes:
        device_code: What is asked with meanwhile.
        user_code: What the person enters.
        uri: Where.
        seconds: How long it can be entered.
        pause: Seconds between two questions.
    """

    device_code: str = field(repr=False)
    user_code: str
    uri: str
    seconds: int
    pause: int


@dataclass(frozen=True, slots=True)
class Pending:
    """The person has not entered it; it is asked again after `pause` seconds, and so each time from now on."""

    pause: int


@dataclass(frozen=True, slots=True)
class Granted:
    """The person let us in.

    Attributes:
        tokens: What opens their account.
        seconds: Until the access token ends; None where it does not.
    """

    tokens: Tokens
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing will come of it: the code expired, the person said no, or the forge does not take our client or token.

    Attributes:
        why: Which of these.
        error: The forge's word for it, for the log; empty where it is none that is known.
    """

    why: Literal["expired", "denied", "refused"]
    error: str = ""


class _Start(BaseModel):
    model_config = ConfigDict(extra="ignore")

    device_code: Annotated[str, Field(min_length=1, max_length=1024)]
    user_code: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$", max_length=64)]
    verification_uri: Annotated[str, Field(pattern=r"^https?://[\x21-\x7e]+$", max_length=512)]
    expires_in: Annotated[int, Field(ge=1)] = 900
    interval: Annotated[int, Field(ge=0)] = 5


class _Token(BaseModel):
    model_config = ConfigDict(extra="ignore")

    access_token: Annotated[str, Field(min_length=1, max_length=8192)]
    refresh_token: Annotated[str, Field(max_length=8192)] = ""
    expires_in: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


def read_start(raw: Any) -> Started | Ended:
    """Read the answer to a question for a code."""
    try:
        found = _Start.model_validate(raw)
    except ValidationError:
        return Ended("refused", _name(raw))
    seconds = min(found.expires_in, MOST_SECONDS)
    return Started(found.device_code, found.user_code, found.verification_uri, seconds, _bound(found.interval))


def read_token(raw: Any, pause: int) -> Pending | Granted | Ended:
    """Read the answer to a question for a token, or for new ones; `pause` is that between two questions as it was."""
    error = _name(raw)
    if error == "authorization_pending":
        return Pending(pause)
    if error == "slow_down":
        told = raw.get("interval")
        return Pending(_bound(max(pause + SLOWER, told if isinstance(told, int) else 0)))
    if error:
        return Ended(_find_end(error), error)
    try:
        found = _Token.model_validate(raw)
    except ValidationError:
        return Ended("refused")
    return Granted(Tokens(found.access_token, found.refresh_token), found.expires_in)


def is_gone(ended: Ended) -> bool:
    """Say whether a token can be refreshed never again, rather than not by the client as it is set up now."""
    return ended.error in _GONE or ended.why != "refused"


def _find_end(error: str) -> Literal["expired", "denied", "refused"]:
    found = _ENDS.get(error)
    return "expired" if found == "expired" else "denied" if found == "denied" else "refused"


def _name(raw: Any) -> str:
    """Return the word of an error; empty where there is none."""
    error = raw.get("error") if isinstance(raw, dict) else "no_object"
    if error is None:
        return ""
    plain = isinstance(error, str) and len(error) <= 64 and error.replace("_", "").isalnum() and error.isascii()
    return str(error) if plain else "other"


def _bound(pause: int) -> int:
    return max(LEAST_PAUSE, min(pause, MOST_PAUSE))
