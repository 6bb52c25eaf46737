"""Ends of checks: told where somebody follows them, and looked at by the agent that pushed what failed, a few times in a row.

What a forge brings is a hint; how the checks are is asked of its API, so that no sender can say it, and so that what has
passed is told when nothing of it runs any more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from agent_gateway.connections.settings import Connection
from agent_gateway.effects import OpenView, WakeOutbox
from agent_gateway.forges.events import PullEvents
from agent_gateway.forges.http import ForgeError, ForgeLimited
from agent_gateway.forges.values import Checks, Forge, Place, Seen
from agent_gateway.hooks.failing import build_failed_prompt
from agent_gateway.hooks.settings import ResultSettings
from agent_gateway.inbox.parts import MOST_QUEUED
from agent_gateway.metrics import LIMITS
from agent_gateway.store import Store
from agent_gateway.store.hooks import CheckResult, Pusher
from agent_gateway.store.pulls import PullRow
from agent_gateway.store.rows import Thread, VenueState
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording.hooks import checks_text

PAUSE_SECONDS: Final = 60.0
"""Before a forge that did not answer is asked again."""
_log = logging.getLogger(__name__)


class CheckResults:
    """Takes ends of checks.

    Args:
        store: Who pushed what.
        connections: By name.
        forges: By what they are.
        events: Takes what happened at a pull request.
        check: Raises when this process may no longer act.
    """

    def __init__(
        self,
        store: Store,
        connections: Mapping[str, Connection],
        forges: Mapping[str, Forge],
        events: PullEvents,
        check: Callable[[], None],
    ) -> None:
        self._store = store
        self._connections = connections
        self._forges = forges
        self._events = events
        self._check = check

    async def take(self, settings: ResultSettings, checked: Mapping[str, Any]) -> float | None:
        """Look how the checks of a commit are, and tell it; return the seconds after which to look again, if at all.

        Args:
            settings: Of the hook.
            checked: A `Checked` as it is stored.
        """
        connection = self._connections[settings.connection]
        path, sha, branches = str(checked["path"]), str(checked["sha"]), [str(one) for one in checked["branches"]]
        try:
            checks = await self._forges[connection.forge].read_checks(Place(connection, path), sha)
        except ForgeLimited as limited:
            LIMITS.labels("forge-rate").inc()
            return max(PAUSE_SECONDS, limited.seconds)
        except ForgeError as error:
            _log.info("checks_not_seen", extra={"connection": connection.name, "error": type(error).__name__})
            return PAUSE_SECONDS
        self._check()
        pulls = await self._store.hooks.pulls_of_commit(connection.name, path, sha, branches)
        for pull in pulls:
            if pull.sha == sha and checks is not None:
                await self._events.take(pull.id, Seen(checks=checks, etags=pull.etags))
            else:  # the poller learns which commit it has, and how that is
                await self._store.hooks.hurry_pull(pull.id)
        if checks is None:
            _log.warning("checks_unreadable", extra={"connection": connection.name})
            return None
        if checks.pending or not (checks.passed or checks.failed):
            return None
        for pusher in await self._store.hooks.pushers(connection.name, path, sha):
            self._check()
            await self._tell(settings, pusher, path, sha, checks, pulls)
        return None

    async def _tell(
        self, settings: ResultSettings, pusher: Pusher, path: str, sha: str, checks: Checks, pulls: list[PullRow]
    ) -> None:
        """Tell a conversation once how the checks of its commit ended, and let its agent look at those that failed."""
        verdict = "failed" if checks.failed else "passed"
        result = CheckResult(pusher.thread_id, settings.connection, path.lower(), sha, verdict)
        branch = pusher.ref.removeprefix("refs/heads/")
        async with self._store.transaction() as tx:
            thread = await tx.threads.by_id(pusher.thread_id)
            if thread is None or thread.venue is VenueState.ORPHANED or not await tx.hooks.add_result(result):
                return
            pull = next((one for one in pulls if one.thread_id == thread.id and one.head == branch), None)
            round_ = await self._find_round(tx, settings, thread, verdict)
            if round_:
                await self._ask(tx, thread, result, build_failed_prompt(path, branch, sha, checks, pull), pull)
            if pull is not None and not (verdict == "failed" and round_ is not None):
                return  # it is told as news of the pull request
            text = checks_text(thread.language, path, branch, checks, round_, settings.rounds, of_pull=pull is not None)
            key = f"checks:{thread.id}:{settings.connection}:{path.lower()}:{sha}:{verdict}"
            await tx.outbox.put(thread.address, text, key, kind="notice", format="markdown")
            tx.after(WakeOutbox())
        _log.info("checks_told", extra={"thread_id": thread.id, "verdict": verdict, "round": round_ or 0})

    async def _find_round(self, tx: Transaction, settings: ResultSettings, thread: Thread, verdict: str) -> int | None:
        """Return which time in a row the agent is asked to look at it: 0 where it was too often, None where it is not asked."""
        if verdict != "failed" or settings.wake == "Never":
            return None
        if await tx.turns.count_queued(thread.id) >= MOST_QUEUED:
            LIMITS.labels("queued").inc()
            return None
        before = await tx.hooks.count_turns(thread.id)
        if before < settings.rounds:
            return before + 1
        LIMITS.labels("check-rounds").inc()
        return 0

    async def _ask(
        self, tx: Transaction, thread: Thread, result: CheckResult, prompt: str, pull: PullRow | None
    ) -> None:
        turn = await tx.turns.add(thread.id, None, None, None, prompt)
        await tx.hooks.set_turn(result, turn.id)
        if pull is not None:
            await tx.pulls.answer_news(pull.id, turn.id, [f"checks:{result.sha}:{result.verdict}"])
        tx.after(OpenView(turn, thread.address))
