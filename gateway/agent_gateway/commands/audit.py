"""`/audit`: who did what, for administrators in private with the bot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead
from agent_gateway.commands.request import Request
from agent_gateway.inbox.zones import find_zone
from agent_gateway.store.audit import NEWEST
from agent_gateway.store.chatrows import Button
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import audit as texts
from agent_gateway.wording import keys
from agent_gateway.wording.audit import PAGE

ACTION = "audit"
_DIGITS: Final = 19
"""A person's id has fewer."""


class AuditCommand:
    """Shows acts in pages, of everybody or of one person. Who looks is noted too.

    Args:
        zone: Of people who chose none.
        is_admin: Who may look: a button may outlive the right.
    """

    def __init__(self, zone: str, *, is_admin: Callable[[int], bool]) -> None:
        self._zone = zone
        self._is_admin = is_admin

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """Show the newest, of everybody or of the person whose id stands behind the command."""
        command, language = request.command, request.command.language
        if not request.private:
            return Outcome(keys.audit_private(language))
        words = command.args.strip()
        person_id = int(words) if words.isascii() and words.isdecimal() and len(words) < _DIGITS else None
        if words and not person_id:
            return Outcome(keys.audit_usage(language))
        shown = await self._page(tx, command.person_id, language, person_id, NEWEST)
        await tx.audit.add(command.person_id, ACTION, str(person_id or ""))
        return Outcome(*shown)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Show what was before; None for a button of another kind."""
        found = texts.parse_audit_press(pressed.data)
        if found is None:
            return None
        person_id, before = found
        if not self._is_admin(pressed.person_id) or pressed.address.chat_id != pressed.person_id:
            return Outcome(keys.access_only_admins(pressed.language))
        await show_instead(tx, pressed, *await self._page(tx, pressed.person_id, pressed.language, person_id, before))
        return Outcome("")

    async def _page(
        self, tx: Transaction, reader: int, language: str, person_id: int | None, before: int
    ) -> tuple[str, tuple[Button, ...]]:  # fmt: skip
        acts = await tx.audit.page(PAGE + 1, before, person_id)
        zone = find_zone(await tx.people.zone(reader) or self._zone)
        shown = acts[:PAGE]
        return texts.list_text(language, shown, zone), texts.build_buttons(
            language, shown, person_id, more=len(acts) > PAGE
        )
