"""Sends what waits to webhooks: in order within a chat, chats side by side, again until it was taken."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp

from agent_simulators.faults import Fault
from agent_simulators.telegram.bots import Bot, Update, Webhook
from agent_simulators.telegram.calls import perform_reply
from agent_simulators.telegram.faultspec import TelegramFault
from agent_simulators.telegram.state import Cloud

_log = logging.getLogger(__name__)
SECONDS_TO_ANSWER = 60.0
"""How long a webhook may take."""
MAX_REPLY = 65_536
"""Bytes of a webhook's answer that are read."""
_IDLE = 60.0
"""Seconds after which the queues are looked at though nothing changed."""
_NOT_BY_REPLY = frozenset({"deletewebhook", "setwebhook", "close", "logout"})
"""Methods that a webhook cannot call by its answer, as none that begins with `get`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a delivery ended: taken, or why not."""

    error: str | None = None
    retry_after: float = 0.0
    reply: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Flight:
    bot: Bot
    hook: Webhook
    task: asyncio.Task[None]


class Deliveries:
    """All deliveries of one cloud."""

    def __init__(self, cloud: Cloud, session: aiohttp.ClientSession) -> None:
        self._cloud = cloud
        self._session = session
        self._flights: dict[Update, _Flight] = {}

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while True:
                self._cloud.deliverable.clear()
                pause = min([_IDLE, *(self._start(bot) for bot in self._cloud.bots.values())])
                # wait_for can lose a cancellation that comes together with the event
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._cloud.deliverable.wait()
        finally:
            tasks = [flight.task for flight in self._flights.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, bot: Bot) -> float:
        """Start what is due for a bot, and return the seconds until something else is."""
        own = {update: flight for update, flight in self._flights.items() if flight.bot is bot}
        for update, flight in own.items():
            if flight.hook is not bot.webhook or update.ended is not None:
                flight.task.cancel()  # a webhook that was changed or removed is left at once
        if bot.webhook is None:
            return _IDLE
        free, pause, now = bot.webhook.max_connections - len(own), _IDLE, time.monotonic()
        for update in first_of_each_chat(bot.wanted()):
            if update in own or free <= 0:
                continue
            if update.not_before > now:
                pause = min(pause, update.not_before - now)
                continue
            task = asyncio.create_task(self._deliver(bot, bot.webhook, update))
            self._flights[update] = _Flight(bot, bot.webhook, task)
            task.add_done_callback(functools.partial(self._land, update))
            free -= 1
        return pause

    async def _deliver(self, bot: Bot, hook: Webhook, update: Update) -> None:
        """Send an update once, and take its answer into account."""
        outcome = await self._send(hook, update)
        if outcome.error is not None:
            hook.fail(outcome.error)
            update.fail(outcome.error, outcome.retry_after, self._cloud.webhook_pause)
            return
        bot.settle(update, "webhook")
        if outcome.reply is not None:
            await perform_reply(self._cloud, bot, outcome.reply)

    def _land(self, update: Update, task: asyncio.Task[None]) -> None:
        """Make room for the next delivery; a bug in one must not send it again and again."""
        del self._flights[update]
        self._cloud.deliverable.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a delivery failed by a bug", exc_info=error)
            update.fail(type(error).__name__, 0.0, self._cloud.webhook_pause)

    async def _send(self, hook: Webhook, update: Update) -> Outcome:
        """Send an update, spoilt by the faults that strike it."""
        struck = self._cloud.faults.strike(lambda spec: spec.strikes_delivery(update.chat))
        for delay in (fault for fault in struck if fault.spec.adds):
            await delay.hold(delay.spec.hold)
        fault = next((fault for fault in struck if not fault.spec.adds), None)
        update.give()
        if fault is None:
            return await self._post(hook, update)
        if fault.spec.kind == "double":
            update.give()
            first, _second = await asyncio.gather(self._post(hook, update), self._post(hook, update))
            return first
        if fault.spec.at == "after":
            await self._post(hook, update)
            if fault.spec.kind == "silence":
                await fault.hold(fault.spec.hold)
            return Outcome("Webhook connection closed")
        return await self._post(hook, update, fault)

    async def _post(self, hook: Webhook, update: Update, fault: Fault[TelegramFault] | None = None) -> Outcome:
        """Send an update over the wire; with a fault only the half of it."""
        body = json.dumps(update.body).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        if hook.secret is not None:
            headers["X-Telegram-Bot-Api-Secret-Token"] = hook.secret
        data = body if fault is None else _send_half(body, fault)
        held = 0.0 if fault is None else fault.spec.hold
        limit = aiohttp.ClientTimeout(total=SECONDS_TO_ANSWER + held)
        try:
            async with self._session.post(
                hook.url, data=data, headers=headers, allow_redirects=False, timeout=limit
            ) as response:
                return await _read(response)
        except TimeoutError:
            return Outcome("Read timeout expired")
        except aiohttp.ClientConnectorError:
            return Outcome("Connection refused")
        except (aiohttp.ClientError, OSError):
            return Outcome("Webhook connection closed")


def first_of_each_chat(updates: list[Update]) -> list[Update]:
    """Return the oldest update of each chat, and all that belong to none."""
    firsts: dict[object, Update] = {}
    for update in updates:
        firsts.setdefault(update if update.chat is None else update.chat, update)
    return list(firsts.values())


async def _send_half(body: bytes, fault: Fault[TelegramFault]) -> AsyncIterator[bytes]:
    """Send half of a request; then cut the connection, at once or after a silence."""
    yield body[: len(body) // 2]
    if fault.spec.kind == "silence":
        await fault.hold(fault.spec.hold)
    raise ConnectionResetError("cut by a fault")


async def _read(response: aiohttp.ClientResponse) -> Outcome:
    """Return what an answer means."""
    if not 200 <= response.status <= 299:
        after = response.headers.get("Retry-After", "")
        words = f"Wrong response from the webhook: {response.status} {response.reason or ''}".rstrip()
        return Outcome(words, float(after) if after.isdecimal() else 0.0)
    reply = bytearray()
    async for chunk in response.content.iter_chunked(MAX_REPLY):
        reply += chunk
        if len(reply) > MAX_REPLY:
            return Outcome()
    return Outcome(reply=_find_call(bytes(reply)) if response.content_type == "application/json" else None)


def _find_call(reply: bytes) -> dict[str, Any] | None:
    """Return the call that stands in a webhook's answer, if one does that it may make."""
    try:
        found = json.loads(reply)
    except ValueError:
        return None
    name = found.get("method") if isinstance(found, dict) else None
    if not isinstance(name, str) or name.lower() in _NOT_BY_REPLY or name.lower().startswith("get"):
        return None
    return {**found, "method": name}
