"""The console's port: what may be read and done by whom, how much of it at once, and how refusals are told.

What is refused is answered as `{"error": sentence, "reason": word}`. No text of a conversation reaches the log.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from agent_contract import names
from agent_gateway.console.callers import Caller, Callers
from agent_gateway.console.reading import Had, dump_facts, dump_messages, dump_turns
from agent_gateway.console.refused import LIMITS_NAMED, Refused
from agent_gateway.console.speaking import MOST_TEXT, Speaking
from agent_gateway.errors import LeadershipLost
from agent_gateway.logs import describe_fault
from agent_gateway.metrics import CONSOLE_CALLS, LIMITS
from agent_gateway.rates import Bucket, Buckets, Rate
from agent_gateway.store import Store
from agent_gateway.store.console import MOST_MESSAGES, MOST_TURNS
from agent_gateway.store.errors import Away, StoreError
from agent_gateway.store.rows import Thread

MAX_BODY: Final = 12 * MOST_TEXT + 1024
"""Of what is said, as JSON: the longest text in its longest form fits, each character as two escapes of six bytes."""
BODY_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 20.0
"""For the database, besides a wait that was asked for."""
MOST_WAIT: Final = 20.0
"""For so long at most a call waits for something new."""
POLL_SECONDS: Final = 0.4
MOST_WAITS: Final = 32
"""Calls that wait at once."""
MOST_WAITS_OF_ONE: Final = 4
"""Of them, of one person."""
CALLS: Final = Rate(5.0, 40)
"""Of one person."""
_LOGGED: Final = Rate(1.0, 30)
"""Refusals that are written down: whoever asks again and again fills no log."""
_MOST_NAME: Final = 63
_MOST_ID: Final = 2**62
_Act = Callable[[Caller, Thread, web.Request], Awaitable[dict[str, Any]]]
_log = logging.getLogger(__name__)


class ConsoleServer:
    """Answers `kubectl openclaw`.

    Args:
        store: Conversations; any gateway reads them, the leading one writes.
        callers: Tells who calls.
        speaking: Says and stops.
        most_runs: How many runs there may be.
        monotonic: Seconds that never go back.
    """

    def __init__(
        self,
        store: Store,
        callers: Callers,
        speaking: Speaking,
        most_runs: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._callers = callers
        self._speaking = speaking
        self._most_runs = most_runs
        self._monotonic = monotonic
        self._calls: Buckets[str] = Buckets(CALLS, monotonic)
        self._logged = Bucket(_LOGGED, monotonic)
        self._waits: Counter[str] = Counter()

    def build(self) -> web.Application:
        """Build the application for `names.PORT_CONSOLE`."""
        app = web.Application(client_max_size=MAX_BODY)
        base = "/v1/threads/{name}"
        app.router.add_get(f"{base}/turns", partial(self._answer, "turns", self._read_turns))
        app.router.add_get(f"{base}/messages", partial(self._answer, "messages", self._read_messages))
        app.router.add_get(f"{base}/why", partial(self._answer, "why", self._read_facts))
        app.router.add_post(f"{base}/say", partial(self._answer, "say", self._say, speaks=True))
        app.router.add_post(f"{base}/stop", partial(self._answer, "stop", self._stop, speaks=True))
        return app

    async def _answer(self, action: str, act: _Act, request: web.Request, *, speaks: bool = False) -> web.Response:
        """Find out who calls, what for and whether they may; then do it, and tell how it went."""
        person = "?"
        try:
            async with asyncio.timeout(MOST_WAIT + ANSWER_SECONDS + BODY_SECONDS):
                caller = await self._callers.identify(
                    request.headers.get(names.CONSOLE_HEADER, ""), _read_address(request)
                )
                person = caller.person
                self._check(caller, speaks=speaks)
                thread = await self._find(request.match_info["name"])
                answer = await act(caller, thread, request)
        except Refused as refused:
            return self._refuse(refused, action, person)
        except LeadershipLost:
            return self._refuse(Refused("not-leading"), action, person)
        except (Away, TimeoutError):
            return self._refuse(Refused("away"), action, person)
        except StoreError as error:
            _log.error("console_failed", extra={"action": action, "problem": describe_fault(error)})
            return self._refuse(Refused("failed"), action, person)
        CONSOLE_CALLS.labels(action, "done").inc()
        if action != "turns":  # which a terminal that follows asks again and again
            _log.info("console", extra={"action": action, "person": person, "agent_thread": thread.name})
        return web.json_response(answer)

    def _check(self, caller: Caller, *, speaks: bool) -> None:
        if not self._calls.of(caller.person).take():
            raise Refused("console-calls")
        if speaks and not caller.may_speak:
            raise Refused("speak")

    async def _find(self, name: str) -> Thread:
        thread = await self._store.console.thread(name) if len(name) <= _MOST_NAME else None
        if thread is None:
            raise Refused("thread")
        return thread

    async def _read_turns(self, caller: Caller, thread: Thread, request: web.Request) -> dict[str, Any]:
        """Tell of the newest turns; where the caller has seen how they stand, wait until something is new."""
        first = _read_number(request, "first", _MOST_ID, 0)
        most = max(1, _read_number(request, "most", MOST_TURNS, MOST_TURNS))
        had = Had(
            _read_number(request, "turn", _MOST_ID, 0),
            _read_number(request, "have", _MOST_ID, 0),
            _read_number(request, "crc", 2**32 - 1, 0),
        )
        seen = await self._mark(thread)
        wait = _read_number(request, "wait", int(MOST_WAIT), 0)
        if wait and seen == request.query.get("seen", ""):
            seen = await self._wait(caller, thread, seen, wait, lambda: request.transport is None)
        turns = await self._store.console.turns(thread.id, first, most)
        return {"seen": seen, "turns": dump_turns(turns, had)}

    async def _wait(
        self, caller: Caller, thread: Thread, seen: str, seconds: float, is_gone: Callable[[], bool]
    ) -> str:  # fmt: skip
        """Return what is another than what was seen, or the same after a time, or where nobody waits for it any more."""
        if self._waits.total() >= MOST_WAITS or self._waits[caller.person] >= MOST_WAITS_OF_ONE:
            raise Refused("console-waits")
        self._waits[caller.person] += 1
        try:
            end = self._monotonic() + seconds
            while (now := await self._mark(thread)) == seen and self._monotonic() < end and not is_gone():  # noqa: ASYNC110  # any gateway writes it
                await asyncio.sleep(POLL_SECONDS)
            return now
        finally:
            self._waits[caller.person] -= 1
            self._waits += Counter()  # who waits no more is forgotten

    async def _mark(self, thread: Thread) -> str:
        marks = await self._store.console.marks(thread.id)
        return hashlib.sha256(repr(marks).encode()).hexdigest()[:32]

    async def _read_messages(self, caller: Caller, thread: Thread, request: web.Request) -> dict[str, Any]:  # noqa: ARG002  # as all
        before = _read_number(request, "before", _MOST_ID, _MOST_ID)
        most = max(1, _read_number(request, "most", MOST_MESSAGES, 50))
        return {"messages": dump_messages(await self._store.console.messages(thread.id, before, most))}

    async def _read_facts(self, caller: Caller, thread: Thread, request: web.Request) -> dict[str, Any]:  # noqa: ARG002  # as all
        facts = await self._store.threads.facts(thread.id)
        if facts is None:
            raise Refused("thread")
        return dump_facts(
            facts,
            await self._store.turns.count_queued(thread.id),
            (await self._store.runs.count_open(), self._most_runs),
            await self._store.console.questions(thread.id),
            await self._store.console.last(thread.id),
        )

    async def _say(self, caller: Caller, thread: Thread, request: web.Request) -> dict[str, Any]:
        body = await _read_body(request)
        text = body.get("text")
        if not isinstance(text, str):
            raise Refused("request")
        return await self._speaking.say(caller, thread, _read_id(body), text)

    async def _stop(self, caller: Caller, thread: Thread, request: web.Request) -> dict[str, Any]:
        return await self._speaking.stop(caller, thread, _read_id(await _read_body(request)))

    def _refuse(self, refused: Refused, action: str, person: str) -> web.Response:
        CONSOLE_CALLS.labels(action, refused.reason).inc()
        if refused.reason in LIMITS_NAMED:
            LIMITS.labels(refused.reason).inc()
        if self._logged.take():
            extra = {"action": action, "person": person, "reason": refused.reason}
            _log.warning("console_refused", extra=extra)
        return web.json_response({"error": str(refused), "reason": refused.reason}, status=refused.status)


def _read_address(request: web.Request) -> str:
    """Return where a caller is: what the API server adds last; what stands before it is whatever the caller says."""
    return request.headers.getall("X-Forwarded-For", [""])[-1].rpartition(",")[2].strip()


def _read_number(request: web.Request, name: str, most: int, default: int) -> int:
    given = request.query.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) < 20):
        raise Refused("request")
    return min(int(given), most)


async def _read_body(request: web.Request) -> dict[str, Any]:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = json.loads(await request.read())
    except web.HTTPRequestEntityTooLarge as error:
        raise Refused("console-text") from error
    except (ValueError, RecursionError, TimeoutError) as error:
        raise Refused("request") from error
    if not isinstance(body, dict):
        raise Refused("request")
    return body


def _read_id(body: dict[str, Any]) -> UUID:
    given = body.get("request")
    try:
        return UUID(given if isinstance(given, str) and len(given) == 36 else "")
    except ValueError as error:
        raise Refused("request") from error
