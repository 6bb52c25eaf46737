"""What becomes of a turn's previews once its answer stands below them: one line that tells the way, or nothing.

Beside everything else, like reactions: no answer waits for it, and it takes only what previews may take of a chat's
budget. What is left to do stands in the database, so that a gateway that takes over finds it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from agent_gateway.pauses import wait_at_most
from agent_gateway.render.render import Chunk
from agent_gateway.store.chatrows import Fold
from agent_gateway.store.errors import Away
from agent_gateway.telegram.errors import Refused, TelegramProblem, Throttled
from agent_gateway.telegram.outbound.budget import Budgets, Kind
from agent_gateway.telegram.outbound.renderer import Renderer, RenderHere, RenderingFailed
from agent_gateway.telegram.outbound.way import build_fold
from agent_gateway.telegram.ports import Chat, FoldStore

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 16
GIVEN_UP_SECONDS: Final = 86_400.0
"""At this age a preview stays as it is."""
_RETRY_SECONDS: Final = 10.0


class Folds:
    """Folds previews until cancelled.

    Args:
        api: Edits and deletes.
        store: Says which previews are due.
        check: Raises when this process may no longer act; asked before each call.
        budgets: Of the chats; shared with previews and answers.
        renderer: Renders what was said on the way.
        poll: Seconds after which is looked without a hint.
    """

    def __init__(
        self,
        api: Chat,
        store: FoldStore,
        *,
        check: Callable[[], None],
        budgets: Budgets,
        renderer: Renderer | None = None,
        poll: float = 5.0,
    ) -> None:
        self._renderer = renderer or RenderHere()
        self._api = api
        self._store = store
        self._check = check
        self._budgets = budgets
        self._poll = poll
        self._hint = asyncio.Event()

    def notify(self) -> None:
        """Say that an answer stands."""
        self._hint.set()

    async def run(self) -> None:
        """Fold until cancelled. What `check` raises ends it; begun again, nothing is lost."""
        while True:
            self._hint.clear()
            self._check()
            pause = self._poll
            try:
                due = await self._store.folds((), tuple(self._budgets.held()), MOST_AT_ONCE)
                waits = [await self._fold_if_room(fold) for fold in due]
                pause = min([pause, *(wait for wait in waits if wait > 0)])
            except Away as error:
                log.warning("folds_wait", extra={"error": type(error).__name__})
            await wait_at_most(self._hint, pause)

    async def _fold_if_room(self, fold: Fold) -> float:
        """Fold where the chat's budget has room for something unimportant; return the seconds until then otherwise."""
        wait = self._budgets.wait(fold.address.chat_id, Kind.PREVIEW)
        if wait > 0:
            return wait
        try:
            await self._fold(fold)
        except Throttled as problem:
            self._budgets.throttle(fold.address.chat_id, problem.retry_after)
        except TelegramProblem as problem:
            if fold.age < GIVEN_UP_SECONDS:
                log.info("a preview was not folded", extra={"outbox": fold.id, "error": type(problem).__name__})
                await self._store.retry_fold(fold.id, _RETRY_SECONDS)
                return 0.0
            await self._store.folded(fold.id)
        else:
            await self._store.folded(fold.id)
        return 0.0

    async def _fold(self, fold: Fold) -> None:
        first, *others = fold.message_ids
        chunk = await self._build(fold) if fold.said else None
        for message_id in [*others, *([first] if chunk is None else [])]:
            await self._call(self._api.delete_message, fold, message_id)
        if chunk is not None:
            await self._call(
                lambda address, message_id: self._api.edit_message_text(
                    address, message_id, chunk.text, chunk.entities
                ),
                fold,
                first,
            )

    async def _build(self, fold: Fold) -> Chunk | None:
        try:
            return await self._renderer.run(build_fold, fold.language, fold.tools, fold.way)
        except RenderingFailed:
            return build_fold(fold.language, fold.tools, "")

    async def _call(self, call: Callable[..., Awaitable[None]], fold: Fold, message_id: int) -> None:
        self._check()
        self._budgets.spend(fold.address.chat_id)
        try:
            await call(fold.address, message_id)
        except Refused:  # it is gone, or too old: it stays as it is
            log.info("a preview stays as it is", extra={"outbox": fold.id})
