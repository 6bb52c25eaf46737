"""Accounts that people linked, and the linking that is under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent_gateway.store.session import Room


@dataclass(frozen=True, slots=True)
class Account:
    """An account that a person linked.

    Attributes:
        person_id: Whose.
        connection: Where.
        login: As the forge calls them.
        email: The forge's own address for their commits; empty where it has none.
        sealed: Its tokens, sealed.
        left: Seconds until the access token ends; None where it does not.
        language: In which the person is told of its end.
    """

    person_id: int
    connection: str
    login: str
    email: str
    sealed: bytes = field(repr=False)
    left: float | None
    language: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A linking that is under way.

    Attributes:
        id: Of its row.
        person_id: Whose.
        connection: Where.
        topic_id: Of their private chat, where they asked.
        language: Theirs.
        asked: They were told a code; until then the forge is to be asked for one.
        sealed: The device code, sealed; None before.
        pause: Seconds between two questions.
        expired: Its time is over.
    """

    id: int
    person_id: int
    connection: str
    topic_id: int | None
    language: str
    asked: bool
    sealed: bytes | None = field(repr=False)
    pause: int
    expired: bool


@dataclass(frozen=True, slots=True)
class Removed:
    """An account that is linked no more."""

    login: str
    language: str
    linked_at: datetime


class AccountQueries(Room):
    """Linked accounts."""

    async def get(self, person_id: int, connection: str) -> Account | None:
        """Return a person's account; None where none is linked."""
        row = await self._session.row("account", self._bot_id, person_id, connection)
        return None if row is None else _build_account(row)

    async def of(self, person_id: int) -> list[Account]:
        """Return a person's accounts, the first linked first."""
        return [_build_account(row) for row in await self._session.rows("accounts_of", self._bot_id, person_id)]

    async def put(self, flow: Flow, login: str, email: str, sealed: bytes, seconds: float | None) -> None:
        """Link an account, in place of one that the person had there; `seconds` until its token ends."""
        await self._session.execute(
            "put_account", self._bot_id, flow.person_id, flow.connection, login, email, sealed, seconds, flow.language
        )

    async def claim(self, account: Account, seconds: float) -> bool:
        """Take it upon oneself to refresh an account's tokens; False where somebody else does or did."""
        key = (account.person_id, account.connection, account.sealed)
        return await self._session.value("claim_account", self._bot_id, *key, seconds) is not None

    async def renew(self, account: Account, sealed: bytes, seconds: float | None) -> bool:
        """Store new tokens; False where the account has gone, or was linked anew."""
        key = (account.person_id, account.connection, account.sealed)
        return await self._session.value("renew_account", self._bot_id, *key, sealed, seconds) is not None

    async def release(self, account: Account) -> None:
        """Give up to refresh."""
        key = (account.person_id, account.connection, account.sealed)
        await self._session.execute("release_account", self._bot_id, *key)

    async def remove(self, person_id: int, connection: str, sealed: bytes | None = None) -> Removed | None:
        """Unlink an account; with `sealed` only as it was read. None where there is none."""
        row = await self._session.row("remove_account", self._bot_id, person_id, connection, sealed)
        return None if row is None else Removed(row["login"], row["language"], row["linked_at"])

    async def remove_all(self, person_id: int) -> list[str]:
        """Unlink all accounts of a person, end what is under way, and return their connections."""
        await self._session.execute("remove_flows", self._bot_id, person_id, None)
        return [row["connection"] for row in await self._session.rows("remove_accounts", self._bot_id, person_id)]

    async def begin(
        self, person_id: int, connection: str, topic_id: int | None, language: str, seconds: float
    ) -> int:  # fmt: skip
        """Begin to link, in place of what is under way there; the forge has so many seconds to give a code."""
        await self._tx.execute("remove_flows", self._bot_id, person_id, connection)
        return int(await self._tx.value("add_flow", self._bot_id, person_id, connection, topic_id, language, seconds))

    async def due(self, most: int) -> list[Flow]:
        """Return what is to be looked at."""
        return [_build_flow(row) for row in await self._session.rows("due_flows", self._bot_id, most)]

    async def next_due(self) -> float | None:
        """Return the seconds until something is due; None where nothing is under way."""
        found = await self._session.value("next_flow", self._bot_id)
        return None if found is None else float(found)

    async def asked(self, flow: Flow, sealed: bytes, pause: int, seconds: float) -> bool:
        """Record that the forge gave a code; False where nobody wants it any more."""
        return await self._session.value("ask_flow", flow.id, sealed, pause, seconds) is not None

    async def defer(self, flow: Flow, pause: int) -> None:
        """Ask again after so many seconds, and each time from now on."""
        await self._session.execute("defer_flow", flow.id, pause)

    async def end(self, flow: Flow) -> bool:
        """End a linking; False where it has been ended."""
        return await self._session.value("end_flow", flow.id) is not None


def _build_account(row: Any) -> Account:
    return Account(
        row["person_id"], row["connection"], row["login"], row["email"], row["sealed"], row["left"], row["language"]
    )


def _build_flow(row: Any) -> Flow:
    return Flow(
        row["id"], row["person_id"], row["connection"], row["topic_id"], row["language"], row["state"] == "asked",
        row["sealed"], row["pause"], row["expired"],
    )  # fmt: skip
