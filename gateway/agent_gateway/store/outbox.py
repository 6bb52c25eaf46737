"""What must be said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from agent_gateway.effects import WakeOutbox
from agent_gateway.metrics import LIMITS
from agent_gateway.store.chatrows import (
    Button,
    FileRow,
    Fold,
    OutboxRow,
    Queue,
    ToolUse,
    Urgency,
    dump_buttons,
    load_buttons,
)
from agent_gateway.store.rows import Address, Turn
from agent_gateway.store.session import Room
from agent_gateway.way import note_said
from agent_gateway.wording import keys
from agent_gateway.wording.say import SOURCE

MOST_NOTICES: Final = 30
"""Notices of a topic that wait to be said; of more the oldest are left out."""
MOST_STRANGERS: Final = 100
"""Messages to people whom the bot does not know that wait to be said."""
NOTICES_A_TURN: Final = 3
"""Of what an agent says beside its answer."""
_MANY: Final = (100, 100, 100)


class OutboxQueries(Room):
    """The outbox."""

    async def put(
        self,
        address: Address,
        text: str,
        dedupe_key: str,
        *,
        kind: str = "reply",
        format: str = "plain",  # noqa: A002  # the column's name
        reply_to: int | None = None,
        message_ids: Sequence[int] = (),
        buttons: Sequence[Button] = (),
        file_id: int | None = None,
        urgency: Urgency | None = None,
    ) -> None:
        """Say something once: a second row of the same key is passed over.

        `message_ids` are messages that stand already and are made to show it; with `file_id` it is a file, and the text
        its caption. Without an `urgency` a notice waits for answers. Of more than `MOST_NOTICES` that wait in a topic the
        oldest are left out, and one line says so.
        """
        if urgency is None:
            urgency = Urgency.NOTICE if kind == "notice" else Urgency.ANSWER
        async with self._session.unit() as tx:
            await tx.execute(
                "put_outbox", address.bot_id, dedupe_key, address.chat_id, address.topic_id, reply_to, None, kind,
                format, text, list(message_ids), dump_buttons(buttons), file_id, urgency.value,
            )  # fmt: skip
            if urgency is Urgency.NOTICE and kind == "notice":
                await tx.outbox.leave_out_oldest(address)

    async def put_of_turn(self, turn: Turn, address: Address, text: str, dedupe_key: str) -> bool:
        """Say, in Markdown, what an agent or its pod has to tell beside its answer; False where the turn has had all of its notices."""
        reply_to = turn.message_id if turn.threaded else None  # only a reply stays in its thread
        async with self._session.unit() as tx:
            added = await tx.value(
                "put_of_turn", address.bot_id, dedupe_key, address.chat_id, address.topic_id, reply_to, turn.id, text,
                NOTICES_A_TURN,
            )  # fmt: skip
            known = added is not None or await tx.value("outbox_has", dedupe_key) is not None
            if added is not None:
                await tx.outbox.leave_out_oldest(address)
                tx.after(WakeOutbox())
        if not known:
            LIMITS.labels("notices-a-turn").inc()
        return known

    async def may_tell_stranger(self, dedupe_key: str) -> bool:
        """Say whether people whom the bot does not know can be told something: it was not said, and little waits."""
        return bool(await self._session.value("may_tell_stranger", self._bot_id, dedupe_key, MOST_STRANGERS))

    async def put_to_stranger(
        self,
        address: Address,
        text: str,
        dedupe_key: str,
        *,
        reply_to: int | None = None,
        buttons: Sequence[Button] = (),
        message_ids: Sequence[int] = (),
        format: str = "markdown",  # noqa: A002  # the column's name
    ) -> bool:
        """Say something to people whom the bot does not know; False where it said so, or too much waits for them."""
        added = await self._session.value(
            "put_to_stranger", address.bot_id, dedupe_key, address.chat_id, address.topic_id, reply_to, MOST_STRANGERS,
            text, dump_buttons(buttons), format, list(message_ids),
        )  # fmt: skip
        if added is None:
            LIMITS.labels("strangers-unsent").inc()
        return added is not None

    async def leave_out_oldest(self, address: Address, most: int = MOST_NOTICES) -> None:
        """Leave out the oldest notices of a topic where more than `most` wait, and say so once."""
        where = (address.bot_id, address.chat_id, address.topic_id)
        too_many = [row["id"] for row in await self._tx.rows("unsent_notices", *where, most)]
        if not too_many:
            return
        await self._tx.execute("leave_out", too_many)
        LIMITS.labels("notices-unsent").inc(len(too_many))
        if await self._tx.value("left_out_told", *where) is None:
            thread = await self._tx.threads.by_address(address)
            language = thread.language if thread is not None else SOURCE
            await self._tx.execute(
                "put_outbox", *where[:1], f"left-out:{too_many[-1]}", *where[1:], None, None, "notice", "plain",
                keys.notices_left_out(language), [], "[]", None, Urgency.NOTICE.value,
            )  # fmt: skip

    async def drop_unsent(self, address: Address) -> int:
        """Leave out what a topic's agents said beside their answers, and their files, as far as nothing of it was sent."""
        where = (address.bot_id, address.chat_id, address.topic_id)
        return int(await self._session.value("drop_unsent_of", *where))

    async def put_buttons(
        self, address: Address, message_id: int, dedupe_key: str, buttons: Sequence[Button] = ()
    ) -> None:  # fmt: skip
        """Put buttons under a message that stands, in place of those there; none takes them away."""
        await self.put(address, "", dedupe_key, message_ids=[message_id], buttons=buttons)

    async def replace(self, address: Address, dedupe_key: str, text: str, *, kind: str = "notice") -> None:
        """Make what was said under a key read otherwise, without its buttons; what was not said yet is not said."""
        if await self._session.value("withdraw_outbox", dedupe_key) is not None:
            return
        stands = await self._session.value("said_messages", dedupe_key)
        if stands:
            await self.put(address, text, f"{dedupe_key}:after", kind=kind, message_ids=tuple(stands))

    async def amend(self, address: Address, dedupe_key: str, step: str, text: str, *, anew: bool = True) -> None:
        """Make what was said in Markdown under a key read otherwise, once for each step of what it tells of.

        Where nothing was said under the key it is said now, as long as it is wanted `anew`.
        """
        async with self._session.unit() as tx:
            stands = await tx.value("said_messages", dedupe_key)
            if stands is None and not anew:
                return
            key = dedupe_key if stands is None else f"{dedupe_key}:{step}"
            await tx.outbox.put(
                address, text, key, kind="notice", format="markdown", message_ids=tuple(stands or ())
            )  # fmt: skip

    async def claim(
        self,
        exclude_chats: Collection[int],
        most: Sequence[int] = _MANY,
        busy: Collection[Queue] = (),
        most_in_chat: Sequence[int] = _MANY,
    ) -> list[OutboxRow]:
        """Return the oldest row of each queue where that is due, marked as being sent.

        Topics of a chat take turns, and so do chats: whoever was served longest ago is first.

        Args:
            exclude_chats: Chats to leave alone.
            most: How many of each urgency.
            busy: Queues at work, to leave alone.
            most_in_chat: How many of each urgency in one chat, those at work included.
        """
        async with self._session.unit() as tx:
            rows = await tx.rows(
                "claim_outbox", self._bot_id, list(exclude_chats), list(most), list(most_in_chat),
                [queue.chat_id for queue in busy], [queue.topic_id or 0 for queue in busy],
                [queue.urgency.value for queue in busy],
            )  # fmt: skip
        return [_outbox_row(row) for row in rows]

    async def progress(self, outbox_id: int, message_ids: Sequence[int], shown: Sequence[str]) -> None:
        """Remember how far a row got."""
        await self._session.execute("progress_outbox", outbox_id, list(message_ids), list(shown))

    async def sent(self, outbox_id: int) -> None:
        """Mark a row as said; a file of it is the chat's from then on."""
        async with self._session.unit() as tx:
            row = await tx.row("sent", outbox_id)
            await tx.execute("drop_sent_chunks", outbox_id)
        if row is not None:
            note_said(row)

    async def shows(self, turn_id: int, message_id: int) -> bool:
        """Say whether a message is known to be one of a turn's final, or one of its previews that are to be folded."""
        return bool(await self._session.value("final_shows", f"turn:{turn_id}", message_id))

    async def take_previews(self, outbox_id: int) -> None:
        """Let a final take the place of the turn's previews."""
        await self._session.execute("take_previews", outbox_id)

    async def unknown(self, outbox_id: int, delay: float, error: str) -> None:
        """Record that nobody knows whether the next part of a row was sent; it is due again after `delay` seconds."""
        await self._session.execute("unknown_outbox", outbox_id, delay, error)

    async def folds(self, busy: Collection[int], exclude_chats: Collection[int], most: int) -> list[Fold]:
        """Return previews of finals that stand, oldest first, but for busy rows and excluded chats."""
        rows = await self._session.rows("due_folds", self._bot_id, list(busy), list(exclude_chats), most)
        return [_fold(row) for row in rows]

    async def folded(self, outbox_id: int) -> None:
        """Record that nothing more is to be done with the previews of a final."""
        await self._session.execute("folded", outbox_id)

    async def retry_fold(self, outbox_id: int, delay: float) -> None:
        """Make the previews of a final due again after `delay` seconds."""
        await self._session.execute("retry_fold", outbox_id, delay)

    async def leave(self, outbox_id: int) -> None:
        """Record that a row was begun and left as it is, by a process that ends in order."""
        await self._session.execute("leave_outbox", outbox_id)

    async def retry(self, outbox_id: int, delay: float, error: str) -> None:
        """Make a row due again after `delay` seconds."""
        await self._session.execute("retry_outbox", outbox_id, delay, error)

    async def dead(self, outbox_id: int, error: str) -> None:
        """Give a row up, with words; a file of it is wanted by nobody."""
        async with self._session.unit() as tx:
            await tx.execute("dead", outbox_id, error)
            await tx.execute("drop_sent_chunks", outbox_id)

    async def hold(self, outbox_id: int) -> None:
        """Keep a row that a closed topic does not take; it is tried again when that is reopened."""
        await self._session.execute("hold_outbox", outbox_id)

    async def release_held(self, address: Address) -> None:
        """Make due again what a topic did not take."""
        await self._session.execute("release_held", address.bot_id, address.chat_id, address.topic_id)

    async def probe_held(self) -> bool:
        """Make due again one row of each topic that has been closed for a while; False where there is none."""
        async with self._session.unit() as tx:
            return bool(await tx.rows("probe_held", self._bot_id))

    async def reset_sending(self) -> None:
        """Make due again what a former leader was sending."""
        await self._session.execute("reset_sending", self._bot_id)

    async def resting_chats(self) -> dict[int, float]:
        """Return the chats whose rows wait to be sent again, each with the seconds left."""
        return {row["chat_id"]: row["seconds"] for row in await self._session.rows("resting_chats", self._bot_id)}


def _outbox_row(row: Any) -> OutboxRow:
    return OutboxRow(
        id=row["id"],
        address=Address(row["bot_id"], row["chat_id"], row["topic_id"]),
        reply_to=row["reply_to"],
        turn_id=row["turn_id"],
        kind=row["kind"],
        format=row["format"],
        text=row["text"],
        message_ids=tuple(row["message_ids"]),
        shown=tuple(row["shown"]),
        attempts=row["attempts"],
        buttons=load_buttons(row["buttons"]),
        file=FileRow(row["file_id"], row["file_name"], row["media_type"], row["bytes"]) if row["file_id"] else None,
        age=row["age"],
        language=row["language"],
        tools=_tools(row),
        preview_ids=tuple(row["preview_ids"]),
        preview_age=row["preview_age"],
        way=row["way"],
        threaded=row["threaded"],
        ambiguous=row["ambiguous"],
        urgency=Urgency(row["urgency"]),
        crashes=row["begun"] - 1,
    )


def _fold(row: Any) -> Fold:
    address = Address(row["bot_id"], row["chat_id"], row["topic_id"])
    said = row["state"] == "sent"
    return Fold(
        row["id"], address, tuple(row["preview_ids"]), row["way"], _tools(row), row["age"], said, row["language"]
    )


def _tools(row: Any) -> ToolUse | None:
    return ToolUse(row["tools"], row["tools_failed"], row["seconds"]) if row["tools"] else None
