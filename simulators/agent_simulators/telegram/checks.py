"""What Telegram refuses in a text and its entities; pure."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from typing_extensions import override

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_ENTITIES = 100
MAX_BUTTONS = 100
MAX_CALLBACK_DATA = 64
"""Bytes."""
MAX_COPY_TEXT = 256
_STYLES = frozenset({None, "danger", "success", "primary"})
_ENTITIES = frozenset({
    "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold", "italic", "underline",
    "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code", "pre", "text_link", "text_mention",
    "custom_emoji", "date_time",
})  # fmt: skip
_DATE_TIME = re.compile(r"r|w?[dD]?[tT]?")
_TAGS = {
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "code",
    "pre",
    "a",
    "span",
    "tg-spoiler",
    "blockquote",
}
_RESERVED = re.compile(r"(?<!\\)[\[\]()~`>#+\-=|{}.!]")
_INVISIBLE = dict.fromkeys(
    map(ord, "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2800\ufeff\ufffc")
)
_CODE = frozenset({"pre", "code"})
_QUOTES = frozenset({"blockquote", "expandable_blockquote"})
_REACTIONS = (
    "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 "
    "😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡"
)
REACTIONS = frozenset(_REACTIONS.split())
"""The 73 that a bot may set; ✅, ❌ and ⏳ are none of them."""


class Refused(Exception):
    """A request that Telegram answers with an error."""

    def __init__(self, description: str, code: int = 400, **parameters: Any) -> None:
        super().__init__(description)
        self.description, self.code, self.parameters = description, code, parameters


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 units, in which Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def check_text(
    text: str | None, entities: list[dict[str, Any]], parse_mode: str | None, limit: int = MAX_TEXT
) -> tuple[str, list[dict[str, Any]]]:
    """Return the text and entities as they would stand in the chat.

    Raises:
        Refused: as Telegram would.
    """
    if text is None or not text.translate(_INVISIBLE).strip():
        raise Refused("Bad Request: message text is empty")
    if parse_mode:
        text = _parse(text, parse_mode.lower())
        entities = []
    _check_entities(text, entities)
    if utf16_length(text) > limit:
        what = "message" if limit == MAX_TEXT else "message caption"
        raise Refused(f"Bad Request: {what} is too long")
    stripped = text.rstrip()
    return (stripped if not entities else text), entities[:MAX_ENTITIES]


def check_keyboard(markup: Any) -> dict[str, Any] | None:
    """Return an inline keyboard as it would stand under the message; None for no keyboard, or one without buttons.

    Raises:
        Refused: as Telegram would.
    """
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise Refused("Bad Request: object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if rows is None:
        return None  # a keyboard for the person's own input stands under no message
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Refused('Bad Request: field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    buttons = [[_check_button(button) for button in row] for row in rows if row]
    if sum(map(len, buttons)) > MAX_BUTTONS:
        raise Refused("Bad Request: REPLY_MARKUP_TOO_LONG")
    force = {"force_reply": True} if markup.get("force_reply") else {}
    return {"inline_keyboard": buttons, **force} if buttons else None


def _check_button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise Refused("Bad Request: can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise Refused("Bad Request: can't parse inline keyboard button: Can't find field \"text\"")
    if not text.strip():
        raise Refused("Bad Request: BUTTON_TEXT_INVALID")
    kept = {key: button[key] for key in ("icon_custom_emoji_id", "style") if key in button}
    return {"text": text, **kept, **_check_action(button)}


def check_rich_button(button: Any) -> dict[str, Any]:
    """Return a button of a rich message (Bot API 10.3).

    Raises:
        Refused: as Telegram would.
    """
    if not isinstance(button, dict) or not button.get("text"):
        raise Refused("Bad Request: BUTTON_TEXT_INVALID")
    if button.get("style") == "link" and "callback_data" not in button:
        raise Refused("Bad Request: BUTTON_STYLE_INVALID")
    kept = {key: button[key] for key in ("text", "style") if key in button}
    return {
        **kept,
        **_check_action({**button, "style": None if button.get("style") == "link" else button.get("style")}),
    }


def _check_action(button: dict[str, Any]) -> dict[str, Any]:
    """Return what a button does."""
    if button.get("style") not in _STYLES:
        raise Refused("Bad Request: BUTTON_STYLE_INVALID")
    if "url" in button:
        return {"url": button["url"]}
    if "disabled" in button:
        return {"disabled": {}}
    if "web_app" in button:
        return {"web_app": button["web_app"]}
    if "copy_text" in button:
        if not 1 <= len(button["copy_text"]["text"]) <= MAX_COPY_TEXT:
            raise Refused("Bad Request: BUTTON_COPY_TEXT_INVALID")
        return {"copy_text": button["copy_text"]}
    data = button.get("callback_data")
    if data is None:
        raise Refused(
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if not isinstance(data, str) or not 1 <= len(data.encode()) <= MAX_CALLBACK_DATA:
        raise Refused("Bad Request: BUTTON_DATA_INVALID")
    return {"callback_data": data}


def _parse(text: str, mode: str) -> str:
    if mode == "html":
        parser = _Html()
        parser.feed(text)
        parser.close()
        if parser.open:
            raise Refused(
                f"Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"{parser.open[-1]}\""
            )
        return "".join(parser.text)
    if mode == "markdownv2":
        found = _RESERVED.search(re.sub(r"```.*?```|`[^`]*`|\[[^\]]*\]\([^)]*\)", "", text, flags=re.DOTALL))
        if found:
            raise Refused(f"Bad Request: can't parse entities: Character '{found[0]}' is reserved and must be escaped")
        return re.sub(r"\\(.)", r"\1", text)
    if mode == "markdown":
        return text
    raise Refused("Bad Request: unsupported parse_mode")


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in _TAGS:
            raise Refused(f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refused(f'Bad Request: can\'t parse entities: Unexpected end tag "{tag}"')

    @override
    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _check_entities(text: str, entities: list[dict[str, Any]]) -> None:
    """Refuse entities out of range, inside a surrogate pair, or badly nested."""
    units = text.encode("utf-16-le")
    total = len(units) // 2
    seen: list[tuple[int, int, str]] = []
    for entity in entities:
        start, end = int(entity["offset"]), int(entity["offset"]) + int(entity["length"])
        if start < 0 or end <= start or end > total:
            raise Refused("Bad Request: ENTITY_BOUNDS_INVALID")
        if any(0xDC <= units[2 * at + 1] <= 0xDF for at in (start, end) if at < total):
            raise Refused("Bad Request: ENTITY_BOUNDS_INVALID")
        kind = str(entity.get("type"))
        _check_kind(kind, entity)
        if any(_nest_badly((start, end, kind), other) for other in seen):
            raise Refused("Bad Request: entities are badly nested")
        seen.append((start, end, kind))


def _check_kind(kind: str, entity: dict[str, Any]) -> None:
    """Refuse an entity of an unknown kind, or one that lacks what its kind needs."""
    needed = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id", "date_time": "unix_time"}
    if kind not in _ENTITIES:
        raise Refused(f"Bad Request: can't parse MessageEntity: unsupported type {kind}")
    if kind in needed and entity.get(needed[kind]) is None:
        raise Refused(f"Bad Request: can't parse MessageEntity: Can't find field \"{needed[kind]}\"")
    if kind == "date_time" and not _DATE_TIME.fullmatch(entity.get("date_time_format") or ""):
        raise Refused("Bad Request: can't parse MessageEntity: invalid date_time_format specified")


def _nest_badly(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    """Tell whether two entities cross, or one is in another that can hold none such: in code, or a quote in a quote."""
    inner, outer = sorted((one, other), key=lambda e: e[1] - e[0])
    if inner[1] <= outer[0] or outer[1] <= inner[0]:
        return False
    if inner[0] < outer[0] or outer[1] < inner[1]:
        return True
    same = inner[:2] == outer[:2]
    return (outer[2] in _CODE and not same) or {inner[2], outer[2]} <= _QUOTES
