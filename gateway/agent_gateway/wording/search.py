"""What the chat says of found messages: a page of them, their buttons; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final, TypeVar

from agent_gateway.render.foreign import clean_said, disarm
from agent_gateway.render.plainwords import to_words
from agent_gateway.store.chatrows import Button
from agent_gateway.store.search import Found
from agent_gateway.wording import keys
from agent_gateway.wording.texts import shorten
from agent_gateway.wording.titles import show_title

PAGE: Final = 5
"""Messages on a page."""
MOST_PAGES: Final = 40
DAYS: Final = (0, 7, 30, 365)
"""What the button for the time goes through; 0: ever."""
ROLES: Final = {"b": None, "p": "user", "a": "assistant"}
"""What the button for who said it goes through."""
_SUPERGROUP: Final = "-100"
_EXCERPT: Final = 180
_QUOTED: Final = 400
_TITLE: Final = 24
_NAME: Final = 24
_QUESTION: Final = 60
_T = TypeVar("_T")
_PAGE = re.compile(r"sr:([0-9]{1,18}):([0-9]{1,2}):([bpa]):([0-9]{1,3}):([ct])")
_OPEN = re.compile(r"so:([0-9]{1,18}):([ct])")


@dataclass(frozen=True, slots=True)
class View:
    """Which page of a search is shown.

    Attributes:
        search: Its row.
        page: From 0 on.
        who: One of `ROLES`.
        days: One of `DAYS`.
        chat: The other topics of the chat are searched too.
    """

    search: int
    page: int = 0
    who: str = "b"
    days: int = 0
    chat: bool = False

    @property
    def data(self) -> str:
        """Return what a button that leads to it brings back."""
        return f"sr:{self.search}:{self.page}:{self.who}:{self.days}:{'c' if self.chat else 't'}"


def parse_view(data: str) -> View | None:
    """Return the page that a button leads to; None for any other button."""
    match = _PAGE.fullmatch(data)
    if match is None or int(match[4]) not in DAYS:
        return None
    return View(int(match[1]), min(int(match[2]), MOST_PAGES - 1), match[3], int(match[4]), match[5] == "c")


def parse_open(data: str) -> tuple[int, bool] | None:
    """Return the message that a button leads to, and whether it may be of another topic; None for any other button."""
    match = _OPEN.fullmatch(data)
    return (int(match[1]), match[2] == "c") if match else None


def list_text(
    language: str, words: str, found: Sequence[Found], total: int, view: View, here: int, now: datetime, zone: tzinfo
) -> str:
    """Show a page: of each message who said it, when, where that is another topic, and a piece of it."""
    question = shorten(disarm(words), _QUESTION)
    if not found:
        return keys.search_none(language, words=question)
    lines = [keys.search_head(language, words=question, count=total)]
    for number, one in enumerate(found, start=1 + view.page * PAGE):
        head = [say_who(language, one), say_when(one.at, now, zone)]
        if one.thread_id != here:
            head.append(shorten(show_title(language, one.title), _TITLE))
        lines.append(f"\n{number}. {' · '.join(head)}\n{build_excerpt(one.excerpt, _EXCERPT)}")
    return "\n".join(lines)


def say_who(language: str, found: Found) -> str:
    """Name who said it."""
    if found.role == "assistant":
        return keys.export_agent(language)
    return shorten(disarm(found.name), _NAME) if found.name else keys.export_person(language)


def say_when(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Say when it was, in a zone."""
    said, today = at.astimezone(zone), now.astimezone(zone)
    return f"{said:%H:%M}" if said.date() == today.date() else f"{said:%Y-%m-%d %H:%M}"


def build_excerpt(text: str, limit: int) -> str:
    """Return a piece of a message on one line, as plain words in which nothing can be tapped."""
    return shorten(disarm(to_words(clean_said(text))), limit)


def build_buttons(language: str, found: Sequence[Found], total: int, view: View, *, topics: bool) -> tuple[Button, ...]:
    """Build what leads to each message, to the other pages, and to other filters.

    Args:
        language: Of who reads it.
        found: What the page shows.
        total: How many there are.
        view: Which page it is.
        topics: The chat has other topics.
    """
    row = [_build_open(number, one, view) for number, one in enumerate(found, start=1 + view.page * PAGE)]
    buttons = [replace(button, beside=bool(at)) for at, button in enumerate(row)]
    turns = []
    if view.page:
        turns.append(Button("◀", replace(view, page=view.page - 1).data))
    if total > (view.page + 1) * PAGE and view.page + 1 < MOST_PAGES:
        turns.append(Button("▶", replace(view, page=view.page + 1).data, beside=bool(turns)))
    first = replace(view, page=0)
    who = {"b": keys.search_everybody, "p": keys.search_people, "a": keys.search_agent}[view.who](language)
    ages = {0: keys.search_ever, 7: keys.search_week, 30: keys.search_month, 365: keys.search_year}
    filters = [
        Button(who, replace(first, who=_next(tuple(ROLES), view.who)).data),
        Button(ages[view.days](language), replace(first, days=_next(DAYS, view.days)).data, beside=True),
    ]
    if topics:
        where = keys.search_all_topics(language) if view.chat else keys.search_this_topic(language)
        filters.append(Button(where, replace(first, chat=not view.chat).data))
    return (*buttons, *turns, *filters)


def build_link(found: Found) -> str:
    """Return the link to a message; empty where it can have none, as outside of supergroups.

    Telegram, "Deep links", private message links: the topic stands between chat and message.
    """
    chat, message = str(found.chat_id), found.answer_id or found.message_id
    if not chat.startswith(_SUPERGROUP) or message is None:
        return ""
    topic = f"{found.topic_id}/" if found.topic_id is not None else ""
    return f"https://t.me/c/{chat.removeprefix(_SUPERGROUP)}/{topic}{message}"


def message_text(language: str, role: str, text: str) -> str:
    """Say what a message was, below which a reply leads to it."""
    who = keys.export_agent(language) if role == "assistant" else keys.export_person(language)
    return f"{keys.search_here(language)}\n{who}: {build_excerpt(text[: 4 * _QUOTED], _QUOTED)}"


def _build_open(number: int, found: Found, view: View) -> Button:
    link = build_link(found)
    return (
        Button(f"{number} ↗", url=link) if link else Button(f"{number}", f"so:{found.id}:{'c' if view.chat else 't'}")
    )


def _next(all_of: Sequence[_T], now: _T) -> _T:
    return all_of[(all_of.index(now) + 1) % len(all_of)]
