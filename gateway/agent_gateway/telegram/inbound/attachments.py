"""Files that come with a message: what is fetched of them, under which name. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from agent_gateway.store.rows import Attachment
from agent_gateway.telegram.inbound.shapes import Media, Message

MAX_BYTES: Final = 20 * 1000 * 1000
"""Telegram lets a bot fetch no larger file."""
_ODD = re.compile(r"[^\w.()+@ -]+")
_TYPE = re.compile(r"[\w.+-]{1,64}/[\w.+-]{1,64}", re.ASCII)
_LONGEST_NAME = 100
_MOST_NAME_BYTES = 200
"""A file's name holds 255 bytes; of two that are the same one gets a number."""
_VARIANTS: Final = frozenset(map(chr, range(0xFE00, 0xFE10)))
"""Signs that only choose how another, such as an emoji, looks."""
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
    """Return the file of a message, the largest size of a photo; None where there is none.

    A part of an album goes on however large it is: the rest is asked with it, and who fetches it tells that it cannot be had.
    """
    found = _find(message)
    alone = message.media_group_id is None
    if found is not None and alone and found.size is not None and found.size > MAX_BYTES:
        return TooLarge(found.name, found.size)
    return found


def _find(message: Message) -> Attachment | None:
    if message.photo:
        photo = max(message.photo, key=lambda p: p.width * p.height)
        return Attachment(photo.file_id, f"photo-{message.message_id}.jpg", "image/jpeg", photo.file_size)
    for kind in _KINDS:
        media: Media | None = getattr(message, kind)
        if media is not None:  # an animation is told as a document too: the document's name is the better one
            return _build(kind, media, message.message_id)
    return None


def clean_name(name: str) -> str:
    """Return a person's file name as one plain part of a path; empty where nothing of it is left."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    plain = _ODD.sub(_replace, last).strip(" .")
    if plain == _cut(plain):
        return plain
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix) > 10:
        return _cut(plain)
    return f"{_cut(stem, less=f'.{suffix}')}.{suffix}"


def _replace(odd: re.Match[str]) -> str:
    """Keep the vowel signs and accents that some scripts need, and put one sign for all else."""
    kept = (c if unicodedata.category(c) in ("Mn", "Mc") and c not in _VARIANTS else "\0" for c in odd[0])
    return re.sub("\0+", "_", "".join(kept))


def _cut(text: str, less: str = "") -> str:
    room = text[: _LONGEST_NAME - len(less)].encode("utf-8", "replace")[: _MOST_NAME_BYTES - len(less.encode())]
    return room.decode(errors="ignore")


def _build(kind: str, media: Media, message_id: int) -> Attachment:
    suffix, media_type = _SUFFIXES.get(kind, ""), _TYPES.get(kind, "")
    if media.is_animated or media.is_video:  # stickers that are no images
        suffix, media_type = (".tgs", "application/x-tgsticker") if media.is_animated else (".webm", "video/webm")
    fallback = f"{kind.replace('_', '-')}-{message_id}{suffix}"
    about = _ABOUT.get(kind, "")
    if about and media.duration:
        about = f"{about} of {media.duration} s"
    return Attachment(
        media.file_id, clean_name(media.file_name) or fallback, _read_type(media.mime_type) or media_type,
        media.file_size, about,
    )  # fmt: skip


def _read_type(said: str) -> str:
    """Return a media type without its parameters; empty where it is none, as a sender's program may say anything."""
    plain = said.partition(";")[0].strip().lower()
    return plain if _TYPE.fullmatch(plain) else ""


def is_unreadable(raw: Mapping[str, Any]) -> bool:
    """Say whether a message holds something that a person sent and that is neither text nor file."""
    return any(kind in raw for kind in ("contact", "dice", "game", "location", "poll", "story", "venue", "checklist"))
