"""The tokens of linked accounts: opened for who may use them, refreshed by one at a time, gone once the forge says so."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from agent_gateway.accounts.answers import Ended, Granted, Pending, Tokens, is_gone, load_tokens
from agent_gateway.accounts.deviceflow import DeviceFlow, ForgeAway, TokenRefused
from agent_gateway.accounts.linkable import Linkable
from agent_gateway.accounts.sealing import NoKey, NotItsOwn, Sealer
from agent_gateway.connections.settings import Connection
from agent_gateway.effects import WakeOutbox
from agent_gateway.store import Store
from agent_gateway.store.accounts import Account
from agent_gateway.store.rows import Address
from agent_gateway.wording import keys

EARLY_SECONDS: Final = 300.0
"""So long before its end a token is refreshed."""
CLAIM_SECONDS: Final = 30.0
"""So long who refreshes keeps others from it; more than a call may take."""
TRIES: Final = 8
"""How often it is looked whether another process has refreshed a token."""
LOOK_SECONDS: Final = 0.5
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Token:
    """What acts as a person at a forge. It never leaves the gateway, and no message or log holds it.

    Attributes:
        value: For an Authorization header.
        login: As the forge calls them.
    """

    value: str = field(repr=False)
    login: str


def build_owner(bot_id: int, person_id: int, forge: Linkable) -> str:
    """Name what tokens belong to: sealed for one, they open nothing for another.

    The address and our client there belong to it: a connection that is set up for another host gets no token of the old one.
    """
    return f"{bot_id}/{person_id}/{forge.name} {forge.url} {forge.client_id}"


class AccountTokens:
    """Finds tokens of people.

    Args:
        store: The accounts.
        forges: Where accounts may be linked.
        sealer: Opens what is sealed; None where no key is set up.
        flow: Speaks to forges.
    """

    def __init__(self, store: Store, forges: Mapping[str, Linkable], sealer: Sealer | None, flow: DeviceFlow) -> None:
        self._store = store
        self._forges = forges
        self._sealer = sealer
        self._flow = flow
        self._locks: weakref.WeakValueDictionary[tuple[int, str], asyncio.Lock] = weakref.WeakValueDictionary()
        self._refreshing: set[asyncio.Task[Token | None]] = set()

    async def find(self, person_id: int, connection: str) -> Token | None:
        """Return a person's token at a forge; None where they linked none there, or none can be used now.

        It is for calls about pull requests, in a conversation whose answer this person asked for, and for nothing else:
        git's own fetches and pushes go by the connection's key.
        """
        forge = self._forges.get(connection)
        if self._sealer is None or forge is None:
            return None
        lock = self._locks.setdefault((person_id, connection), asyncio.Lock())
        async with lock:
            for _ in range(TRIES):
                account = await self._store.accounts.get(person_id, connection)
                tokens = None if account is None else await self._open(self._sealer, account, forge)
                if account is None or tokens is None:
                    return None
                if account.left is None or account.left > EARLY_SECONDS:
                    await self._seal_anew(self._sealer, account, tokens, forge)
                    return Token(tokens.access, account.login)
                if await self._store.accounts.claim(account, CLAIM_SECONDS):
                    return await self._refresh_held(self._sealer, account, tokens, forge)
                await asyncio.sleep(LOOK_SECONDS)
        return None

    async def find_person_token(self, person_id: int, connection: Connection) -> str | None:
        """Return what `find` does, as calls about pull requests take it."""
        found = await self.find(person_id, connection.name)
        return None if found is None else found.value

    async def reject_person_token(self, person_id: int, connection: Connection, token: str) -> None:
        """Take it that a forge did not accept a token, as calls about pull requests are told."""
        await self.reject(person_id, connection.name, token)

    async def reject(self, person_id: int, connection: str, token: str) -> None:
        """Take it that a forge did not accept a token: if it says so of its owner too, the account is linked no more."""
        account = await self._store.accounts.get(person_id, connection)
        forge = self._forges.get(connection)
        if account is None or forge is None or self._sealer is None:
            return
        tokens = await self._open(self._sealer, account, forge)
        if tokens is None or tokens.access != token:
            return
        try:
            await self._flow.identify(forge, token)
        except TokenRefused:
            await self._drop(account, forge)
        except ForgeAway:
            return

    async def close(self) -> None:
        """Wait for tokens that are being refreshed: a forge that gave new ones takes the old ones no more.

        Whoever waits no longer cancels it, and them with it.
        """
        await asyncio.gather(*self._refreshing, return_exceptions=True)

    async def _open(self, sealer: Sealer, account: Account, forge: Linkable) -> Tokens | None:
        """Return an account's tokens; those of another host or client can be used no more, and the account goes."""
        owner = build_owner(self._store.bot_id, account.person_id, forge)
        try:
            return load_tokens(sealer.open(account.sealed, owner))
        except NoKey as error:
            _log.error("account_not_opened", extra={"connection": account.connection, "problem": str(error)})
            if isinstance(error, NotItsOwn):
                await self._drop(account, forge)
            return None

    async def _seal_anew(self, sealer: Sealer, account: Account, tokens: Tokens, forge: Linkable) -> None:
        """Seal by the newest key what another one sealed, so that that one can be taken away."""
        if not sealer.is_newest(account.sealed):
            owner = build_owner(self._store.bot_id, account.person_id, forge)
            await self._store.accounts.renew(account, sealer.seal(tokens.dump(), owner), account.left)

    async def _refresh_held(self, sealer: Sealer, account: Account, tokens: Tokens, forge: Linkable) -> Token | None:
        """Refresh to the end though who asked has gone: the forge's answer is the only one that bears the new tokens."""
        task = asyncio.create_task(self._refresh(sealer, account, tokens, forge))
        self._refreshing.add(task)
        task.add_done_callback(self._note_end)
        return await asyncio.shield(task)

    def _note_end(self, task: asyncio.Task[Token | None]) -> None:
        self._refreshing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("account_refresh_failed", extra={"error": type(error).__name__})

    async def _refresh(self, sealer: Sealer, account: Account, tokens: Tokens, forge: Linkable) -> Token | None:
        usable = Token(tokens.access, account.login) if account.left is not None and account.left > 0 else None
        try:
            answer: Pending | Granted | Ended = Ended("expired")
            if tokens.refresh:
                answer = await self._flow.refresh(forge, tokens.refresh)
            elif usable is not None:
                await self._store.accounts.release(account)
                return usable
        except ForgeAway:
            await self._store.accounts.release(account)
            return usable
        match answer:
            case Granted():
                owner = build_owner(self._store.bot_id, account.person_id, forge)
                new = Tokens(answer.tokens.access, answer.tokens.refresh or tokens.refresh)
                kept = await self._store.accounts.renew(account, sealer.seal(new.dump(), owner), answer.seconds)
                return Token(new.access, account.login) if kept else None
            case Ended() if is_gone(answer):
                await self._drop(account, forge)
                return None
            case _:
                error = answer.error if isinstance(answer, Ended) else "pending"
                _log.error("account_not_refreshed", extra={"connection": account.connection, "problem": error})
                await self._store.accounts.release(account)
                return usable

    async def _drop(self, account: Account, forge: Linkable) -> None:
        """Forget an account that its forge knows no more, and tell the person once."""
        async with self._store.transaction() as tx:
            removed = await tx.accounts.remove(account.person_id, account.connection, account.sealed)
            if removed is None:
                return
            chat = Address(self._store.bot_id, account.person_id)
            words = keys.link_lost(removed.language, host=forge.host, login=removed.login)
            key = f"link-lost:{account.person_id}:{account.connection}:{removed.linked_at.timestamp()}"
            await tx.outbox.put(chat, words, key)
            await tx.audit.add(account.person_id, "link_lost", account.connection)
            tx.after(WakeOutbox())
