"""What a call of the Bot API came to: the library's errors and odd answers as the outcomes of `telegram.errors`."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable
from typing import Any, TypeVar

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    TelegramError,
)
from telegram.error import Conflict as LibraryConflict
from telegram.request import HTTPXRequest
from typing_extensions import override

from agent_gateway.telegram.errors import (
    Ambiguous,
    Conflict,
    MethodMissing,
    Moved,
    NotSent,
    Refused,
    ServerFailed,
    TelegramProblem,
    Throttled,
    Unauthorized,
    classify,
)
from agent_gateway.telegram.outbound.calls import counted

T = TypeVar("T")

DEFAULT_RETRY_AFTER = 5
"""Seconds to wait where Telegram names none."""
_MAX_RETRY_AFTER = 86_400.0
"""A wait beyond all sense would be no time that a database can hold."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class _HttpFailed(TelegramError):
    """An answer with a status that the library reports in words alone."""


class _TooMany(TelegramError):
    """429, with the seconds to wait; the library's own class warns when these are read."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many requests")
        self.seconds = seconds


class _NotFound(TelegramError):
    """404: the library throws it together with 401."""


class Request(HTTPXRequest):
    """The library's transport, with the statuses told apart that it throws together."""

    @override
    async def do_request(self, url: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Do one request; raise for 404, 413, 429 and 5xx."""
        with counted(url) as call:
            code, payload = await super().do_request(url, *args, **kwargs)
            call.status = code
        if code == httpx.codes.TOO_MANY_REQUESTS:
            raise _TooMany(_read_retry_after(payload))
        if code == httpx.codes.NOT_FOUND:
            raise _NotFound("HTTP 404")
        if code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
            raise BadRequest("file is too big")
        if code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise _HttpFailed(f"HTTP {code}")
        return code, payload


async def translated(call: Awaitable[T]) -> T:
    """Make a call.

    Raises:
        TelegramProblem: It did not succeed, or its answer cannot be read.
    """
    try:
        return await call
    except TelegramError as error:
        raise translate(error) from None  # the library's own text may hold an address with the token in it
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Ambiguous(f"Telegram's answer could not be read ({type(error).__name__})") from None


def translate(error: TelegramError) -> TelegramProblem:
    """Return our outcome for an error of the library."""
    match error:
        case _TooMany():
            return Throttled(error.seconds)
        case ChatMigrated():
            return Moved(error.new_chat_id)
        case _NotFound():
            return MethodMissing()
        case InvalidToken() | EndPointNotFound():
            return Unauthorized()
        case LibraryConflict():
            return Conflict(error.message)
        case Forbidden():
            return classify(error.message, forbidden=True)
        case BadRequest():
            return classify(error.message, forbidden=False)
        case _HttpFailed():
            return ServerFailed(f"Telegram answered with {error.message}")
        case _:
            return _translate_network(error)


def _translate_network(error: TelegramError) -> TelegramProblem:
    cause = error.__cause__
    if isinstance(cause, httpx.InvalidURL):
        return NotSent("the bot token and TELEGRAM_API_BASE make no usable address: check both")
    if isinstance(cause, _NOT_SENT):
        return NotSent(f"Telegram is out of reach ({type(cause).__name__})")
    return Ambiguous(f"no answer from Telegram ({type(cause or error).__name__})")


def _read_retry_after(payload: bytes) -> float:
    try:
        seconds = json.loads(payload)["parameters"]["retry_after"]
        return min(max(1.0, float(seconds)), _MAX_RETRY_AFTER)
    except (ValueError, KeyError, TypeError):
        return DEFAULT_RETRY_AFTER


async def unless_same(edit: Awaitable[object]) -> None:
    """Make an edit; one that changes nothing is success."""
    try:
        await edit
    except Refused as refusal:
        if "not modified" not in refusal.description.lower():
            raise


def keep_secrets_out_of_logs() -> None:
    """Log neither addresses of calls nor their answers."""
    # httpx logs each address, which holds the token; the library logs answers, which hold what people write.
    for name, level in (("httpx", logging.WARNING), ("telegram", logging.WARNING), ("telegram.request", 100)):
        logger = logging.getLogger(name)
        logger.setLevel(max(level, logger.level))
