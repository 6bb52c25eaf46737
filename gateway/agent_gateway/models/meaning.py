"""What an error of a model's provider means. Pure.

The status decides; words count only where a status has several meanings, or where there is none. Words are looked for as
whole words: "balance" is none of "load balancer".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from agent_gateway.models.failing import NEXT_MODEL

_READ: Final = 2000
"""Characters of an error that are looked at."""
SAID: Final = 300
"""Characters of the provider's own sentence that are kept."""


class Meaning(StrEnum):
    """Of an error, for the person who waits."""

    LIMITED = "limited"
    """Too much was asked at a time; it ends by itself."""
    NO_MONEY = "no_money"
    KEY = "key"
    """The key is refused."""
    REGION = "region"
    """The provider serves no such country."""
    BLOCKED = "blocked"
    """Something before the provider, such as a firewall, answered with a page."""
    DENIED = "denied"
    """The account may not do this."""
    CONTEXT = "context"
    """The conversation is longer than the model reads."""
    ANSWER_LIMIT = "answer_limit"
    """The model allows shorter answers than it is asked for."""
    PICTURE = "picture"
    FILTERED = "filtered"
    MODEL = "model"
    """The model, or the provider's name, is not known."""
    AWAY = "away"
    SETTINGS = "settings"
    """The gateway's own words on its settings."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ProviderError:
    """An error that was read.

    Attributes:
        meaning: What it means.
        status: The HTTP status, where there is one.
        said: The provider's own sentence, shortened, without markup.
        reset: When the provider takes calls again, where it tells.
    """

    meaning: Meaning
    status: int | None
    said: str
    reset: datetime | None = None


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_RESETS: Final = re.compile(r"\s?\[resets (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\]")
_LASTING: Final = " (quota exceeded)"
"""What the proxy adds for pi, so that it tries no further."""
_STATUS: Final = re.compile(r"^\s*([45]\d\d)\b:?\s*")
_PAGE: Final = re.compile(r"<(?:!doctype|html|head|title|body)\b|\ba web page came instead\b", re.IGNORECASE)
_TITLE: Final = re.compile(r"<title[^<>]{0,200}>([^<]{1,300})", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]{0,500}>")
_OWN_KEY: Final = re.compile(r"^The provider \S{1,64} refuses LLM_API_KEY, the key in the gateway's Secret: ")
_MONEY: Final = _words(
    r"\binsufficient[ _](?:account[ _])?(?:balance|funds|credits?|quota)\b", r"\bno resource package\b",
    r"\bplease (?:recharge|top up)\b", r"\bin arrears\b", r"\barrearage\b", r"\bout of (?:credits?|funds|money)\b",
    r"\bbalance (?:is )?(?:too low|not enough|insufficient|exhausted)\b", r"\bcredit balance\b",
)  # fmt: skip
_PLAN: Final = _words(r"\byour current quota\b.{0,80}\bbilling\b")
_RETRY: Final = _words(
    r"\bretry (?:in|after)\b", r"\btry again (?:in|after)\b", r"\bper[ -](?:second|minute|min|hour|day)\b"
)
_CONTEXT: Final = _words(
    r"\bcontext[ _](?:length|window|size|limit)\b", r"\bmaximum context\b", r"\bmodel_context_window_exceeded\b",
    r"\btoo many (?:input )?tokens\b", r"\b(?:prompt|input|request) is too long\b", r"\bmaximum prompt length\b",
    r"\breduce the length of the (?:messages|prompt)\b", r"\binput (?:token count|length)\b.{0,80}\bexceeds?\b",
)  # fmt: skip
_ANSWER: Final = _words(
    r"\bmax(?:imum)?[_ ](?:(?:completion|output|new)[_ ])?tokens\b.{0,120}"
    r"\b(?:too large|at most|less than|exceeds?|must be|greater|maximum|range)\b"
)
_PICTURE: Final = _words(r"\bimages?\b", r"\bimage_url\b", r"\bpictures?\b", r"\bvision\b", r"\bmultimodal\b")
_FILTER: Final = _words(
    r"\bcontent[ _-]?(?:filter|policy|management)\w*\b", r"\bfinish_reason: (?:sensitive|content_filter|safety)\b",
    r"\b(?:inappropriate|sensitive|unsafe|harmful) (?:content|information)\b", r"\bdatainspectionfailed\b",
    r"\bdata may contain\b", r"\busage policy\b", r"\bflagged\b",
)  # fmt: skip
_MODEL: Final = _words(
    r"\bmodel\b.{0,60}\b(?:not found|not exist|unknown|not supported|not available|no longer)\b",
    r"\b(?:unknown|invalid|no such|unsupported) (?:model|provider)\b", r"\bnot a valid model\b",
)  # fmt: skip
_KEY: Final = _words(
    r"\b(?:invalid|incorrect|expired|missing|wrong|no) (?:api[ _-]?key|x-api-key|access token|bearer token)\b",
    r"\bapi[ _-]?key\b.{0,40}\b(?:not valid|invalid|expired|incorrect|missing|revoked|required)\b",
    r"\binvalid (?:authentication|credentials)(?! field)\b", r"\bunauthori[sz]ed\b", r"\bauthentication (?:failed|error)\b",
)  # fmt: skip
_REGION: Final = _words(
    r"\b(?:country|region|territory|location)\b.{0,60}\bnot (?:supported|available|allowed)\b", r"\bunsupported_country",
    r"\bnot (?:supported|available|offered) in your (?:country|region|location)\b",
)  # fmt: skip
_NETWORK: Final = _words(
    r"\bconnect(?:ion)?\b", r"\bnetwork\b", r"\bsocket\b", r"\bfetch failed\b", r"\btimed? ?out\b", r"\btimeout\b",
    r"\boverloaded\b", r"\b(?:temporarily |service )unavailable\b", r"\bE(?:CONN\w{1,16}|PIPE|TIMEDOUT)\b", r"\bterminated\b",
    r"\bnetwork_error\b",
)  # fmt: skip


def read_error(text: str, status: int | None = None) -> ProviderError:
    """Read an error as pi passes it on.

    Args:
        text: Its words, perhaps behind the status (`429: …`), perhaps with the time that the proxy added.
        status: The HTTP status, where the runner found one.
    """
    text = text[:_READ]
    reset, text = _find_reset(text), _RESETS.sub("", text).replace(_LASTING, "").replace(NEXT_MODEL, "")
    stated = _STATUS.match(text)
    if stated is not None:
        status, text = status or int(stated[1]), text[stated.end() :]
    own_key = _OWN_KEY.match(text)
    said = _plain(text[own_key.end() :] if own_key else text)
    if own_key is None and "LLM_" in said:
        return ProviderError(Meaning.SETTINGS, status, said, reset)
    meaning = _classify(status, said, page=_PAGE.search(text) is not None, waits=reset is not None)
    return ProviderError(meaning, status, said, reset)


def is_lasting(status: int, text: str, *, waits: bool) -> bool:
    """Say whether asking again is in vain, as money is missing; `waits`: the provider tells when it goes on."""
    return _classify(status, _plain(text[:_READ]), page=False, waits=waits) is Meaning.NO_MONEY


def _classify(status: int | None, said: str, *, page: bool, waits: bool) -> Meaning:
    match status:
        case None:
            return _by_words(said, ((_NETWORK, Meaning.AWAY),))
        case 400 | 413 | 415 | 422:
            found = _by_words(said, ((_MONEY, Meaning.NO_MONEY), (_REGION, Meaning.REGION)))
            return Meaning.CONTEXT if status == 413 and found is Meaning.OTHER else found  # too large
        case 401:
            return Meaning.KEY
        case 402:
            return Meaning.NO_MONEY
        case 403:
            return _read_forbidden(said, page=page)
        case 404 | 410:
            return Meaning.MODEL
        case 429:
            return _read_limit(said, waits=waits)
        case 408 | 425:
            return Meaning.AWAY
        case _ if status >= 500:  # RFC 9110 §15.6
            return Meaning.AWAY
        case _:
            return Meaning.OTHER


def _by_words(said: str, more: tuple[tuple[re.Pattern[str], Meaning], ...] = ()) -> Meaning:
    """Find what the words mean; the first that matches, the most telling before the broad ones."""
    known = (
        (_FILTER, Meaning.FILTERED), (_CONTEXT, Meaning.CONTEXT), (_ANSWER, Meaning.ANSWER_LIMIT), (_MODEL, Meaning.MODEL),
        (_PICTURE, Meaning.PICTURE), (_KEY, Meaning.KEY), *more,
    )  # fmt: skip
    return next((meaning for pattern, meaning in known if pattern.search(said)), Meaning.OTHER)


def _read_limit(said: str, *, waits: bool) -> Meaning:
    """A limit, unless the words say that money is missing and not when it goes on."""
    if _MONEY.search(said) or (_PLAN.search(said) and not waits and not _RETRY.search(said)):
        return Meaning.NO_MONEY
    return Meaning.LIMITED


def _read_forbidden(said: str, *, page: bool) -> Meaning:
    if page:
        return Meaning.BLOCKED
    known = (
        (_REGION, Meaning.REGION), (_MONEY, Meaning.NO_MONEY), (_FILTER, Meaning.FILTERED), (_KEY, Meaning.KEY),
        (_MODEL, Meaning.MODEL),
    )  # fmt: skip
    return next((meaning for pattern, meaning in known if pattern.search(said)), Meaning.DENIED)


def _find_reset(text: str) -> datetime | None:
    found = _RESETS.search(text)
    try:
        return datetime.fromisoformat(found[1]) if found is not None else None
    except ValueError:  # a pod's words are checked
        return None


def _plain(text: str) -> str:
    """Return a text on one line without markup: of a page its title."""
    title = _TITLE.search(text)
    if title is not None:
        text = title[1]
    line = " ".join(_TAG.sub(" ", text).split())
    return line if len(line) <= SAID else f"{line[: SAID - 1].rstrip()}…"
