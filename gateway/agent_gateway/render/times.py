"""Times that a chat shows in the reader's own zone, written as links in Markdown. Pure.

Source: Bot API 9.5, MessageEntity of type `date_time`, and the link `tg://time` of its MarkdownV2 style.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

LATEST: Final = 2**31 - 1
"""The last second that Telegram takes."""
_LINK = re.compile(r"tg://time\?unix=([0-9]{1,10})&format=(r|w?[dD]?[tT]?)")


@dataclass(frozen=True, slots=True)
class ShownTime:
    """A moment in a text.

    Args:
        unix: Seconds since 1970.
        format: How it is shown, in Telegram's letters: `t` the time of the day, `d` the date, `r` how long until then.
    """

    unix: int
    format: str


def link_time(words: str, at: datetime, form: str) -> str:
    """Return Markdown that shows a moment in the reader's zone; `words` stand for it in programs that cannot."""
    return f"[{words}](tg://time?unix={int(at.timestamp())}&format={form})"


def read_time(url: str) -> ShownTime | None:
    """Return the moment that a link of `link_time` names; None for any other link."""
    found = _LINK.fullmatch(url)
    if found is None or int(found[1]) > LATEST:
        return None
    return ShownTime(int(found[1]), found[2])
