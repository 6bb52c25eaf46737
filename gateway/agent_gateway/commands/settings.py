"""`/model`, `/think` and `/verbose`: what a conversation is set to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent_contract.names import build_thread_name
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead
from agent_gateway.effects import WakeThread
from agent_gateway.inbox.zones import is_zone
from agent_gateway.models.providers import ModelId, Providers, compute_name
from agent_gateway.store.rows import Run, Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Pressed
from agent_gateway.wording import choices, keys
from agent_gateway.wording import settings as texts

_LONGEST_ASKED: Final = 32
"""Characters of a level that does not exist that are repeated."""


class Models:
    """Which model answers where; pure. Models are named as people choose them.

    Args:
        providers: Whose models people may choose.
        default: What is used where neither thread nor class names a model; empty where that is not known here.
    """

    def __init__(self, providers: Providers, default: str) -> None:
        self._providers = providers
        self._default = default

    def own(self, facts: Facts) -> str:
        """Return the model of the thread's class, or else the one of the settings."""
        found = facts.found_class.spec.model if facts.found_class is not None else None
        name = found.name if found is not None else None
        return self._label(found.provider if found is not None else None, name or self._default)

    def named(self, facts: Facts, chosen: str | None) -> str:
        """Return the model that a choice stands for."""
        if chosen:
            known = self._providers.resolve(chosen)
            return self._providers.label(known) if known is not None else chosen
        given = facts.resource.spec.model if facts.resource and chosen is None else None  # an administrator's own
        if given is None or not given.name:
            return self.own(facts)
        of_class = facts.found_class.spec.model.provider if facts.found_class is not None else None
        return self._label(given.provider or of_class, given.name)

    def _label(self, provider: str | None, name: str) -> str:
        if not name:
            return ""
        own = compute_name(provider) if provider else self._providers.configured.name
        return self._providers.label(ModelId(own, name))

    def of_run(self, facts: Facts, thread: Thread, run: Run | None) -> tuple[str, str | None]:
        """Return the model that is used now, and that of the next answer where it is another."""
        following = self.named(facts, thread.model)
        used = self.named(facts, run.model) if run is not None else following
        return used, following if following != used else None

    def choices(self, facts: Facts) -> tuple[str, ...]:
        """Return what can be chosen, the class's own first; empty where there is no choice."""
        default, labels = self._label(None, self._default), self._providers.labels
        if not set(labels) - {default}:
            return ()
        return tuple(dict.fromkeys(name for name in (self.own(facts), *labels) if name))


class SettingCommands:
    """`/model`, `/think` and `/verbose`, with their buttons; `/timezone`."""

    def __init__(self, models: Models, bot_name: str) -> None:
        self._models = models
        self._bot_name = bot_name

    async def timezone(self, tx: Transaction, command: Command) -> Outcome:
        """Remember in which time zone a person lives; without a name, take that back."""
        name = command.args.strip()
        if name and not is_zone(name):
            return Outcome(keys.timezone_unknown(command.language))
        await tx.people.choose_zone(command.person_id, name or None)
        return Outcome(
            keys.timezone_set(command.language, name=name) if name else keys.timezone_usage(command.language)
        )

    async def verbose(self, tx: Transaction, command: Command) -> Outcome:
        """Choose how much of the agent's work is shown, or say it."""
        asked = command.args.strip()
        thread = await self._thread(tx, command, changes=bool(asked))
        if asked in {str(level) for level in choices.SHOWN}:
            await tx.settings.set_verbosity(thread.id, int(asked))
        level = await tx.settings.verbosity(thread.id)
        text = choices.verbose_text(command.language, level, chosen=asked == str(level))
        return Outcome(text, choices.build_verbose_buttons(command.language, thread.id, level))

    async def think(self, tx: Transaction, command: Command) -> Outcome:
        """Choose how long the model thinks, or say it."""
        asked = command.args.strip().lower()
        thread = await self._thread(tx, command, changes=bool(asked))
        known = asked in choices.LEVELS
        if known:
            await self._set_thinking(tx, thread, asked, command.person_id)
        level = asked if known else thread.thinking or choices.USUAL
        named = choices.level_text(command.language, level)
        text = (
            keys.think_next(command.language, level=named) if known else keys.think_now(command.language, level=named)
        )
        if asked and not known:
            text = keys.think_unknown(command.language, level=asked[:_LONGEST_ASKED])
        return Outcome(text, choices.build_think_buttons(command.language, thread.id, level))

    async def model(self, tx: Transaction, command: Command, facts: Facts) -> Outcome:
        """List the models, or take the one that is named."""
        asked = command.args.strip()
        thread = await self._thread(tx, command, changes=bool(asked))
        models = self._models.choices(facts)
        if not asked:
            return await self._show(tx, thread, models, facts, command.language)
        if facts.found_class is None:
            return Outcome(keys.choices_unknown(command.language))
        if asked not in models:
            return Outcome(texts.model_unknown(command.language, asked, models))
        return await self._choose(tx, thread, asked, facts, command)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:
        """Take the choice whose button was pressed; None for a button of another kind."""
        found = texts.parse_model(pressed.data)
        if found is not None:
            return await self._press_model(tx, pressed, found, facts)
        think, verbose = choices.parse_think(pressed.data), choices.parse_verbose(pressed.data)
        chosen = think or verbose
        if chosen is None:
            return None
        thread = await tx.threads.by_id(chosen[0])
        if thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(keys.button_gone(pressed.language))
        language = pressed.language
        if think is not None:
            await self._set_thinking(tx, thread, think[1], pressed.person_id)
            text = keys.think_next(language, level=choices.level_text(language, think[1]))
            await show_instead(tx, pressed, text, choices.build_think_buttons(language, thread.id, think[1]))
        elif verbose is not None:
            await tx.settings.set_verbosity(thread.id, verbose[1])
            text = choices.verbose_text(language, verbose[1], chosen=True)
            await show_instead(tx, pressed, text, choices.build_verbose_buttons(language, thread.id, verbose[1]))
        return Outcome("")

    async def _press_model(
        self, tx: Transaction, pressed: Pressed, found: tuple[int, str], facts: Facts
    ) -> Outcome:  # fmt: skip
        thread = await tx.threads.by_id(found[0])
        if thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(keys.button_gone(pressed.language))
        if facts.found_class is None:
            return Outcome(keys.choices_unknown(pressed.language))
        models = self._models.choices(facts)
        name = next((name for name in models if texts.digest_model(name) == found[1]), None)
        if name is None:
            return Outcome(keys.model_gone(pressed.language))
        chosen = await self._choose(tx, thread, name, facts, pressed)
        await show_instead(tx, pressed, chosen.text, chosen.buttons)
        return Outcome("")

    async def _set_thinking(self, tx: Transaction, thread: Thread, level: str, person_id: int) -> None:
        """Record how long the model thinks. A run with another level is ended as soon as it writes no answer."""
        if level != (thread.thinking or choices.USUAL):
            await tx.settings.set_thinking(thread.id, level)
            await tx.audit.add(person_id, "think", thread.name)
        tx.after(WakeThread(thread.id))

    async def _choose(
        self, tx: Transaction, thread: Thread, name: str, facts: Facts, asked: Command | Pressed
    ) -> Outcome:
        """Record the choice. A run with another model is ended as soon as it writes no answer; the next one has it."""
        models = self._models.choices(facts)
        if name != self._models.named(facts, thread.model):
            choice = "" if name == self._models.own(facts) else name
            await tx.settings.set_model(thread.id, choice)
            await tx.audit.add(asked.person_id, "model", thread.name)
        writing = None
        if await tx.turns.running(thread.id) is not None:
            used, _ = self._models.of_run(facts, thread, await tx.runs.open(thread.id))
            writing = used if used != name else None
        tx.after(WakeThread(thread.id))
        text = texts.model_text(asked.language, name, models, writing)
        return Outcome(text, texts.build_model_buttons(thread.id, models, name))

    async def _show(
        self, tx: Transaction, thread: Thread, models: Sequence[str], facts: Facts, language: str
    ) -> Outcome:
        used, following = self._models.of_run(facts, thread, await tx.runs.open(thread.id))
        busy = await tx.turns.running(thread.id) is not None
        current = following or used
        text = texts.model_text(language, current, models, used if following and busy else None)
        return Outcome(text, texts.build_model_buttons(thread.id, models, current))

    async def _thread(self, tx: Transaction, command: Command, *, changes: bool) -> Thread:
        """Return the command's conversation, made at need; where it is only read, that waits for no lock."""
        address = command.address
        if not changes:
            known = await tx.threads.by_address(address)
            if known is not None:
                return known
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        return await tx.threads.get_or_create(address, name, command.title)
