"""What follows where a run is over a limit: it is counted, and said once in the chat that it works for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from agent_gateway.metrics import LIMITS
from agent_gateway.quotas import Limit, OverQuota, Quotas
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.ports import Wakes
from agent_gateway.store import Store
from agent_gateway.wording import keys, units

_log = logging.getLogger(__name__)


def _with_size(say: Callable[..., str], read: Callable[[Quotas], int]) -> Callable[[str, Quotas], str]:
    return lambda language, quotas: say(language, size=units.size(language, read(quotas)))


_TOLD: Final[Mapping[Limit, Callable[[str, Quotas], str]]] = {
    Limit.COPIES: _with_size(keys.room_copies, lambda quotas: quotas.copies),
    Limit.FILES: _with_size(keys.room_files, lambda quotas: quotas.files),
    Limit.FILES_WAITING: _with_size(keys.room_files, lambda quotas: quotas.files),
    Limit.DATABASE: lambda language, _: keys.room_files_refused(language),
}
_ENDING: Final[Mapping[Limit, Callable[[str, Quotas], str]]] = {
    Limit.SESSION_TURN: _with_size(keys.room_answer, lambda quotas: quotas.turn),
    Limit.SESSION_RUN: _with_size(keys.room_answer, lambda quotas: quotas.run),
    Limit.SESSION: _with_size(keys.room_session, lambda quotas: quotas.session),
    Limit.SESSIONS: _with_size(keys.room_sessions, lambda quotas: quotas.sessions),
}


def describe_end(language: str, over: OverQuota, quotas: Quotas) -> str:
    """Say why a turn ends whose session lines there is no room for."""
    return _ENDING[over.limit](language, quotas)


class Refusals:
    """Tells of refused files.

    Args:
        store: Where it is said.
        wake: Told that there is something to say.
        quotas: What the limits are.
    """

    def __init__(self, store: Store, wake: Wakes, quotas: Quotas) -> None:
        self._store = store
        self._wake = wake
        self._quotas = quotas

    async def tell(self, who: Identity, over: OverQuota) -> None:
        """Count a refusal, and say it in the chat once a run; what only concerns the agent, it alone is told."""
        LIMITS.labels(over.limit).inc()
        _log.info("over_limit", extra={"agent_thread": who.thread_name, "run": who.run, "limit": over.limit.value})
        say = _TOLD.get(over.limit)
        thread = await self._store.threads.by_id(who.thread_id) if say is not None else None
        if say is None or thread is None or thread.address.chat_id == 0:
            return
        key = f"limit:{thread.id}:{who.run}:{over.limit}"
        await self._store.outbox.put(thread.address, say(thread.language, self._quotas), key, kind="notice")
        self._wake.outbox()
