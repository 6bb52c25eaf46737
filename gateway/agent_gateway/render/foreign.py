"""What an agent says, made such that it can do no more than say it. Pure.

Whatever stands in a chat that an agent wrote is what a model, or whoever talked it into something, chose. It names people
and commands, but calls none: a client would make both tappable. It holds nothing that is read and not seen, and none of
the signs with which the bot's own lines begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

from agent_contract.text import clean, strip_controls

OWN: Final = "▸"
"""The bot's own lines in an answer begin with it."""
_OWN_SIGNS: Final = {OWN: "▹", "⏹": "◻", "⏳": "⌛", "⏱": "⌚", "\U0001f9e9": "\U0001f539"}
"""The signs that the bot's own lines begin with, and what an agent's have in their place."""
_HIDDEN: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufdd0-\ufdef\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Marks of direction, fillers, tags and noncharacters; joiners stay, which scripts and emoji need."""
_ODD = re.compile(f"[{_HIDDEN}]+")
_OWN = re.compile(f"[{''.join(_OWN_SIGNS)}]")
_TAPPED = re.compile(
    r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/<>])"  # a command
    r"|(?<![\w.@/+-])@[A-Za-z0-9_]{2,32}(?![\w@])"  # a person's, a bot's or a channel's name
    r"|(?<!\w)(?:tg|ton|tonsite)://[^\s]{0,256}",  # what a client does at a tap
    re.IGNORECASE,
)
_MAY_BE_TAPPED = re.compile(r"[/@]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_JOINER: Final = "\u2060"

_SENDABLE = re.compile(r"https?://[^/?#\s@]{1,255}(?:[/?#]|$)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://([^\s/?#]{1,255})|(?<![\w.-])(www\.[\w.-]{1,251})|(?<![\w.-])(t\.me)/", re.IGNORECASE)
_BARE_ADDRESS = re.compile(r"((?:[\w-]{1,63}\.){1,8}([^\W\d_]{2,24}))(?::[0-9]{1,5})?(?:[/?#]\S*)?")
_FILES: Final = frozenset(
    {"py", "md", "rs", "sh", "ts", "js", "go", "cc", "pl", "rb", "cs", "so", "vi", "mk", "ps", "zip", "mov", "java", "json"}
)  # fmt: skip
"""Ends of names of files that are ends of addresses too."""
_LONGEST_LABEL: Final = 2048


def clean_said(text: str) -> str:
    """Return what an agent says without control characters, without what is read and not seen, and without our own signs."""
    text = strip_controls(text)
    return text if text.isascii() else _change_signs(_ODD.sub("", text))


def _change_signs(text: str) -> str:
    if _OWN.search(text) is not None:
        for sign, other in _OWN_SIGNS.items():
            text = text.replace(sign, other)
    return text


def spell_hidden(text: str) -> str:
    """Return what an agent asks leave for, with what would not be seen of it spelled out."""
    text = clean(text)
    spelled = _CONTROLS.sub(_spell, text)
    return spelled if spelled.isascii() else _change_signs(_ODD.sub(_spell, spelled))


def _spell(odd: re.Match[str]) -> str:
    return "".join(f"\\u{ord(sign):04x}" for sign in odd[0])


def disarm(text: str) -> str:
    """Return what an agent says for a message without formatting: commands, names and links of clients are words in it."""
    return break_taps(clean_said(text))


def break_taps(text: str) -> str:
    """Return a text in which nothing is tappable but addresses: a joiner behind the first sign breaks what else would be."""
    if _MAY_BE_TAPPED.search(text) is None:
        return text
    return _TAPPED.sub(_break, text)


def _break(found: re.Match[str]) -> str:
    scheme, slashes, rest = found[0].partition("://")
    return f"{scheme}:{_JOINER}//{rest}" if slashes else f"{found[0][0]}{_JOINER}{found[0][1:]}"


def find_taps(text: str, covered: Iterable[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """Return where commands, names and links of clients stand that nothing covers.

    Args:
        text: What a message shows.
        covered: Where code and links are. As in what is returned, each is a beginning and an end in UTF-16 units.
    """
    found = [(at.start(), at.end()) for at in _TAPPED.finditer(text)] if _MAY_BE_TAPPED.search(text) else []
    if not found:
        return []
    units = _count_units(text, sorted({at for place in found for at in place}))
    covers = sorted(covered)
    taps, index, reach = [], 0, 0
    for first, last in found:
        start, end = units[first], units[last]
        while index < len(covers) and covers[index][0] <= start:
            reach = max(reach, covers[index][1])
            index += 1
        if reach < end:
            taps.append((start, end))
    return taps


def _count_units(text: str, places: Sequence[int]) -> dict[int, int]:
    """Return the UTF-16 offset of each place, which are in order."""
    if text.isascii():
        return {place: place for place in places}
    units, counted = {}, 0
    for before, place in pairwise([0, *places]):
        counted += len(text[before:place].encode("utf-16-le", "surrogatepass")) // 2
        units[place] = counted
    return units


def is_sendable(url: str) -> bool:
    """Tell whether a link leads somewhere from a chat: to a web page, whose host nothing before it hides."""
    return _SENDABLE.match(url) is not None and _read_host(url) != ""


def find_other_host(label: str, url: str) -> str:
    """Return the host of a link whose words look like another address; empty where they do not."""
    label = label.strip()[:_LONGEST_LABEL]
    host = _read_host(url)
    named = [next(filter(None, found.groups())) for found in _ADDRESS.finditer(label)]
    bare = _BARE_ADDRESS.fullmatch(label)
    if bare is not None and bare[2].lower() not in _FILES:
        named.append(bare[1])
    hosts = {_trim(name) for name in named}
    return host if any(host != name and not host.endswith(f".{name}") for name in hosts) else ""


def _trim(named: str) -> str:
    return named.rpartition("@")[2].partition(":")[0].lower().removeprefix("www.").rstrip(".")


def _read_host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
