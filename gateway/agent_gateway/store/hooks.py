"""Events that were brought to hooks: each is answered once, whatever is killed; and what was told of checks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent_gateway.store.pulls import PullRow, build_pull
from agent_gateway.store.session import Room

MOST_WAITING: Final = 20
"""Prompts of one hook that wait to be asked."""
MOST_CHECKS: Final = 2000
"""Ends of checks that one hook brings within an hour."""


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """An event as it was brought.

    Attributes:
        hook: To which.
        delivery: Digest of the sender's id.
        body: Digest of what was brought, where its id could be forged.
        event: What the sender calls it.
        prompt: What is to be asked, if anything.
        checked: The commit whose checks are to be looked at, if any, as plain JSON.
        most: Prompts of this hook within an hour.
    """

    hook: str
    delivery: str
    body: str | None
    event: str
    prompt: str | None
    checked: dict[str, Any] | None
    most: int

    def to_values(self) -> tuple[Any, ...]:
        """Return what `receive_hook` takes behind the bot's id."""
        checked = json.dumps(self.checked) if self.checked is not None else None
        return (
            self.hook,
            self.delivery,
            self.body,
            self.event,
            self.prompt,
            checked,
            self.most,
            MOST_WAITING,
            MOST_CHECKS,
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that waits."""

    id: int
    hook: str
    event: str
    prompt: str | None
    checked: dict[str, Any] | None
    attempts: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Pusher:
    """A conversation that pushed a commit, and to which branch."""

    thread_id: int
    ref: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How the checks of a commit ended, for one conversation."""

    thread_id: int
    connection: str
    path: str
    sha: str
    verdict: str

    def to_key(self) -> tuple[Any, ...]:
        """Return the columns of its key, in their order."""
        return (self.thread_id, self.connection, self.path, self.sha, self.verdict)


class HookQueries(Room):
    """Deliveries, and what was told of checks."""

    async def find_path(self, connection: str, path: str, sha: str, branches: Sequence[str]) -> str | None:
        """Return a repository as it is known here, where somebody here waits for the checks of a commit; else None."""
        found: str | None = await self._session.value(
            "path_of_commit", connection, path, sha, self._bot_id, list(branches)
        )
        return found

    async def due_prompts(self, most: int) -> list[Delivery]:
        """Return what is to be asked, oldest first."""
        return [build_delivery(row) for row in await self._session.rows("due_hook_prompts", self._bot_id, most)]

    async def due_checks(self, most: int) -> list[Delivery]:
        """Return the newest event of each commit whose checks are to be looked at."""
        return [build_delivery(row) for row in await self._session.rows("due_hook_checks", self._bot_id, most)]

    async def hold_prompt(self, delivery_id: int) -> Delivery | None:
        """Hold what is to be asked until the transaction ends; None where it is asked, or somebody else has it."""
        row = await self._tx.row("hold_hook_prompt", delivery_id)
        return build_delivery(row) if row else None

    async def end_prompt(self, delivery_id: int, outcome: str) -> None:
        """Record what became of a prompt; its text goes."""
        await self._session.execute("end_hook_prompt", delivery_id, outcome)

    async def end_checks(self, delivery: Delivery) -> None:
        """Record that the checks of a commit were looked at, as far as this event and those before it ask for it."""
        await self._session.execute(
            "end_hook_checks", self._bot_id, delivery.hook, delivery.id, json.dumps(delivery.checked)
        )

    async def delay(self, delivery_id: int, seconds: float, *, failed: bool = True) -> None:
        """Let a delivery be looked at again in so many seconds."""
        await self._session.execute("delay_hook", delivery_id, seconds, int(failed))

    async def delay_checks(self, delivery: Delivery, seconds: float) -> None:
        """Let a commit be looked at again in so many seconds, whatever was brought of it."""
        await self._session.execute(
            "delay_hook_checks", self._bot_id, delivery.hook, json.dumps(delivery.checked), seconds
        )

    async def pushers(self, connection: str, path: str, sha: str) -> list[Pusher]:
        """Return the conversations that pushed a commit, or whose sub-agents did."""
        rows = await self._session.rows("pushers", self._bot_id, connection, path, sha)
        return [Pusher(row["id"], row["ref"]) for row in rows]

    async def pulls_of_commit(self, connection: str, path: str, sha: str, branches: Sequence[str]) -> list[PullRow]:
        """Return the open pull requests of a commit, or of its branches."""
        rows = await self._session.rows("pulls_of_commit", self._bot_id, connection, path, sha, list(branches))
        return [build_pull(row) for row in rows]

    async def hurry_pull(self, pull_id: int) -> None:
        """Let a pull request be looked at now."""
        await self._session.execute("hurry_pull", pull_id)

    async def add_result(self, result: CheckResult) -> bool:
        """Record how checks ended; False where that is known."""
        return await self._session.value("add_check_result", *result.to_key()) is not None

    async def set_turn(self, result: CheckResult, turn_id: int) -> None:
        """Record the turn that looks at a result."""
        await self._session.execute("set_check_turn", *result.to_key(), turn_id)

    async def count_turns(self, thread_id: int) -> int:
        """Count the turns of a conversation that looked at results since somebody wrote there."""
        return int(await self._session.value("count_check_turns", thread_id))


def build_delivery(row: Any) -> Delivery:
    """Make a Delivery of a row."""
    checked = json.loads(row["checked"]) if row["checked"] is not None else None
    return Delivery(row["id"], row["hook"], row["event"], row["prompt"], checked, row["attempts"], row["received_at"])
