"""`/language`: the language in which a person is answered."""

from __future__ import annotations

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead
from agent_gateway.inbox import language as languages
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Pressed
from agent_gateway.wording import keys
from agent_gateway.wording.languages import build_language_buttons, name_language, parse_language
from agent_gateway.wording.say import LANGUAGES


class LanguageCommand:
    """Lets a person choose; it counts for them alone, in every chat."""

    async def command(self, tx: Transaction, command: Command) -> Outcome:
        """Choose the language that is named, or list them."""
        asked = command.args.strip().lower()
        if asked in LANGUAGES:
            await tx.people.choose_language(command.person_id, asked)
            return Outcome(keys.language_chosen(asked))
        text = keys.language_now(command.language, name=name_language(command.language))
        if asked:
            text = keys.language_unknown(command.language)
        return Outcome(text, build_language_buttons(command.language))

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Choose by a button; None for a button of another kind."""
        chosen = parse_language(pressed.data)
        if chosen is None:
            return None
        await tx.people.choose_language(pressed.person_id, chosen or None)
        spoken = chosen or await languages.read(tx, pressed.person_id)
        await show_instead(tx, pressed, keys.language_chosen(spoken))
        return Outcome("")
