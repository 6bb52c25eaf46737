"""Files that come with a message: what is fetched of them, under which name. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from agent_gateway.store.rows import Attachment
from agent_gateway.telegram.shapes import Media, Message

MAX_BYTES: Final = 20 * 1000 * 1000
"""Telegram lets a bot fetch no larger file."""
_ODD = re.compile(r"[^\w.()+@ -]+")
_LONGEST_NAME = 100
_KINDS: Final = ("document", "voice", "audio", "video", "video_note", "animation", "sticker")
_SUFFIXES: Final = {
    "voice": ".ogg", "audio": ".mp3", "video": ".mp4", "video_note": ".mp4", "animation": ".mp4", "sticker": ".webp",
}  # fmt: skip
_TYPES: Final = {"voice": "audio/ogg", "video_note": "video/mp4", "sticker": "image/webp"}
_ABOUT: Final = {"voice": "voice message", "video_note": "video message"}


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A file that Telegram does not let a bot fetch."""

    name: str
    size: int


def read_attachment(message: Message) -> Attachment | TooLarge | None:
    """Return the file of a message, the largest size of a photo; None where there is none."""
    if message.photo:
        photo = max(message.photo, key=lambda p: p.width * p.height)
        return _check(Attachment(photo.file_id, f"photo-{message.message_id}.jpg", "image/jpeg", photo.file_size))
    for kind in _KINDS:
        media: Media | None = getattr(message, kind)
        if media is not None:  # an animation is told as a document too: the document's name is the better one
            return _check(_build(kind, media, message.message_id))
    return None


def clean_name(name: str) -> str:
    """Return a person's file name as one plain part of a path; empty where nothing of it is left."""
    last = re.split(r"[/\\]", name)[-1]
    plain = _ODD.sub("_", last).strip(" .")
    if len(plain) <= _LONGEST_NAME:
        return plain
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix) > 10:
        return plain[:_LONGEST_NAME]
    return f"{stem[: _LONGEST_NAME - len(suffix) - 1]}.{suffix}"


def _build(kind: str, media: Media, message_id: int) -> Attachment:
    fallback = f"{kind.replace('_', '-')}-{message_id}{_SUFFIXES.get(kind, '')}"
    about = _ABOUT.get(kind, "")
    if about and media.duration:
        about = f"{about} of {media.duration} s"
    return Attachment(
        media.file_id, clean_name(media.file_name) or fallback, media.mime_type or _TYPES.get(kind, ""),
        media.file_size, about,
    )  # fmt: skip


def _check(found: Attachment) -> Attachment | TooLarge:
    if found.size is not None and found.size > MAX_BYTES:
        return TooLarge(found.name, found.size)
    return found


def is_unreadable(raw: Mapping[str, Any]) -> bool:
    """Say whether a message holds something that a person sent and that is neither text nor file."""
    return any(kind in raw for kind in ("contact", "dice", "game", "location", "poll", "story", "venue", "checklist"))
