"""Which repository a conversation was given, and the narrower rules that are to be written into its AgentThread."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter

from agent_contract.repositories import NarrowerRule
from agent_gateway.store.session import Room

State = Literal["wanted", "ready", "failed"]
Rules = tuple[NarrowerRule, ...] | None
"""None leaves all that the class allows."""
_RULES: TypeAdapter[Rules] = TypeAdapter(tuple[NarrowerRule, ...] | None)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A repository that people chose.

    Attributes:
        connection: It is reached over.
        path: As the forge names it.
        ref: The branch or tag; empty for the default branch.
    """

    connection: str
    path: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class ChosenState:
    """A repository that people chose, and whether the agent has it."""

    chosen: Chosen
    state: State


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Rules that are to be written.

    Attributes:
        thread_id: Whose.
        name: Of its AgentThread.
        rules: What is written.
        due_at: Since when; another for each wish.
    """

    thread_id: int
    name: str
    rules: Rules
    due_at: datetime


class RepositoryQueries(Room):
    """Repositories of conversations."""

    async def chosen(self, thread_id: int) -> ChosenState | None:
        """Return what was chosen; None where nothing is."""
        row = await self._session.row("chosen_repository", thread_id)
        return ChosenState(Chosen(row["connection"], row["path"], row["ref"]), row["state"]) if row else None

    async def choose(self, thread_id: int, chosen: Chosen | None, person_id: int) -> None:
        """Choose a repository, or none."""
        found = (chosen.connection, chosen.path, chosen.ref) if chosen is not None else (None, None, "")
        await self._session.execute("choose_repository", thread_id, *found, person_id)

    async def settle(self, thread_id: int, chosen: Chosen, state: State) -> None:
        """Record whether the agent has it; nothing changes where another one is chosen by now."""
        await self._session.execute(
            "settle_repository", thread_id, chosen.connection, chosen.path, chosen.ref, state
        )  # fmt: skip

    async def acknowledge(self, thread_id: int, run: int, seq: int) -> None:
        """Record that what a runner told up to this number is stored."""
        await self._session.execute("acked", thread_id, run, seq)

    async def offer(self, thread_id: int, names: Sequence[str]) -> None:
        """Remember what the newest buttons choose from, each as connection:path."""
        await self._session.execute("offer_repositories", thread_id, json.dumps(list(names)))

    async def offered(self, thread_id: int) -> tuple[str, ...]:
        """Return what the newest buttons choose from."""
        found = await self._session.value("offered_repositories", thread_id)
        return tuple(json.loads(found)) if found else ()

    async def narrow(self, thread_id: int, rules: Rules) -> None:
        """Record which rules are to be written; they hold from now on, besides those that stand."""
        await self._session.execute("narrow_repositories", thread_id, _dump(rules))

    async def unwritten(self, thread_id: int) -> Rules:
        """Return the rules that are wanted and may not be written yet; None where there are none."""
        return _load(await self._session.value("narrowed_unwritten", thread_id))

    async def due(self, most: int) -> list[Narrowed]:
        """Return what is to be written, oldest first."""
        rows = await self._session.rows("narrowed_due", self._bot_id, most)
        return [Narrowed(row["thread_id"], row["name"], _load(row["rules"]), row["rules_due"]) for row in rows]

    async def written(self, narrowed: Narrowed) -> None:
        """Record that rules were written, unless others are wanted since."""
        await self._session.execute("narrowed_written", narrowed.thread_id, narrowed.due_at)


def _dump(rules: Rules) -> str:
    return _RULES.dump_json(rules, by_alias=True, exclude_none=True).decode()


def _load(text: Any) -> Rules:
    return _RULES.validate_json(text) if text is not None else None
