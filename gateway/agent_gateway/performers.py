"""Who performs each effect. All of them may be lost: what matters is recorded, and found by who looks for what is due."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from agent_gateway import effects as e
from agent_gateway.conversations.closing import close_turns
from agent_gateway.decisions.frames import build_frame
from agent_gateway.events import Events
from agent_gateway.resources.values import ThreadValue
from agent_gateway.runners.registry import Link, Registry
from agent_gateway.store import Store
from agent_gateway.store.decisionrows import DecisionKind
from agent_gateway.store.rows import Address, Turn
from agent_gateway.telegram.errors import TelegramProblem
from agent_gateway.wake import Wake
from agent_kube.errors import KubeError
from agent_kube.tracing.steps import note_step

_log = logging.getLogger(__name__)
GLANCE: Final = 60
"""Characters that are read in the two seconds that an answer to a press is shown; what is longer is an alert."""


class Views(Protocol):
    """What the chats show of turns."""

    def open(self, turn: Turn, address: Address, reply_to: int | None) -> None:
        """Begin to show a turn."""

    async def finish(self, turn_id: int) -> tuple[int, ...]:
        """Show nothing more of it; return the messages that stand."""

    def shown(self) -> tuple[int, ...]:
        """Return the turns that are shown."""


class Callbacks(Protocol):
    """Answers pressed buttons."""

    async def answer_callback(self, callback_id: str, text: str, *, alert: bool = False) -> None:
        """Show a short text to the person who pressed; an alert until they close it."""

    async def delete_message(self, address: Address, message_id: int) -> None:
        """Delete a message of the bot; one that is gone is success."""


class Resources(Protocol):
    """AgentThreads."""

    def cached(self, name: str) -> ThreadValue | None:
        """Return one as it was seen last."""

    async def say(self, resource: ThreadValue, reason: str, message: str) -> None:
        """Put an Event on it."""


@dataclass(frozen=True, slots=True)
class Performers:
    """Performs effects, each in a few lines.

    Attributes:
        store: Conversations.
        registry: Connections of runners.
        views: Live previews.
        wake: Tells what is due.
        callbacks: Answers buttons.
        resources: AgentThreads.
        fill_menu: Fills the menu of a private chat.
        open_topic: Opens a topic.
        warm: Opens what an answer will need, and what nothing has to wait for.
    """

    store: Store
    registry: Registry
    views: Views
    wake: Wake
    callbacks: Callbacks
    resources: Resources
    fill_menu: Callable[[int], Awaitable[object]]
    open_topic: Callable[[e.OpenTopic], Awaitable[None]]
    warm: Callable[[], object] = lambda: None

    def subscribe(self, events: Events) -> None:
        """Perform every effect but those that wake a worker, which subscribes to them itself."""
        events.on(e.OpenView, self.open_view)
        events.on(e.CloseViews, self.close_views)
        events.on(e.HideViews, self.hide_views)
        events.on(e.AbortTurn, self.abort_turn)
        events.on(e.ShutDownRun, self.shut_down_run)
        events.on(e.ForgetRun, self.forget_run)
        events.on(e.SendSteers, self.send_steers)
        events.on(e.SendDecision, self.send_decision)
        events.on(e.AnswerPress, self.answer_press)
        events.on(e.FillMenu, self.fill_own_menu)
        events.on(e.OpenTopic, self.open_topic)
        events.on(e.PutEvent, self.put_event)
        events.on(e.MessageLost, self.tell_loss)
        events.on(e.DropMessage, self.drop_message)

    def open_view(self, effect: e.OpenView) -> None:
        """Show that a message was taken."""
        self.views.open(effect.turn, effect.address, effect.turn.message_id)
        self.warm()

    async def close_views(self, effect: e.CloseViews) -> None:
        """Say below what cancelled turns show that they were stopped."""
        note_step("turns_cancelled", turns=effect.turn_ids)
        await close_turns(self.store, self.views, self.wake, effect.turn_ids)

    async def hide_views(self, effect: e.HideViews) -> None:
        """Change nothing any more of what turns show."""
        for turn_id in effect.turn_ids:
            await self.views.finish(turn_id)

    async def abort_turn(self, effect: e.AbortTurn) -> None:
        """Ask the runner to end a turn; one that is away, or has not got it yet, is told later."""
        link = self.registry.link(effect.thread_id)
        if link is not None:
            await link.abort(effect.turn_id)

    async def shut_down_run(self, effect: e.ShutDownRun) -> None:
        """Ask the runner to end; the stop is recorded, and carried out by who looks at the thread."""
        link = self._link(effect.thread_id, effect.run)
        if link is not None:
            await link.shutdown(effect.reason, effect.grace)

    def forget_run(self, effect: e.ForgetRun) -> None:
        """Know its connection no more."""
        self.registry.forget(effect.thread_id, effect.run)

    async def send_steers(self, effect: e.SendSteers) -> None:
        """Send the words that were not read; a runner that is away gets them when it is back."""
        run = effect.turn.run
        link = self._link(effect.thread_id, run) if run is not None else None
        if link is not None:
            await link.send_steers(effect.turn.id, await self.store.steers.unread(effect.turn.id))

    async def send_decision(self, effect: e.SendDecision) -> None:
        """Send what was decided; a runner that is away is told when it is back."""
        decision = effect.decision
        if decision.kind is DecisionKind.PUSH:  # who holds the push looks at its row
            return
        link = self._link(decision.thread_id, decision.run) if decision.run is not None else None
        if link is not None:
            await link.send(build_frame(decision))

    async def answer_press(self, effect: e.AnswerPress) -> None:
        """Tell the person who pressed; one who is no longer there is told nothing."""
        try:
            await self.callbacks.answer_callback(effect.callback_id, effect.text, alert=len(effect.text) > GLANCE)
        except TelegramProblem as problem:
            _log.info("button_not_answered", extra={"error": type(problem).__name__})

    async def fill_own_menu(self, effect: e.FillMenu) -> None:
        """Fill the menu of an administrator's private chat."""
        await self.fill_menu(effect.person_id)

    async def put_event(self, effect: e.PutEvent) -> None:
        """Say it on the resource, where there is one; it stands in the log too."""
        found = self.resources.cached(effect.thread.name)
        if found is None:
            return
        try:
            await self.resources.say(found, effect.reason, effect.text)
        except KubeError as error:
            _log.warning("event_not_written", extra={"agent_thread": effect.thread.name, "why": error.reason})

    async def drop_message(self, effect: e.DropMessage) -> None:
        """Take a message away; one that stays is found again by its next press."""
        try:
            await self.callbacks.delete_message(effect.address, effect.message_id)
        except TelegramProblem as problem:
            _log.info("message_not_dropped", extra={"error": type(problem).__name__})

    async def tell_loss(self, effect: e.MessageLost) -> None:
        """Say on the conversation's resource that something did not come into its chat."""
        thread = await self.store.threads.by_address(effect.address)
        if thread is not None:
            await self.put_event(
                e.PutEvent(thread, "MessageLost", f"A message did not come into the chat: {effect.words}")
            )

    def _link(self, thread_id: int, run: int) -> Link | None:
        link = self.registry.link(thread_id)
        return link if link is not None and link.run == run else None
