"""What each message of a turn asks, and the turn that is put together of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_gateway.store.rows import Attachment, Turn
from agent_gateway.store.session import Room
from agent_gateway.store.turns import build_turn, describe_asked, dump_files, load_files

MOST_PARTS: Final = 100
"""Messages of one turn."""
MOST_TEXT: Final = 200_000
"""Characters of a turn to which more is added."""
LONGEST_WAIT: Final = 5.0
"""Seconds that a turn waits in all for what may follow its first message."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one message asks."""

    message_id: int
    text: str
    files: tuple[Attachment, ...] = ()


def join_texts(preface: str, texts: Sequence[str]) -> str:
    """Return the text of a turn: what stands before it, then each message's words; header lines begin a paragraph."""
    joined = ""
    for text in filter(None, texts):
        apart = joined and ("\n\n" if text.startswith("[") or joined.startswith("[") else "\n")
        joined = f"{joined}{apart}{text}"
    return "\n\n".join(filter(None, [preface, joined]))


class PartQueries(Room):
    """Parts of turns."""

    async def hold_joinable(self, thread_id: int, person_id: int) -> Turn | None:
        """Return the last turn that waits in a conversation, held, where this person asked it; None for any other."""
        row = await self._tx.row("hold_joinable", thread_id, person_id, MOST_TEXT, MOST_PARTS - 1)
        return build_turn(row) if row else None

    async def hold_album(self, thread_id: int, album: str) -> Turn | None:
        """Return the waiting turn that was asked with parts of an album, held; None where there is none."""
        row = await self._tx.row("hold_album", thread_id, album)
        return build_turn(row) if row else None

    async def has_album(self, thread_id: int, album: str) -> bool:
        """Say whether a part of an album was asked with."""
        return bool(await self._session.value("has_album", thread_id, album))

    async def read(self, turn_id: int) -> list[Part]:
        """Return the parts of a turn in the order in which they were written."""
        rows = await self._session.rows("parts", turn_id)
        return [Part(row["message_id"], row["text"], load_files(row["files"])) for row in rows]

    async def put(self, turn_id: int, parts: Sequence[Part]) -> None:
        """Record parts of a turn that has just been queued."""
        for part in parts:
            await self._tx.execute("put_part", turn_id, part.message_id, part.text, dump_files(part.files))

    async def join(self, turn_id: int, update_id: int, part: Part, wait: float | None, album: str | None) -> Turn:
        """Add a message to a turn that is held and waits.

        Args:
            turn_id: The turn. It counts as asked by this update from now on: what cancels all that was written before
                another update takes nothing that was written after it.
            update_id: The update that brought the message.
            part: What it asks.
            wait: Seconds in which more may follow.
            album: Telegram's id of the album that it is of.
        """
        await self.put(turn_id, [part])
        await self._tx.execute("asked_last_by", turn_id, update_id)
        return await self._put_together(turn_id, wait, album)

    async def edit(self, turn_id: int, message_id: int, text: str) -> bool:
        """Replace what one message of a waiting turn asks; False where it waits no more, or has no such part."""
        if await self._tx.row("hold_queued", turn_id) is None:
            return False
        if await self._tx.value("edit_part", turn_id, message_id, text) is None:
            return False
        await self._put_together(turn_id, None, None)
        return True

    async def topic_of(self, chat_id: int, message_id: int) -> int | None:
        """Return in which topic of a chat a message stands; None where that is not known."""
        found = await self._session.value("topic_of_message", self._bot_id, chat_id, message_id)
        return None if found is None else int(found)

    async def _put_together(self, turn_id: int, wait: float | None, album: str | None) -> Turn:
        parts = await self.read(turn_id)
        preface = await self._tx.value("turn_preface", turn_id)
        text = join_texts(preface, [part.text for part in parts])
        files = [file for part in parts for file in part.files]
        row = await self._tx.row("put_together", turn_id, text, dump_files(files), wait, LONGEST_WAIT, album)
        await self._tx.execute("edit_message", turn_id, describe_asked(text, files))
        return build_turn(row)
