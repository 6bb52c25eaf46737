"""Closes what cancelled turns show, where the word that they were cancelled was lost."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from agent_gateway.conversations.closing import Closer, close_left
from agent_gateway.logs import describe_fault
from agent_gateway.store import Store
from agent_gateway.store.errors import StoreError
from agent_gateway.wake import Wake

_EVERY_SECONDS: Final = 10.0
_log = logging.getLogger(__name__)


class LeftViews:
    """Looks for views of cancelled turns that stand.

    Args:
        store: Conversations.
        views: Live previews.
        wake: Tells what is due.
    """

    def __init__(self, store: Store, views: Closer, wake: Wake) -> None:
        self._store = store
        self._views = views
        self._wake = wake

    async def run(self) -> None:
        """Look for them, for ever."""
        while True:
            try:
                await close_left(self._store, self._views, self._wake)
            except StoreError as error:
                _log.warning("left_views_not_closed", extra={"error": describe_fault(error)})
            await asyncio.sleep(_EVERY_SECONDS)
