"""The other way in: Telegram brings each update to a port of its own, and is answered once it is committed.

Every replica takes updates, the standby too: a row of the inbox is the same whoever stores it, and its primary key
absorbs what comes twice. Only the leader acts on it.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol

from aiohttp import web

from agent_gateway.inbox.rows import build_rows
from agent_gateway.metrics import WEBHOOK_UPDATES
from agent_gateway.store.errors import Away, StoreError

log = logging.getLogger(__name__)
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # the header's name
MAX_BYTES: Final = 1 << 20
"""Of one update; Telegram's largest have some tens of kilobytes."""
MOST_AT_ONCE: Final = 40
"""Updates that are stored at the same time: as many as Telegram brings at once."""
BODY_SECONDS: Final = 10.0
COMMIT_SECONDS: Final = 20.0
RETRY_AFTER_SECONDS: Final = 5


class Receiver(Protocol):
    """Where updates become durable, whoever leads."""

    async def receive(self, rows: list[tuple[int, str, str]]) -> None:
        """Commit (update id, queue, payload) rows; those that are known are passed over."""


def create_webhook_app(receiver: Receiver, path: str, read_secret: Callable[[], str]) -> web.Application:
    """Build the application for `names.PORT_WEBHOOK`.

    Args:
        receiver: Commits, and lets the leader know.
        path: Of the public URL.
        read_secret: Returns the secret as it stands now; without one nothing is taken.
    """
    room = asyncio.Semaphore(MOST_AT_ONCE)

    async def take(request: web.Request) -> web.Response:
        secret = read_secret()
        shown = request.headers.get(SECRET_HEADER, "")
        if not secret or not hmac.compare_digest(shown.encode(errors="surrogateescape"), secret.encode()):
            WEBHOOK_UPDATES.labels("refused").inc()
            return web.Response(status=403)
        if room.locked():
            return _later("busy")
        async with room:
            return await _store(request, receiver)

    app = web.Application(client_max_size=MAX_BYTES)
    app.router.add_post(path or "/", take)
    return app


async def _store(request: web.Request, receiver: Receiver) -> web.Response:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            update = json.loads(await request.read())
    except TimeoutError:
        return web.Response(status=408)
    except ValueError:  # from whoever knows the secret: asking for it again would bring the same
        log.warning("webhook_not_json")
        return _done("unreadable")
    rows, _ = build_rows([update], 0)
    if not rows:
        return _done("unreadable")
    try:
        async with asyncio.timeout(COMMIT_SECONDS):
            await receiver.receive(rows)
    except (Away, TimeoutError) as error:
        log.warning("webhook_without_database", extra={"error": type(error).__name__})
        return _later("away")
    except StoreError as error:  # it can be stored never, and Telegram would bring it for a day
        log.error("webhook_not_stored", extra={"update_id": rows[0][0], "error": type(error).__name__})  # noqa: TRY400
        return _done("refused_by_database")
    return _done("stored")


def _done(outcome: str) -> web.Response:
    WEBHOOK_UPDATES.labels(outcome).inc()
    return web.Response(status=200)


def _later(outcome: str) -> web.Response:
    WEBHOOK_UPDATES.labels(outcome).inc()
    return web.Response(status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def describe_info(info: Any) -> str | None:
    """Say what keeps Telegram from bringing updates, from `getWebhookInfo`; None while nothing does."""
    message = info.get("last_error_message") if isinstance(info, dict) else None
    pending = info.get("pending_update_count", 0) if isinstance(info, dict) else 0
    if not isinstance(message, str) or not pending:
        return None
    return f"Telegram cannot bring {pending} updates to the webhook: {message[:200]}"
