"""`/model` and `/verbose`: what a conversation is set to."""

from __future__ import annotations

from collections.abc import Sequence

from agent_contract.names import build_thread_name
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import WakeOutbox, WakeThread
from agent_gateway.store.rows import Run, Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command, Pressed
from agent_gateway.wording import settings as texts
from agent_gateway.wording.confirm import GONE


class Models:
    """Which model answers where; pure.

    Args:
        allowed: What people may choose.
        default: What is used where neither thread nor class names a model; empty where that is not known here.
    """

    def __init__(self, allowed: Sequence[str], default: str) -> None:
        self._allowed = tuple(allowed)
        self._default = default

    def own(self, facts: Facts) -> str:
        """Return the model of the thread's class, or else the one of the settings."""
        found = facts.found_class
        return (found.spec.model.name if found is not None else "") or self._default

    def named(self, facts: Facts, chosen: str | None) -> str:
        """Return the model that a choice stands for."""
        given = facts.resource.spec.model if facts.resource and chosen is None else None  # an administrator's own
        return chosen or (given.name if given else None) or self.own(facts)

    def of_run(self, facts: Facts, thread: Thread, run: Run | None) -> tuple[str, str | None]:
        """Return the model that is used now, and that of the next answer where it is another."""
        following = self.named(facts, thread.model)
        used = self.named(facts, run.model) if run is not None else following
        return used, following if following != used else None

    def choices(self, facts: Facts) -> tuple[str, ...]:
        """Return what can be chosen, the class's own first; empty where there is no choice."""
        if not self._allowed:
            return ()
        return tuple(dict.fromkeys(name for name in (self.own(facts), *self._allowed) if name))


class SettingCommands:
    """`/model` with its buttons, and `/verbose`."""

    def __init__(self, models: Models, bot_name: str) -> None:
        self._models = models
        self._bot_name = bot_name

    async def verbose(self, tx: Transaction, command: Command) -> Outcome:
        """Choose how much of the agent's work is shown, or say it."""
        asked = command.args.strip()
        if not asked:
            known = await tx.threads.by_address(command.address)
            return Outcome(texts.verbose_text(1 if known is None else await tx.settings.verbosity(known.id)))
        if asked not in {"0", "1", "2"}:
            return Outcome(texts.VERBOSE_USAGE)
        thread = await self._thread(tx, command)
        await tx.settings.set_verbosity(thread.id, int(asked))
        return Outcome(texts.verbose_done(int(asked)))

    async def model(self, tx: Transaction, command: Command, facts: Facts) -> Outcome:
        """List the models, or take the one that is named."""
        thread = await self._thread(tx, command)
        models = self._models.choices(facts)
        asked = command.args.strip()
        if not asked:
            return await self._show(tx, thread, models, facts)
        if facts.found_class is None:
            return Outcome(texts.CLASS_UNKNOWN)
        if asked not in models:
            return Outcome(texts.model_unknown(asked, models))
        return await self._choose(tx, thread, asked, facts, command.person_id)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:
        """Take the model whose button was pressed; None for a button of another kind."""
        found = texts.parse_model(pressed.data)
        if found is None:
            return None
        thread = await tx.threads.by_id(found[0])
        if thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(GONE)
        if facts.found_class is None:
            return Outcome(texts.CLASS_UNKNOWN)
        models = self._models.choices(facts)
        name = next((name for name in models if texts.digest_model(name) == found[1]), None)
        if name is None:
            return Outcome(texts.MODEL_GONE)
        chosen = await self._choose(tx, thread, name, facts, pressed.person_id)
        key, ids = f"model:{pressed.callback_id}", [pressed.message_id]
        await tx.outbox.put(thread.address, chosen.text, key, message_ids=ids, buttons=chosen.buttons)
        tx.after(WakeOutbox())
        return Outcome(chosen.text.split("\n", 1)[0])

    async def _choose(self, tx: Transaction, thread: Thread, name: str, facts: Facts, person_id: int) -> Outcome:
        """Record the choice. A run with another model is ended as soon as it writes no answer; the next one has it."""
        models = self._models.choices(facts)
        if name != self._models.named(facts, thread.model):
            choice = "" if name == self._models.own(facts) else name
            await tx.settings.set_model(thread.id, choice)
            await tx.audit.add(person_id, "model", thread.name)
        writing = None
        if await tx.turns.running(thread.id) is not None:
            used, _ = self._models.of_run(facts, thread, await tx.runs.open(thread.id))
            writing = used if used != name else None
        tx.after(WakeThread(thread.id))
        return Outcome(texts.model_text(name, models, writing), texts.build_model_buttons(thread.id, models, name))

    async def _show(self, tx: Transaction, thread: Thread, models: Sequence[str], facts: Facts) -> Outcome:
        used, following = self._models.of_run(facts, thread, await tx.runs.open(thread.id))
        busy = await tx.turns.running(thread.id) is not None
        current = following or used
        text = texts.model_text(current, models, used if following and busy else None)
        return Outcome(text, texts.build_model_buttons(thread.id, models, current))

    async def _thread(self, tx: Transaction, command: Command) -> Thread:
        address = command.address
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        return await tx.threads.get_or_create(address, name, command.title)
