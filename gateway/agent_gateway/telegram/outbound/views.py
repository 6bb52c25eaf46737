"""The live previews: one task per chat brings what is shown to what should be."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence

from agent_gateway.effects import WakeReactions
from agent_gateway.events import Events
from agent_gateway.runners.progress import split_way
from agent_gateway.store.chatrows import TurnView
from agent_gateway.store.rows import Address, Turn
from agent_gateway.telegram.errors import (
    Ambiguous,
    RefusalKind,
    Refused,
    ServerFailed,
    TelegramProblem,
    Throttled,
    Unauthorized,
    Unsupported,
)
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.newest import Newest
from agent_gateway.telegram.outbound.pace import Clock, Cooldowns
from agent_gateway.telegram.outbound.preview import WORKING_SECONDS, ChatPreviews, Room, TurnPreview, restore
from agent_gateway.telegram.outbound.previewing import Call, Render
from agent_gateway.telegram.outbound.renderer import Renderer, RenderHere
from agent_gateway.telegram.outbound.show import Channel, prepare, show
from agent_gateway.telegram.outbound.typing import TYPING_SECONDS, Typing
from agent_gateway.telegram.ports import Chat, ViewStore
from agent_gateway.wording import keys
from agent_gateway.wording.subagents import ChildLine
from agent_kube.tracing.steps import tell_step

log = logging.getLogger(__name__)
FINAL_SECONDS = 3.0
"""So long the first that is seen of a turn waits for the answer of the one before it, so that it stands below that."""
_PAUSE_AFTER_FAULT = 5.0
_PAUSE_AFTER_REFUSAL = 30.0
_LAST_CALLS_SECONDS = 5.0


class Views:
    """What running turns show. Only desired state is set here; calls follow at the pace a chat allows.

    Args:
        api: Shows it.
        store: Remembers which messages stand.
        check: Raises when this process may no longer act.
        budgets: Of the chats; shared with the sender of finals.
        clock: Monotonic seconds.
        typing_interval: Seconds between two chat actions.
        newest: Which message is the last of its topic; shared with the sender.
        events: Told when a turn begins to be shown.
        drafts: Show turns of private chats as drafts.
        renderer: Renders what is written.
    """

    def __init__(  # its collaborators, by name
        self,
        api: Chat,
        store: ViewStore,
        *,
        check: Callable[[], None],
        budgets: Budgets | None = None,
        clock: Clock = time.monotonic,
        typing_interval: float = TYPING_SECONDS,
        newest: Newest | None = None,
        events: Events | None = None,
        drafts: bool = False,
        renderer: Renderer | None = None,
    ) -> None:
        self._renderer = renderer or RenderHere()
        self._api = api
        self._store = store
        self._check = check
        self._clock = clock
        self._budgets = budgets or Budgets(clock)
        self._drafts = drafts
        self._no_drafts: set[int] = set()
        self._own = Cooldowns(clock)
        self._drafting = Cooldowns(clock)
        self._channels: dict[int, Channel] = {}
        self._chat_of: dict[int, int] = {}
        self._typing = Typing(api, self._budgets, check=check, is_next=self._is_next, interval=typing_interval)
        self._newest = newest or Newest()
        self._events = events or Events()

    def open(self, turn: Turn, address: Address, reply_to: int | None, restored: TurnView | None = None) -> None:
        """Begin to show a turn, "typing" at first; a turn that is open already stays as it is, and a quiet one shows nothing."""
        if turn.quiet or turn.id in self._chat_of:
            return
        drafts = self._drafts and address.chat_id > 0 and address.chat_id not in self._no_drafts
        preview = TurnPreview(turn.id, address, reply_to, turn.language, self._clock(), drafts=drafts)
        if restored is not None:
            restore(preview, split_way(restored.messages)[1], restored.message_ids)
        previews = ChatPreviews(thrifty=self._budgets.of(address.chat_id).group)
        channel = self._channels.setdefault(address.chat_id, Channel(address.chat_id, previews))
        channel.previews.turns[turn.id] = preview
        self._chat_of[turn.id] = address.chat_id
        self._wake(channel)
        self.typing(turn.id)
        self._events.publish([WakeReactions()])

    def update(self, turn_id: int, text: str, activity: str | None = None, tools: Sequence[str] = ()) -> None:
        """Set what should be seen: the answer so far and, behind it, the tools used and what the agent is doing."""
        found = self._find(turn_id)
        if found is None:
            return
        channel, preview = found
        if (preview.text, preview.activity, preview.tools) == (text, activity, tuple(tools)):
            return
        preview.list_tools(tools)
        preview.stoppable = True  # a runner tells of it
        preview.text, preview.activity, preview.dirty = text, activity, True
        if text.strip() or tools:
            self._typing.stop(turn_id)
            self._wake(channel)

    def waiting(self, turn_id: int, text: str) -> None:
        """Show what the turn waits for, until the answer takes its place."""
        found = self._find(turn_id)
        if found is None or found[1].waiting == text:
            return
        channel, preview = found
        preview.waiting, preview.dirty, preview.stoppable = text, True, True
        self._typing.stop(turn_id)
        self._wake(channel)

    def working(self, turn_id: int) -> None:
        """Show that a turn waits no more, where it said that it did and no text comes soon."""
        if (found := self._find(turn_id)) is not None and found[1].waiting is not None:
            found[1].quiet_until = self._clock() + WORKING_SECONDS
            self.waiting(turn_id, keys.working(found[1].language))

    def children(self, turn_id: int, lines: Sequence[ChildLine]) -> None:
        """Set the sub-agents to be seen below the answer, with a button for each that may be cancelled."""
        found = self._find(turn_id)
        if found is None or found[1].children == tuple(lines):
            return
        channel, preview = found
        preview.list_children(lines)
        if lines:
            self._typing.stop(turn_id)
        self._wake(channel)

    def typing(self, turn_id: int) -> None:
        """Show "typing" until the first text or sub-agent."""
        if (found := self._find(turn_id)) is None or found[1].text.strip() or found[1].tools or found[1].children:
            return
        self._typing.start(found[1])

    async def finish(self, turn_id: int) -> tuple[int, ...]:
        """Show nothing more of a turn, wait for the call in flight, and return the messages that stand."""
        self._typing.stop(turn_id)
        found = self._find(turn_id)
        if found is None:
            return ()
        channel, preview = found
        preview.silent = True
        while channel.calling == turn_id:
            await channel.free.wait()
        self._newest.expect(preview.address, self._clock() + FINAL_SECONDS)
        channel.previews.turns.pop(turn_id, None)
        self._chat_of.pop(turn_id, None)
        channel.changed.set()
        return tuple(preview.ids)

    def shown(self) -> tuple[int, ...]:
        """Return the turns that are shown."""
        return tuple(self._chat_of)

    async def close(self) -> None:
        """Stop every task; what stands in the chats stays, and a call in flight may end, so that its message is known."""
        for channel in self._channels.values():
            for turn in channel.previews.turns.values():
                turn.silent = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_CALLS_SECONDS):
                for channel in list(self._channels.values()):
                    while channel.calling is not None:
                        await channel.free.wait()
        tasks = [c.task for c in self._channels.values() if c.task is not None] + self._typing.tasks()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _find(self, turn_id: int) -> tuple[Channel, TurnPreview] | None:
        if (chat_id := self._chat_of.get(turn_id)) is None:
            return None
        channel = self._channels[chat_id]
        return channel, channel.previews.turns[turn_id]

    def _wake(self, channel: Channel) -> None:
        channel.changed.set()
        if channel.task is None:
            channel.task = asyncio.create_task(self._run(channel), name=f"views-{channel.chat_id}")
            channel.task.add_done_callback(lambda task: self._run_over(channel, task))

    def _run_over(self, channel: Channel, task: asyncio.Task[None]) -> None:
        channel.task = None
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.warning("previews pause after a fault", extra={"chat": channel.chat_id, "error": type(error).__name__})
            self._own.hold(channel.chat_id, _PAUSE_AFTER_FAULT)
        elif channel.previews.turns:
            self._wake(channel)
        elif self._channels.get(channel.chat_id) is channel:
            del self._channels[channel.chat_id]
            self._budgets.of(channel.chat_id).turns = 0

    async def _run(self, channel: Channel) -> None:
        while channel.previews.turns:
            channel.changed.clear()
            step = self._decide(channel)
            if isinstance(step, Call):
                await self._perform(channel, step)
                continue
            if isinstance(step, Render):
                shown = channel.previews.turns[step.turn_id]  # it may be finished meanwhile
                shown.take_rendered(*await prepare(self._renderer, step), self._clock())
                continue
            try:
                async with asyncio.timeout(None if step is None else max(0.0, step - self._clock())):
                    await channel.changed.wait()
            except TimeoutError:
                continue

    def _decide(self, channel: Channel) -> Call | Render | float | None:
        budget = self._budgets.of(channel.chat_id)
        budget.turns = len(channel.previews.turns)
        channel.previews.interval = budget.interval
        for turn in channel.previews.turns.values():
            turn.note_newest(self._newest.of(turn.address))
            turn.held_until = self._newest.expected(turn.address, self._clock())
        own = self._own.left(channel.chat_id)
        room = Room(
            lambda kind: max(own, self._budgets.wait(channel.chat_id, kind)),
            lambda: max(own, self._drafting.left(channel.chat_id), self._budgets.wait_beside(channel.chat_id)),
        )
        return channel.previews.decide(self._clock(), room)

    async def _perform(self, channel: Channel, call: Call) -> None:
        self._check()
        turn = channel.previews.turns[call.turn_id]
        if call.draft:
            self._budgets.spend_beside()
        else:
            self._budgets.spend(channel.chat_id)
        channel.calling = call.turn_id
        channel.free.clear()
        stood, began = tuple(turn.ids), time.time_ns()
        try:
            message_id = await show(self._api, self._newest, turn, call)
            if channel.previews.shown(call, message_id, self._clock()):
                tell_step(log, "first_shown", {"began": began}, turn=turn.turn_id)
            self._typing.stop(turn.turn_id)
            if stood != tuple(turn.ids):
                await self._store.save_messages(turn.turn_id, tuple(turn.ids))
        except TelegramProblem as problem:
            await self._after_problem(channel, turn, call, problem)
        finally:
            channel.calling = None
            channel.free.set()

    async def _after_problem(self, channel: Channel, turn: TurnPreview, call: Call, problem: TelegramProblem) -> None:
        match problem:
            case Throttled() if call.draft:
                self._drafting.hold(channel.chat_id, problem.retry_after)  # messages have a limit of their own
            case Throttled():
                self._budgets.throttle(channel.chat_id, problem.retry_after)
                await self._store.rest(channel.chat_id, problem.retry_after)
            case Refused(kind=RefusalKind.CANT_PARSE) if not turn.plain:
                turn.plain = True
            case Refused() | Unsupported() if call.draft:
                # not offered here: this chat is shown messages from now on
                self._no_drafts.add(channel.chat_id)
                turn.drafts = False
            case Refused():
                turn.silent = True
                log.info("a preview was refused", extra={"turn": turn.turn_id, "kind": problem.kind.value})
            case Unauthorized():
                self._own.hold(channel.chat_id, _PAUSE_AFTER_REFUSAL)
            case Ambiguous() if call.message_id is None and not call.draft and not isinstance(problem, ServerFailed):
                # It may stand or not: one more could be a second copy. The final tells the whole, in a new message.
                turn.silent = True
                self._newest.forget(turn.address)
            case _:
                self._own.hold(channel.chat_id, self._budgets.of(channel.chat_id).interval)

    def _is_next(self, turn: TurnPreview) -> bool:
        """Tell whether no older turn of the same conversation is still being answered."""
        others = self._channels[turn.address.chat_id].previews.turns.values()
        return all(other.turn_id >= turn.turn_id or other.address != turn.address for other in others)
