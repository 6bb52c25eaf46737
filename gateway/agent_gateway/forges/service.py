"""What agents ask of forges: rights first, then the forge, and the row that keeps it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from agent_contract.pulls import PullAnswer, PullCall
from agent_contract.repositories import RepositoryRule
from agent_gateway.connections.settings import Connection
from agent_gateway.decisions.service import TURN_OVER, find_asker
from agent_gateway.errors import ClassUnknown
from agent_gateway.forges.answers import describe_own, describe_seen
from agent_gateway.forges.asking import PullQuestions
from agent_gateway.forges.callers import Caller, find_root
from agent_gateway.forges.http import ForgeAway, ForgeError, ForgeLimited, ForgeRefused
from agent_gateway.forges.marks import mark, read_mark
from agent_gateway.forges.opening import Opening
from agent_gateway.forges.pace import FIRST_SECONDS
from agent_gateway.forges.persons import PersonTokens
from agent_gateway.forges.places import NoPlace, Places
from agent_gateway.forges.placing import Asked, NotAllowed, check_write, find_repository, read_branch
from agent_gateway.forges.values import Change, Forge, NewPull, Place
from agent_gateway.metrics import LIMITS
from agent_gateway.rates import Buckets, Rate
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.pullcalls import PullDenied
from agent_gateway.store import Store
from agent_gateway.store.pulls import News, PullRow
from agent_gateway.store.rows import ThreadKind

_log = logging.getLogger(__name__)
MOST_LISTED: Final = 20
CALLS: Final = Rate(400 / 3600, 120)
"""Of a forge's API, for one conversation over one connection: to read a pull request takes up to six."""
NOT_OPENED: Final = "This conversation did not open it: an agent changes only pull requests of its own conversation."


class Rights(Protocol):
    """Knows what each pod may do."""

    async def read(self, identity: Identity) -> Sequence[Sequence[RepositoryRule]]:
        """Return the rules of a pod's agent, then those of each agent above it."""


class PullService:
    """Serves agents.

    Args:
        connections: By name.
        forges: By what they are.
        store: Conversations, and what they opened.
        rights: What each agent may do.
        questions: Asks people.
        tokens: Knows which people linked an account.
        opening: Opens.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        forges: Mapping[str, Forge],
        store: Store,
        rights: Rights,
        questions: PullQuestions,
        tokens: PersonTokens,
        opening: Opening,
    ) -> None:
        self._connections = connections
        self._forges = forges
        self._store = store
        self._rights = rights
        self._questions = questions
        self._tokens = tokens
        self._opening = opening
        self._places = Places()
        self._calls: Buckets[tuple[int, str]] = Buckets(CALLS, time.monotonic)
        self._tasks: set[asyncio.Task[str]] = set()
        """What changes something at a forge, which goes on though its caller hangs up."""

    async def call(self, identity: Identity, call: PullCall) -> PullAnswer:
        """Do what an agent asks.

        Raises:
            PullDenied: it is refused, or cannot be done now; the text is for the agent.
        """
        try:
            return await self._dispatch(identity, call)
        except NotAllowed as error:
            raise PullDenied(403, str(error)) from error
        except ForgeLimited as error:
            LIMITS.labels("forge-rate").inc()
            raise PullDenied(409, f"{error} (limit: forge-rate)") from error
        except ForgeAway as error:
            raise PullDenied(503, str(error)) from error
        except ForgeError as error:
            raise PullDenied(409, str(error)) from error
        except (ClassUnknown, NoPlace) as error:
            raise PullDenied(503, str(error)) from error

    async def close(self) -> None:
        """End what is under way; the poller finds what was opened."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _dispatch(self, identity: Identity, call: PullCall) -> PullAnswer:
        caller = await self._find_caller(identity, call)
        if call.action == "list":
            rows = await self._store.pulls.of_thread(caller.root.id, MOST_LISTED)
            return PullAnswer(text=describe_own(rows))
        asked = find_repository(call.repository, self._connections, await self._rights.read(identity))
        token = await self._find_token(caller, asked.connection)
        place = Place(asked.connection, asked.path, token, self._calls.of((caller.root.id, asked.connection.name)))
        _log.info("pull_asked", extra={"agent_thread": identity.thread_name, "action": call.action})
        try:
            match call.action:
                case "open":
                    return await self._open(caller, asked, place, call)
                case "read":
                    with self._places.hold(caller.run):
                        return PullAnswer(text=await self._read(asked, place, call))
                case "comment":
                    said = await self._finish(caller, partial(self._comment, caller, asked, place, call))
                    return PullAnswer(text=said)
                case "update":
                    said = await self._finish(caller, partial(self._update, caller, asked, place, call))
                    return PullAnswer(text=said)
        except ForgeRefused as refused:
            if refused.status == 401 and place.token is not None and caller.person_id is not None:
                await self._tokens.reject_person_token(caller.person_id, asked.connection, place.token)
            raise

    async def _find_caller(self, identity: Identity, call: PullCall) -> Caller:
        thread, turn = await asyncio.gather(
            self._store.threads.by_id(identity.thread_id), self._store.turns.running(identity.thread_id)
        )
        if thread is None or turn is None or turn.id != call.turn or turn.run != identity.run:
            raise NotAllowed(TURN_OVER)
        own = await self._store.subagents.get(thread.id) if thread.kind is ThreadKind.SUBAGENT else None
        root = await find_root(self._store, thread)
        return Caller(thread, turn, own, root, await find_asker(self._store, turn, own))

    async def _find_token(self, caller: Caller, connection: Connection) -> str | None:
        if caller.person_id is None:
            return None
        return await self._tokens.find_person_token(caller.person_id, connection)

    async def _open(self, caller: Caller, asked: Asked, place: Place, call: PullCall) -> PullAnswer:
        check_write(asked)
        forge = self._forges[asked.connection.forge]
        if not call.title.strip():
            raise NotAllowed("A pull request needs a title.")
        head = read_branch(call.head)
        asks = any(rule.approval == "Ask" for rule in asked.rules)
        if asks:
            with self._places.wait(caller.run):
                if await self._questions.is_undecided(caller.thread, caller.turn, call.call):
                    return PullAnswer(waiting=True)
        with self._places.hold(caller.run):
            base = read_branch(call.base or await forge.read_default(place))
            new = NewPull(head, base, " ".join(call.title.split()), call.body, call.draft)
            self._opening.check(asked, new)
            asks = asks and not await self._opening.is_open(forge, place, new)
        if asks:
            with self._places.wait(caller.run):
                if not await self._questions.ask(caller.thread, caller.turn, caller.own, call.call, asked, new):
                    return PullAnswer(waiting=True)
        return PullAnswer(text=await self._finish(caller, partial(self._opening.open, forge, caller, place, new)))

    async def _finish(self, caller: Caller, work: Callable[[], Awaitable[str]]) -> str:
        """Do what changes something at a forge to its end, whether or not its caller hangs up meanwhile."""
        task = asyncio.create_task(self._work(caller, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _work(self, caller: Caller, work: Callable[[], Awaitable[str]]) -> str:
        try:
            with self._places.hold(caller.run):
                return await work()
        except Exception as error:
            _log.info("pull_not_changed", extra={"thread_id": caller.root.id, "error": type(error).__name__})
            raise

    async def _read(self, asked: Asked, place: Place, call: PullCall) -> str:
        number = _read_number(call)
        seen = await self._forges[asked.connection.forge].look(place, number, "", {})
        return describe_seen(asked.path, number, seen)

    async def _comment(self, caller: Caller, asked: Asked, place: Place, call: PullCall) -> str:
        row = await self._find_own(caller, asked, call)
        if not call.body.strip():
            raise NotAllowed("A comment needs a body.")
        forge, key = self._forges[asked.connection.forge], f"call:{call.call}"
        number = _read_number(call)
        if await self._store.pulls.has_news(row.id, key):  # its answer was lost: it may have been said
            seen = await forge.look(place, number, "", {})
            if any(read_mark(remark.text) == call.call for remark in seen.remarks):
                return f"Said in #{number} of {asked.path}."
        await self._store.pulls.add_news(row.id, News(key, "own"))
        said = await forge.comment(place, number, mark(call.body, call.call))
        await self._store.pulls.add_news(row.id, News(said, "own"))
        return f"Said in #{number} of {asked.path}."

    async def _update(self, caller: Caller, asked: Asked, place: Place, call: PullCall) -> str:
        row = await self._find_own(caller, asked, call)
        if not (call.title.strip() or call.body.strip() or call.state):
            raise NotAllowed("Say what is to change: title, body or state.")
        change = Change(" ".join(call.title.split()) or None, call.body or None, call.state)
        pull = await self._forges[asked.connection.forge].update(place, _read_number(call), change)
        await self._store.pulls.changed(row.id, pull.title, pull.state, FIRST_SECONDS)
        return f"#{pull.number} of {asked.path} is {pull.state} now: {pull.title}\n{pull.url}"

    async def _find_own(self, caller: Caller, asked: Asked, call: PullCall) -> PullRow:
        check_write(asked)
        row = await self._store.pulls.by_number(caller.root.id, asked.connection.name, asked.path, _read_number(call))
        if row is None:
            raise NotAllowed(NOT_OPENED)
        return row


def _read_number(call: PullCall) -> int:
    if call.number is None:
        raise NotAllowed("Say the number of the pull request.")
    return call.number
