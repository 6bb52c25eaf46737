"""Which way updates come: the leader tells Telegram, and again where somebody else told it otherwise.

A switch loses nothing in either direction. Telegram keeps what was not confirmed and brings it the new way; what comes
twice meets the inbox's primary key. Updates of a webhook are answered out of order, so the number that a poll would
confirm with is not known: polling begins anew from the oldest that Telegram still has.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol

from agent_gateway.inbox.webhook import MOST_AT_ONCE, describe_info
from agent_gateway.telegram.errors import TelegramProblem, Throttled

log = logging.getLogger(__name__)
CHECK_SECONDS: Final = 60.0
_PAUSES: Final = (1.0, 2.0, 5.0, 15.0, 30.0)


class Hooks(Protocol):
    """Telegram's calls about webhooks. Each raises what `telegram.errors` names."""

    async def set_webhook(self, url: str, secret: str, connections: int) -> None:
        """Have updates brought to a URL."""

    async def delete_webhook(self) -> None:
        """Have updates kept for polls; none is dropped."""

    async def get_webhook_info(self) -> dict[str, Any]:
        """Return what is set, and how the last deliveries went."""


class Cursor(Protocol):
    """How far Telegram was told that we have updates."""

    async def forget_cursor(self) -> None:
        """Let the next poll begin with the oldest update that Telegram has."""


class WebhookKeeper:
    """Keeps the webhook set while this gateway leads.

    Args:
        api: Telegram.
        cursor: Forgotten, so that a later return to polling starts with what was not confirmed.
        url: Where updates are brought to.
        read_secret: Returns the secret as it stands now.
        check: Raises when this process may no longer act.
    """

    def __init__(
        self, api: Hooks, cursor: Cursor, url: str, read_secret: Callable[[], str], check: Callable[[], None]
    ) -> None:
        self._api = api
        self._cursor = cursor
        self._url = url
        self._read_secret = read_secret
        self._check = check
        self._told: str | None = None
        self._failures = 0
        self.problem: str | None = None
        """Why updates do not come, in words; None while they may."""

    async def run(self) -> None:
        """Keep it, until cancelled."""
        await self._cursor.forget_cursor()
        while True:
            self._check()
            try:
                await self._keep()
            except TelegramProblem as problem:
                await self._fail(problem)
                continue
            self._failures = 0
            await asyncio.sleep(CHECK_SECONDS)

    async def _keep(self) -> None:
        secret = self._read_secret()
        if not secret:
            self.problem = "There is no secret for the webhook: set TELEGRAM_WEBHOOK_SECRET."
            return
        info = await self._api.get_webhook_info()
        if info.get("url") != self._url or secret != self._told:
            await self._api.set_webhook(self._url, secret, MOST_AT_ONCE)
            log.info("webhook_set")
            self._told = secret
            self.problem = None
            return
        self.problem = describe_info(info)
        if self.problem is not None:
            log.warning("webhook_fails", extra={"problem": self.problem})

    async def _fail(self, problem: TelegramProblem) -> None:
        self.problem = f"The webhook cannot be set: {problem}"
        pause = _PAUSES[min(self._failures, len(_PAUSES) - 1)]
        if isinstance(problem, Throttled):
            pause = max(pause, problem.retry_after)
        self._failures += 1
        log.warning("webhook_not_set", extra={"error": type(problem).__name__, "seconds": pause})
        await asyncio.sleep(pause)
