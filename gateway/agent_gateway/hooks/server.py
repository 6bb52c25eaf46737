"""The port to which events are brought: whoever brings one is told little, and it is committed before it is answered.

Every replica takes events, the standby too: a row is the same whoever stores it, and its keys absorb what comes twice.
Only the leader acts on it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from aiohttp import web

from agent_gateway.hooks.places import Place, Places, end_reading
from agent_gateway.hooks.settings import Hook
from agent_gateway.hooks.signing import check_body, check_head
from agent_gateway.hooks.taking import Receiver, Verdict, take_event
from agent_gateway.metrics import HOOK_EVENTS, LIMITS
from agent_gateway.rates import Bucket, Rate
from agent_gateway.store.errors import Away, StoreError

MAX_BYTES: Final = 1 << 20
"""Of one event (`hook-bytes`)."""
BODY_SECONDS: Final = 10.0
COMMIT_SECONDS: Final = 20.0
RETRY_AFTER_SECONDS: Final = 30
_LOGGED: Final = Rate(0.2, 30)
"""Refusals that are told in the log: strangers cannot fill it."""
_UNKNOWN: Final = "?"
_STRANGER: Final = "This hook is not known here, or what shows who you are does not fit it."
_log = logging.getLogger(__name__)
_TOLD: Final[Mapping[str, tuple[int, str]]] = {
    "unknown": (401, _STRANGER),
    "unsigned": (401, _STRANGER),
    "signature": (401, _STRANGER),
    "timestamp": (401, "The timestamp is too old or too new: what is signed must be brought within five minutes."),
    "no-secret": (503, "This hook cannot be used now."),
    "hook-bytes": (413, f"An event may have {MAX_BYTES} bytes at most."),
    "hook-at-once": (429, "Too many events of this hook are being read: bring it again later."),
    "slow": (408, "The event did not arrive in time."),
    "form": (415, "Bring the event as JSON: its content type must be application/json."),
    "unreadable": (400, "The event is no JSON."),
    "hook-turns": (429, "This hook has asked for as much as it may within an hour: bring it again later."),
    "hook-waiting": (429, "As many events of this hook wait as may: bring it again later."),
    "hook-checks": (
        429,
        "This hook has brought as many ends of checks as it may within an hour: bring it again later.",
    ),
    "away": (503, "The event could not be stored: bring it again later."),
    "refused": (400, "The event cannot be stored."),
}
_OUTCOMES: Final[Mapping[Verdict, int]] = {"taken": 202, "known": 200, "passed": 200}
_LIMITS: Final = frozenset({"hook-bytes", "hook-at-once", "hook-turns", "hook-waiting", "hook-checks"})


class HookServer:
    """Takes events.

    Args:
        hooks: By name.
        receiver: Commits what is taken.
        clock: Unix seconds.
        monotonic: Seconds that never go back.
    """

    def __init__(
        self,
        hooks: Mapping[str, Hook],
        receiver: Receiver,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hooks = hooks
        self._receiver = receiver
        self._clock = clock
        self._places = Places(monotonic)
        self._logged = Bucket(_LOGGED, monotonic)

    def build(self) -> web.Application:
        """Build the application for `names.PORT_HOOKS`."""
        app = web.Application(client_max_size=MAX_BYTES)
        app.router.add_post("/hooks/{name}", self.take)
        return app

    async def take(self, request: web.Request) -> web.Response:
        """Take one event."""
        hook = self._hooks.get(request.match_info["name"])
        if hook is None:
            return self._refuse(None, "unknown")
        refused = check_head(hook.form, request.headers, hook.read_secrets(), self._clock())
        if refused is not None:
            return self._refuse(hook, refused)
        reading = asyncio.timeout(BODY_SECONDS)
        place = self._places.enter(hook.name, partial(end_reading, reading))
        if place is None:
            return self._refuse(hook, "hook-at-once")
        try:
            return await self._read(hook, request, reading, place)
        finally:
            self._places.leave(place)

    async def _read(self, hook: Hook, request: web.Request, reading: asyncio.Timeout, place: Place) -> web.Response:
        if (request.content_length or 0) > MAX_BYTES:
            return self._refuse(hook, "hook-bytes")
        try:
            async with reading:
                body = await request.read()
                place.end = None
        except TimeoutError:
            return self._refuse(hook, "slow")
        except web.HTTPRequestEntityTooLarge:
            return self._refuse(hook, "hook-bytes")
        refused = check_body(hook.form, request.headers, body, hook.read_secrets())
        if refused is not None:
            return self._refuse(hook, refused)
        if request.content_type == "application/x-www-form-urlencoded" and hook.form != "secret":
            return self._refuse(hook, "form")
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            return self._refuse(hook, "unreadable")
        return await self._store(hook, request.headers, body, payload)

    async def _store(self, hook: Hook, headers: Mapping[str, str], body: bytes, payload: Any) -> web.Response:
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                verdict, event = await take_event(self._receiver, hook, headers, body, payload)
        except (Away, TimeoutError) as error:
            _log.warning("hook_without_database", extra={"hook": hook.name, "error": type(error).__name__})
            return self._refuse(hook, "away")
        except StoreError as error:
            _log.error("hook_not_stored", extra={"hook": hook.name, "error": type(error).__name__})
            return self._refuse(hook, "refused")
        if verdict not in _OUTCOMES:
            return self._refuse(hook, verdict)
        HOOK_EVENTS.labels(hook.name, verdict).inc()
        _log.info("hook_event", extra={"hook": hook.name, "event": event, "outcome": verdict})
        return web.json_response({"outcome": verdict}, status=_OUTCOMES[verdict])

    def _refuse(self, hook: Hook | None, reason: str) -> web.Response:
        """Answer whoever brought what is not taken; the log says why, and nothing of what was brought."""
        name = hook.name if hook is not None else _UNKNOWN
        HOOK_EVENTS.labels(name, reason).inc()
        if reason in _LIMITS:
            LIMITS.labels(reason).inc()
        if self._logged.take():
            _log.warning("hook_refused", extra={"hook": name, "reason": reason})
        status, words = _TOLD[reason]
        later = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status in {429, 503} else {}
        return web.json_response({"error": words}, status=status, headers=later)
