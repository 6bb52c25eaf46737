"""Carries on what people began to link: gets codes, shows them, and asks forges until it has ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from agent_gateway.accounts.answers import Ended, Granted, Pending, Started
from agent_gateway.accounts.deviceflow import DeviceFlow, ForgeAway, Profile, TokenRefused
from agent_gateway.accounts.linkable import Linkable
from agent_gateway.accounts.sealing import NoKey, Sealer
from agent_gateway.accounts.tokens import build_owner
from agent_gateway.effects import WakeAccounts, WakeOutbox
from agent_gateway.events import Events
from agent_gateway.pauses import wait_at_most
from agent_gateway.store import Store
from agent_gateway.store.accounts import Flow
from agent_gateway.store.rows import Address
from agent_gateway.wording import keys
from agent_gateway.wording.accounts import build_again_button, build_code_buttons

POLL_SECONDS: Final = 5.0
MOST: Final = 32
"""Of a look."""
AT_ONCE: Final = 8
SLOWEST_SECONDS: Final = 30
"""Between two questions to a forge that does not answer."""
NAME_TRIES: Final = 3
"""How often a forge is asked who a token is of; the code that brought it is used up."""
_LEAST_SECONDS: Final = 0.05
_log = logging.getLogger(__name__)


class AccountKeeper:
    """Looks after what is due; what it does stands in rows, so that another process goes on.

    Args:
        store: What is under way.
        forges: Where accounts may be linked.
        sealer: Seals tokens; None where no key is set up, and nothing begins.
        flow: Speaks to forges.
        events: Tells that something began.
        check: Raises when this process may no longer act.
        poll: Seconds between two looks.
    """

    def __init__(
        self,
        store: Store,
        forges: Mapping[str, Linkable],
        sealer: Sealer | None,
        flow: DeviceFlow,
        events: Events,
        check: Callable[[], None],
        *,
        poll: float = POLL_SECONDS,
    ) -> None:
        self._store = store
        self._forges = forges
        self._sealer = sealer
        self._flow = flow
        self._check = check
        self._poll = poll
        self._due = asyncio.Event()
        self._at_once = asyncio.Semaphore(AT_ONCE)
        events.on(WakeAccounts, lambda _: self._due.set())

    async def run(self) -> None:
        """Look for ever.

        Raises:
            LeadershipLost: another gateway leads.
            Away: the database does not tell what is due.
        """
        while True:
            self._check()
            self._due.clear()
            pause = await self.look()
            await wait_at_most(self._due, pause)

    async def look(self) -> float:
        """Do what is due; return the seconds to the next look."""
        await asyncio.gather(*map(self._follow, await self._store.accounts.due(MOST)))
        due = await self._store.accounts.next_due()
        return max(_LEAST_SECONDS, min(self._poll, due if due is not None else self._poll))

    async def _follow(self, flow: Flow) -> None:
        forge = self._forges.get(flow.connection)
        async with self._at_once:
            if flow.expired or forge is None or self._sealer is None:
                await self._end(flow, forge, Ended("expired" if flow.asked else "refused"))
                return
            try:
                if flow.sealed is None:
                    await self._start(flow, forge, self._sealer)
                else:
                    await self._ask(flow, forge, self._sealer, flow.sealed)
            except ForgeAway:
                await self._store.accounts.defer(flow, min(flow.pause * 2, SLOWEST_SECONDS))
            except NoKey as error:
                _log.error("account_not_linked", extra={"connection": forge.name, "problem": str(error)})
                await self._end(flow, forge, Ended("refused"))

    async def _start(self, flow: Flow, forge: Linkable, sealer: Sealer) -> None:
        started = await self._flow.start(forge)
        if isinstance(started, Ended):
            await self._end(flow, forge, started)
            return
        sealed = sealer.seal(started.device_code, self._own(flow, forge))
        async with self._store.transaction() as tx:
            if not await tx.accounts.asked(flow, sealed, started.pause, started.seconds):
                return
            await tx.outbox.put(
                self._chat(flow), _describe(flow, started), f"link:{flow.id}:code", format="markdown",
                buttons=build_code_buttons(flow.language, forge.host, started.uri, started.user_code),
            )  # fmt: skip
            tx.after(WakeOutbox())

    async def _ask(self, flow: Flow, forge: Linkable, sealer: Sealer, sealed: bytes) -> None:
        answer = await self._flow.ask(forge, sealer.open(sealed, self._own(flow, forge)), flow.pause)
        match answer:
            case Pending():
                await self._store.accounts.defer(flow, answer.pause)
            case Ended():
                await self._end(flow, forge, answer)
            case Granted():
                await self._link(flow, forge, sealer, answer)

    async def _link(self, flow: Flow, forge: Linkable, sealer: Sealer, granted: Granted) -> None:
        profile = await self._identify(forge, granted.tokens.access)
        if profile is None:
            await self._end(flow, forge, Ended("refused", "no_profile"))
            return
        owner = build_owner(self._store.bot_id, flow.person_id, forge)
        sealed = sealer.seal(granted.tokens.dump(), owner)
        async with self._store.transaction() as tx:
            if not await tx.accounts.end(flow):  # unlinked, or begun anew, meanwhile
                return
            await tx.accounts.put(flow, profile.login, profile.email, sealed, granted.seconds)
            words = keys.link_done(flow.language, host=forge.host, login=profile.login)
            await tx.outbox.put(self._chat(flow), words, f"link:{flow.id}:end")
            await tx.audit.add(flow.person_id, "link", flow.connection)
            tx.after(WakeOutbox())

    async def _identify(self, forge: Linkable, access_token: str) -> Profile | None:
        for number in range(NAME_TRIES):
            try:
                return await self._flow.identify(forge, access_token)
            except TokenRefused:
                return None
            except ForgeAway:
                await asyncio.sleep(number)
        return None

    async def _end(self, flow: Flow, forge: Linkable | None, ended: Ended) -> None:
        host = flow.connection if forge is None else forge.host
        if ended.why == "refused":
            extra = {"connection": flow.connection, "problem": ended.error or "none that is known"}
            _log.warning("account_link_refused", extra=extra)
        words = {
            "expired": keys.link_expired, "denied": keys.link_denied, "refused": keys.link_refused
        }[ended.why](flow.language, host=host)  # fmt: skip
        async with self._store.transaction() as tx:
            if await tx.accounts.end(flow):
                buttons = () if forge is None else (build_again_button(flow.language, flow.connection),)
                await tx.outbox.put(self._chat(flow), words, f"link:{flow.id}:end", buttons=buttons)
                tx.after(WakeOutbox())

    def _chat(self, flow: Flow) -> Address:
        return Address(self._store.bot_id, flow.person_id, flow.topic_id)

    def _own(self, flow: Flow, forge: Linkable) -> str:
        return f"{build_owner(self._store.bot_id, flow.person_id, forge)} {flow.id}"


def _describe(flow: Flow, started: Started) -> str:
    minutes = max(started.seconds // 60, 1)
    return keys.link_code(flow.language, code=f"`{started.user_code}`", address=started.uri, minutes=minutes)
