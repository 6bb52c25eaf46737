"""Files that come with a message: what is fetched of them, under which name. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass as plain_dataclass
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import Field, StrictBool, StrictInt, StrictStr
from pydantic.dataclasses import dataclass
from telegram import ExternalReplyInfo, Message

from agent_gateway.store.rows import Attachment

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
    "photo": ".jpg", "voice": ".ogg", "audio": ".mp3", "video": ".mp4", "video_note": ".mp4", "animation": ".mp4", "sticker": ".webp",
}  # fmt: skip
_TYPES: Final = {"photo": "image/jpeg", "voice": "audio/ogg", "video_note": "video/mp4", "sticker": "image/webp"}
_ABOUT: Final = {"voice": "voice message", "video_note": "video message"}


@plain_dataclass(frozen=True, slots=True)
class TooLarge:
    """A file that Telegram does not let a bot fetch."""

    name: str
    size: int


@dataclass(frozen=True)
class Media:
    """What Telegram tells of a file."""

    kind: StrictStr
    id: Annotated[StrictStr, Field(min_length=1, max_length=512)]
    name: StrictStr | None
    media_type: StrictStr | None
    size: Annotated[StrictInt, Field(ge=0, le=2**53)] | None
    seconds: Annotated[StrictInt, Field(ge=0, le=2**31)] | None
    is_animated: StrictBool | None
    is_video: StrictBool | None
    emoji: StrictStr | None


def read_media(message: Message | ExternalReplyInfo) -> Media | None:
    """Return the file of a message, the largest size of a photo; None where there is none.

    Raises:
        ValidationError: What is told of it has the wrong type.
    """
    if message.photo:
        photo = max(message.photo, key=lambda size: size.width * size.height)
        return Media("photo", photo.file_id, None, None, photo.file_size, None, None, None, None)
    for kind in _KINDS:
        found = getattr(message, kind)
        if found is not None:  # an animation is told as a document too: the document's name is the better one
            return _read(kind, found)
    return None


def _read(kind: str, found: Any) -> Media:
    return Media(
        kind=kind,
        id=found.file_id,
        name=getattr(found, "file_name", None),
        media_type=getattr(found, "mime_type", None),
        size=getattr(found, "file_size", None),
        seconds=_count_seconds(getattr(found, "duration", None)),
        is_animated=getattr(found, "is_animated", None),
        is_video=getattr(found, "is_video", None),
        emoji=getattr(found, "emoji", None),
    )


def _count_seconds(duration: Any) -> Any:
    return int(duration.total_seconds()) if isinstance(duration, timedelta) else duration


def build_attachment(media: Media, message_id: int, *, part: bool = False) -> Attachment | TooLarge:
    """Return a file as a turn has it.

    Args:
        media: The file.
        message_id: Of the message that it came with: its name, where it has none.
        part: It is a part of an album, which goes on however large it is: the rest is asked with it, and who fetches it
            tells that it cannot be had.
    """
    found = _build(media, message_id)
    if not part and found.size is not None and found.size > MAX_BYTES:
        return TooLarge(found.name, found.size)
    return found


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


def _build(media: Media, message_id: int) -> Attachment:
    kind = media.kind
    suffix, media_type = _SUFFIXES.get(kind, ""), _TYPES.get(kind, "")
    if media.is_animated or media.is_video:  # stickers that are no images
        suffix, media_type = (".tgs", "application/x-tgsticker") if media.is_animated else (".webm", "video/webm")
    fallback = f"{kind.replace('_', '-')}-{message_id}{suffix}"
    about = _ABOUT.get(kind, "")
    if about and media.seconds:
        about = f"{about} of {media.seconds} s"
    return Attachment(
        media.id, clean_name(media.name or "") or fallback, _read_type(media.media_type or "") or media_type,
        media.size, about,
    )  # fmt: skip


def _read_type(said: str) -> str:
    """Return a media type without its parameters; empty where it is none, as a sender's program may say anything."""
    plain = said.partition(";")[0].strip().lower()
    return plain if _TYPE.fullmatch(plain) else ""
