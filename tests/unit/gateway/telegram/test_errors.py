from __future__ import annotations

import httpx
import pytest
from telegram.error import BadRequest, ChatMigrated, EndPointNotFound, Forbidden, InvalidToken, NetworkError, TimedOut
from telegram.error import Conflict as LibraryConflict

from agent_gateway.telegram.errors import (
    Ambiguous,
    Conflict,
    Moved,
    NotSent,
    RefusalKind,
    Refused,
    Unauthorized,
    classify,
)
from agent_gateway.telegram.outbound.outcomes import translate


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("Bad Request: can't parse entities: can't find end", RefusalKind.CANT_PARSE),
        ("Bad Request: ENTITY_BOUNDS_INVALID", RefusalKind.CANT_PARSE),
        ("Bad Request: message thread not found", RefusalKind.THREAD_NOT_FOUND),
        ("Bad Request: TOPIC_CLOSED", RefusalKind.TOPIC_CLOSED),
        ("Bad Request: chat not found", RefusalKind.CHAT_GONE),
        ("Bad Request: not enough rights to send text messages to the chat", RefusalKind.CHAT_GONE),
        ("Bad Request: not enough rights to send documents to the chat", RefusalKind.FILES_FORBIDDEN),
        ("Bad Request: not enough rights to send photos to the chat", RefusalKind.FILES_FORBIDDEN),
        ("Bad Request: CHAT_SEND_DOCS_FORBIDDEN", RefusalKind.FILES_FORBIDDEN),
        ("Bad Request: message to edit not found", RefusalKind.NOT_FOUND),
        ("Bad Request: message can't be edited", RefusalKind.NOT_FOUND),
        ("Bad Request: message is too long", RefusalKind.TOO_LONG),
        ("Bad Request: message to be replied not found", RefusalKind.REPLY_GONE),
        ("Bad Request: something new", RefusalKind.OTHER),
    ],
)
def test_refusals_are_told_apart(description, kind):
    assert classify(description, forbidden=False).kind is kind


@pytest.mark.parametrize(
    "words", ["bot was blocked by the user", "bot was kicked from the supergroup chat", "new words"]
)
def test_forbidden_means_the_chat_is_gone(words):
    assert classify(f"Forbidden: {words}", forbidden=True).kind is RefusalKind.CHAT_GONE


def raised(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "cause", "outcome"),
    [
        (NetworkError("x"), httpx.ConnectError("no"), NotSent),
        (TimedOut(), httpx.ConnectTimeout("no"), NotSent),
        (TimedOut(), httpx.PoolTimeout("no"), NotSent),
        (NetworkError("x"), httpx.InvalidURL("no"), NotSent),
        (TimedOut(), httpx.ReadTimeout("no"), Ambiguous),
        (NetworkError("x"), httpx.ReadError("no"), Ambiguous),
        (NetworkError("x"), httpx.RemoteProtocolError("no"), Ambiguous),
        (InvalidToken(), None, Unauthorized),
        (EndPointNotFound("x"), None, Unauthorized),
        (LibraryConflict("Conflict: terminated by other getUpdates request"), None, Conflict),
        (Forbidden("Forbidden: x"), None, Refused),
        (BadRequest("Bad Request: x"), None, Refused),
        (ChatMigrated(-100), None, Moved),
    ],
)
def test_errors_of_the_library_become_outcomes(error, cause, outcome):
    assert type(translate(raised(error, cause))) is outcome


def test_conflict_and_token_are_said_in_words():
    polled = Conflict("Conflict: terminated by other getUpdates request")
    assert str(polled).startswith("another program polls with this bot's token")
    assert "webhook" in str(Conflict("Conflict: can't use getUpdates method while webhook is active"))
    assert str(Unauthorized()).startswith("Telegram refuses the bot token")
