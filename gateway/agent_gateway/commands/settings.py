"""`/model` and `/verbose`: what a conversation is set to."""

from __future__ import annotations

from collections.abc import Sequence

from agent_contract import names
from agent_contract.names import build_thread_name
from agent_gateway.commands.turns import Outcome
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.store import Store
from agent_gateway.store.rows import Run, Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command, Pressed
from agent_gateway.wake import Wake
from agent_gateway.wording import settings as texts
from agent_gateway.wording.confirm import GONE


class Models:
    """Which model answers where.

    Args:
        resources: AgentThreads and their classes.
        allowed: What people may choose.
        default: What is used where neither thread nor class names a model; empty where that is not known here.
    """

    def __init__(self, resources: AgentThreads, allowed: Sequence[str], default: str) -> None:
        self._resources = resources
        self._allowed = tuple(allowed)
        self._default = default

    async def own(self, thread: Thread) -> str:
        """Return the model of the thread's class, or else the one of the settings."""
        resource = self._resources.cached(thread.name)
        class_name = resource.spec.class_ref.name if resource else names.DEFAULT_CLASS
        found = await self._resources.find_class(class_name)
        return (found.spec.model.name if found else None) or self._default

    async def named(self, thread: Thread, chosen: str | None) -> str:
        """Return the model that a choice stands for."""
        resource = self._resources.cached(thread.name)
        given = resource.spec.model if resource and chosen is None else None  # an administrator's own
        return chosen or (given.name if given else None) or await self.own(thread)

    async def of_run(self, thread: Thread, run: Run | None) -> tuple[str, str | None]:
        """Return the model that is used now, and that of the next answer where it is another."""
        following = await self.named(thread, thread.model)
        used = await self.named(thread, run.model) if run is not None else following
        return used, following if following != used else None

    async def choices(self, thread: Thread) -> tuple[str, ...]:
        """Return what can be chosen, the class's own first; empty where there is no choice."""
        if not self._allowed:
            return ()
        return tuple(dict.fromkeys(name for name in (await self.own(thread), *self._allowed) if name))


class SettingCommands:
    """`/model` with its buttons, and `/verbose`."""

    def __init__(self, store: Store, models: Models, wake: Wake, bot_name: str) -> None:
        self._store = store
        self._models = models
        self._wake = wake
        self._bot_name = bot_name

    async def verbose(self, tx: Transaction, command: Command) -> Outcome:
        """Choose how much of the agent's work is shown, or say it."""
        thread = await self._thread(tx, command)
        asked = command.args.strip()
        if not asked:
            return Outcome(texts.verbose_text(await tx.settings.verbosity(thread.id)))
        if asked not in {"0", "1", "2"}:
            return Outcome(texts.VERBOSE_USAGE)
        await tx.settings.set_verbosity(thread.id, int(asked))
        return Outcome(texts.verbose_done(int(asked)))

    async def model(self, tx: Transaction, command: Command) -> Outcome:
        """List the models, or take the one that is named."""
        thread = await self._thread(tx, command)
        models = await self._models.choices(thread)
        asked = command.args.strip()
        if not asked:
            return await self._show(thread, models)
        if asked not in models:
            return Outcome(texts.model_unknown(asked, models))
        return await self._choose(tx, thread, asked, models, command.person_id)

    async def press(self, tx: Transaction, pressed: Pressed) -> Outcome | None:
        """Take the model whose button was pressed; None for a button of another kind."""
        found = texts.parse_model(pressed.data)
        if found is None:
            return None
        thread = await tx.threads.by_id(found[0])
        if thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(GONE)
        models = await self._models.choices(thread)
        name = next((name for name in models if texts.digest_model(name) == found[1]), None)
        if name is None:
            return Outcome(texts.MODEL_GONE)
        chosen = await self._choose(tx, thread, name, models, pressed.person_id)
        key, ids = f"model:{pressed.callback_id}", [pressed.message_id]
        address = thread.address
        await tx.outbox.put(address, chosen.text, key, message_ids=ids, buttons=chosen.buttons)
        return Outcome(chosen.text.split("\n", 1)[0], [self._wake.outbox, *chosen.then])

    async def _choose(
        self, tx: Transaction, thread: Thread, name: str, models: Sequence[str], person_id: int
    ) -> Outcome:
        """Record the choice. A run with another model is ended as soon as it writes no answer; the next one has it."""
        if name != await self._models.named(thread, thread.model):
            choice = "" if name == await self._models.own(thread) else name
            await tx.settings.set_model(thread.id, choice)
            await tx.audit.add(person_id, "model", thread.name)
        writing = None
        if await tx.turns.running(thread.id) is not None:
            used, _ = await self._models.of_run(thread, await tx.runs.open(thread.id))
            writing = used if used != name else None
        text = texts.model_text(name, models, writing)
        return Outcome(text, [lambda: self._wake.thread(thread.id)], texts.build_model_buttons(thread.id, models, name))

    async def _show(self, thread: Thread, models: Sequence[str]) -> Outcome:
        run = await self._store.runs.open(thread.id)
        used, following = await self._models.of_run(thread, run)
        busy = await self._store.turns.running(thread.id) is not None
        current = following or used
        text = texts.model_text(current, models, used if following and busy else None)
        return Outcome(text, buttons=texts.build_model_buttons(thread.id, models, current))

    async def _thread(self, tx: Transaction, command: Command) -> Thread:
        address = command.address
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        return await tx.threads.get_or_create(address, name, command.title)
