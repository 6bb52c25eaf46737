"""Opens a pull request once: what is open already is it, and an answer that was lost opens no second one."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from agent_gateway.connections.rules import explain_pull
from agent_gateway.effects import WakeOutbox
from agent_gateway.forges.callers import Caller
from agent_gateway.forges.http import Exists, ForgeRefused
from agent_gateway.forges.marks import build_body
from agent_gateway.forges.pace import FIRST_SECONDS
from agent_gateway.forges.placing import Asked, NotAllowed
from agent_gateway.forges.values import Forge, NewPull, Place, Pull
from agent_gateway.metrics import LIMITS
from agent_gateway.store import Store
from agent_gateway.store.pulls import PullRow, WantedPull
from agent_gateway.store.rows import Address
from agent_gateway.wording.pulls import build_link, opened_text

_log = logging.getLogger(__name__)
MOST_OPEN: Final = 20
"""Pull requests of one conversation that are open at once."""
_CLOCKS_APART: Final = timedelta(seconds=60)


class Opening:
    """Opens.

    Args:
        store: Keeps what is wanted before it is asked for.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._busy: weakref.WeakValueDictionary[tuple[str, ...], asyncio.Lock] = weakref.WeakValueDictionary()
        """Held by whoever opens between two branches, so that a call that is made twice at once opens once."""

    def check(self, asked: Asked, new: NewPull) -> None:
        """Let pass what the rules allow.

        Raises:
            NotAllowed: they do not.
        """
        if new.head == new.base:
            raise NotAllowed("A pull request goes from one branch to another: head and base are the same.")
        reason = explain_pull(asked.rules, new.head, new.base)
        if reason is not None:
            raise NotAllowed(f"No pull request was opened: {reason}.")

    async def is_open(self, forge: Forge, place: Place, new: NewPull) -> bool:
        """Say whether there is an open one of these branches: to be given it changes nothing."""
        return any(one.state == "open" for one in await forge.find(place, new.head, new.base))

    async def open(self, forge: Forge, caller: Caller, place: Place, new: NewPull) -> str:
        """Open one, or find it open; return what the agent is told.

        Raises:
            NotAllowed: the conversation has as many open ones as it may.
            ForgeError: the forge refuses it, or does not answer.
        """
        key = place.connection.name, place.path.casefold(), new.head, new.base
        lock = self._busy.setdefault(key, asyncio.Lock())
        async with lock:
            wanted = await self._store.pulls.want(
                WantedPull(
                    caller.root.id, place.connection.name, place.path, new.head, new.base, caller.person_id, new.title
                ),
                MOST_OPEN,
            )
            if wanted is None:
                LIMITS.labels("pull-requests").inc()
                raise NotAllowed(
                    f"This conversation has {MOST_OPEN} open pull requests: close or merge some (limit: pull-requests)."
                )
            return await self._open(forge, caller, place, new, wanted)

    async def _open(self, forge: Forge, caller: Caller, place: Place, new: NewPull, wanted: PullRow) -> str:
        found = choose(await forge.find(place, new.head, new.base), wanted.wanted_at)
        made = found is None
        if found is None:
            try:
                found = await self._make(forge, caller, place, new)
            except Exists as error:
                found = choose(await forge.find(place, new.head, new.base), wanted.wanted_at)
                made = False
                if found is None:
                    raise error from None
            except ForgeRefused:
                await self._store.pulls.drop(wanted.id)
                raise
        await keep_opened(self._store, caller.root.address, caller.root.language, wanted, found)
        said = "Opened" if made else f"It is {found.state} already:"
        return f"{said} #{found.number} of {place.path}, {new.head} into {new.base}: {found.title}\n{found.url}"

    async def _make(self, forge: Forge, caller: Caller, place: Place, new: NewPull) -> Pull:
        people = (await self._store.commits.asked(caller.turn.id)).people
        body = build_body(new.body, people[0].name if people else "", caller.own is not None)
        return await forge.open(place, NewPull(new.head, new.base, new.title, body, new.draft))


async def keep_opened(store: Store, address: Address, language: str, wanted: PullRow, pull: Pull) -> None:
    """Record that a pull request is there, and tell its conversation, once."""
    async with store.transaction() as tx:
        row = await tx.pulls.opened(wanted, pull.number, pull.url, pull.title, pull.sha, pull.state, FIRST_SECONDS)
        if row.id == wanted.id and address.chat_id:
            await tx.outbox.put(
                address, opened_text(language, row), f"pull:{row.id}:opened", kind="notice", format="markdown",
                buttons=[build_link(language, row.url)],
            )  # fmt: skip
            tx.after(WakeOutbox())
    _log.info("pull_opened", extra={"thread_id": wanted.thread_id, "pull": row.id})


def choose(found: Sequence[Pull], wanted_at: datetime) -> Pull | None:
    """Return the pull request that is the one that was wanted: an open one, or one that was opened since and is over already."""
    opened = [one for one in found if one.state == "open"]
    since = wanted_at - _CLOCKS_APART
    late = [one for one in found if one.opened_at is not None and one.opened_at > since and one.state != "open"]
    return next(iter([*opened, *late]), None)
