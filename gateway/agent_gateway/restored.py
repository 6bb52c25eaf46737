"""Settle a restore: once, after the lead over a database that was put back was taken and before anything else is done.

What the database holds as open has gone on since its backup, and nobody knows how far. So nothing of it goes on by
itself: runs are over, open messages are told about with a button, and ids of the lost time are never given again.
"""

from __future__ import annotations

import logging

from agent_gateway.store import Store
from agent_gateway.store.chatrows import dump_buttons
from agent_gateway.store.restores import CutTurn
from agent_gateway.store.rows import RESTORED
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording import keys
from agent_gateway.wording.again import build_buttons
from agent_gateway.wording.restored import build_prefixes

_log = logging.getLogger(__name__)


async def settle_restore(store: Store) -> bool:
    """Settle a restore, all or nothing; False where there was none.

    Raises:
        LeadershipLost: another gateway leads, and settles it.
        Away: the database is out of reach.
    """
    if not await store.restores.pending():
        return False
    async with store.transaction() as tx:
        await tx.restores.raise_ids()
        runs = await tx.restores.end_runs()
        unsaid = await tx.restores.repeat_unsaid(build_prefixes())  # before what is to be said of this
        turns = await tx.restores.end_turns()
        await _tell(tx, turns)
        await tx.audit.add(None, "restored", f"{runs} runs, {len(turns)} messages, {unsaid} unsaid")
        await tx.restores.settled()
    _log.warning("restored", extra={
        "problem": "the database was put back to an earlier state: what was open in it has ended, and the chats are told",
        "runs": runs, "turns": len(turns), "unsaid": unsaid,
    })  # fmt: skip
    return True


async def _tell(tx: Transaction, turns: list[CutTurn]) -> None:
    reason = RESTORED.lower()
    await tx.many(
        "add_message", [(turn.thread_id, turn.id, "assistant", keys.restored_cut(turn.language)) for turn in turns]
    )
    await tx.many(
        "put_outbox",
        [
            (
                turn.address.bot_id, f"turn:{turn.id}", turn.address.chat_id, turn.address.topic_id, turn.message_id,
                turn.id, "final", "plain", keys.restored_cut(turn.language), [],
                dump_buttons(build_buttons(turn.language, turn.id, reason)), None, 0,
            )
            for turn in turns
        ],
    )  # fmt: skip
