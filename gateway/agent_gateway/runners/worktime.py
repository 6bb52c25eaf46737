"""What the chat is told while a turn's time runs short."""

from __future__ import annotations

from agent_contract import wire
from agent_contract.terms import Timeouts
from agent_gateway.runners.ports import Wakes
from agent_gateway.store import Store
from agent_gateway.store.rows import Thread, ThreadKind, Turn
from agent_gateway.wording import keys
from agent_gateway.wording.worktime import build_more, warn_text


class TimeNotices:
    """Warns of the end of one connection's turns, and takes the warning back.

    Args:
        thread: Whose turns.
        run: The run that has them.
        store: Everything durable.
        wake: Tells that there is something to say.
    """

    def __init__(self, thread: Thread, run: int, store: Store, wake: Wakes) -> None:
        self._thread = thread
        self._run = run
        self._store = store
        self._wake = wake

    async def warn(self, turn_id: int, seq: int, short: wire.TimeShort) -> None:
        """Say that the turn will be ended, and offer more time; of a sub-agent the chat is told nothing."""
        if self._thread.kind is not ThreadKind.CONVERSATION:
            return
        turn = await self._store.turns.by_id(turn_id)
        if turn is None or turn.ended_at is not None:
            return
        text = warn_text(turn.language, short.limit, short.passed, short.seconds)
        buttons = build_more(turn.language, turn_id, turn.extended, await self._read_most(turn))
        if await self._store.turns.warn(turn, self._thread.address, f"time:{turn_id}:{seq}", text, buttons):
            self._wake.outbox()

    async def ease(self, turn: Turn) -> None:
        """Take the warning back that stands, whichever gateway said it: there is work again. Without one nothing happens."""
        if await self._store.turns.take_back_warning(turn.id, self._thread.address, keys.time_eased(turn.language)):
            self._wake.outbox()

    async def _read_most(self, turn: Turn) -> int:
        run = await self._store.runs.get(turn.thread_id, self._run)
        return (run.limits if run is not None and run.limits is not None else Timeouts()).turn_extra
