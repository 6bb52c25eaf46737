"""`/link` and `/unlink`: a person's own accounts at forges, and the buttons under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from agent_gateway.accounts.linkable import Linkable
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead, take_buttons
from agent_gateway.commands.request import Request
from agent_gateway.effects import WakeAccounts
from agent_gateway.metrics import LIMITS
from agent_gateway.store.accounts import Account
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Pressed
from agent_gateway.wording import keys
from agent_gateway.wording.accounts import (
    LinkPress,
    build_off_button,
    build_on_button,
    build_private_button,
    parse_link_press,
)

MOST_LINKS: Final = 10
"""How often a person begins to link an account within an hour."""
START_SECONDS: Final = 120.0
"""So long a forge may take until it gives a code."""
_HOUR: Final = 3600.0
_ACTION: Final = "link_begun"


class LinkCommands:
    """Begins to link, unlinks, and says what is linked; in a private chat alone.

    Args:
        forges: Where accounts may be linked; none where that is not set up.
        unable: Hosts of forges that have no way to it.
        bot_username: As people write to the bot.
    """

    def __init__(self, forges: Mapping[str, Linkable], unable: Sequence[str], bot_username: str) -> None:
        self._forges = forges
        self._unable = tuple(unable)
        self._bot_username = bot_username

    async def link(self, tx: Transaction, request: Request) -> Outcome:
        """Say what is linked, or begin to link what is named."""
        command = request.command
        if (elsewhere := self._send_elsewhere(request)) is not None:
            return elsewhere
        named = self._find(command.args)
        return await self._list(tx, command) if named is None else await self._begin(tx, command, named)

    async def unlink(self, tx: Transaction, request: Request) -> Outcome:
        """Unlink what is named, or the only account that there is."""
        command = request.command
        if (elsewhere := self._send_elsewhere(request)) is not None:
            return elsewhere
        accounts = await tx.accounts.of(command.person_id)
        named = command.args.strip().lower()
        chosen = [one for one in accounts if named in (one.connection, self._host(one.connection))]
        if not named and len(accounts) == 1:
            chosen = accounts
        if len(chosen) != 1:
            return await self._list(tx, command)
        return await self._unlink(tx, command.person_id, command.language, chosen[0].connection)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Link or unlink by a button; None for a button of another kind."""
        found = parse_link_press(pressed.data)
        if found is None:
            return None
        what, connection = found
        forge = self._forges.get(connection)
        if pressed.address.chat_id != pressed.person_id or (what is LinkPress.ON and forge is None):
            return Outcome(keys.button_gone(pressed.language))
        if what is LinkPress.OFF:
            said = await self._unlink(tx, pressed.person_id, pressed.language, connection)
            await show_instead(tx, pressed, said.text)
            return Outcome("")
        await take_buttons(tx, pressed)
        return await self._begin(tx, pressed, connection)

    def _send_elsewhere(self, request: Request) -> Outcome | None:
        """Return what is said where nothing can be linked: in groups, and where it is not set up."""
        language = request.command.language
        if not request.private:
            return Outcome(keys.link_private(language), (build_private_button(language, self._bot_username),))
        if not self._forges:
            return Outcome(keys.link_none_admin(language) if request.admin else keys.link_none(language))
        return None

    def _find(self, words: str) -> str | None:
        named = words.strip().lower()
        return next((name for name, forge in self._forges.items() if named in (name, forge.host)), None)

    def _host(self, connection: str) -> str:
        forge = self._forges.get(connection)
        return connection if forge is None else forge.host

    async def _list(self, tx: Transaction, command: Command) -> Outcome:
        language = command.language
        linked = {one.connection: one for one in await tx.accounts.of(command.person_id)}
        lines = [self._describe(language, one) for one in linked.values()]
        buttons = [build_off_button(language, one.connection, self._host(one.connection)) for one in linked.values()]
        buttons += [
            build_on_button(language, name, forge.host) for name, forge in self._forges.items() if name not in linked
        ]
        lines += [keys.link_list_unable(language, host=host) for host in self._unable]
        return Outcome("\n\n".join(["\n".join(lines), keys.link_list(language)]).strip(), tuple(buttons))

    def _describe(self, language: str, account: Account) -> str:
        return keys.link_list_linked(language, host=self._host(account.connection), login=account.login)

    async def _begin(self, tx: Transaction, asked: Command | Pressed, connection: str) -> Outcome:
        if await tx.audit.count(asked.person_id, _ACTION, _HOUR) >= MOST_LINKS:
            LIMITS.labels("links").inc()
            return Outcome(keys.links_full(asked.language, count=MOST_LINKS))
        topic = asked.address.topic_id
        await tx.accounts.begin(asked.person_id, connection, topic, asked.language, START_SECONDS)
        await tx.audit.add(asked.person_id, _ACTION, connection)
        tx.after(WakeAccounts())
        return Outcome("")

    async def _unlink(self, tx: Transaction, person_id: int, language: str, connection: str) -> Outcome:
        removed = await tx.accounts.remove(person_id, connection)
        if removed is None:
            return Outcome(keys.unlink_nothing(language))
        await tx.audit.add(person_id, "unlink", connection)
        return Outcome(keys.unlinked(language, host=self._host(connection), login=removed.login))
