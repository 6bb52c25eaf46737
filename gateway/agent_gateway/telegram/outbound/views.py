"""The live previews: one task per chat brings what is shown to what should be."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

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
)
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.pace import Clock
from agent_gateway.telegram.outbound.preview import Call, ChatPreviews, TurnPreview, restore
from agent_gateway.telegram.outbound.typing import TYPING_SECONDS, Typing
from agent_gateway.telegram.ports import Chat, ViewStore
from agent_gateway.wording.subagents import ChildLine
from agent_gateway.wording.texts import WORKING

log = logging.getLogger(__name__)

_PAUSE_AFTER_FAULT = 5.0
_PAUSE_AFTER_REFUSAL = 30.0
_LAST_CALLS_SECONDS = 5.0


@dataclass(slots=True)
class _Channel:
    """One chat: its previews, and the task that makes their calls one after the other."""

    chat_id: int
    previews: ChatPreviews
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    free: asyncio.Event = field(default_factory=asyncio.Event)
    calling: int | None = None
    task: asyncio.Task[None] | None = None


class Views:
    """What running turns show. Only desired state is set here; calls follow at the pace a chat allows.

    Args:
        api: Shows it.
        store: Remembers which messages stand.
        check: Raises when this process may no longer act.
        budgets: Of the chats; shared with the sender of finals.
        clock: Monotonic seconds.
        typing_interval: Seconds between two chat actions.
        drafts: Show the first words of an answer in a private chat as a draft.
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
        drafts: bool = False,
    ) -> None:
        self._api = api
        self._store = store
        self._check = check
        self._clock = clock
        self._budgets = budgets or Budgets(clock)
        self._drafts = drafts
        self._no_drafts: set[int] = set()
        self._channels: dict[int, _Channel] = {}
        self._chat_of: dict[int, int] = {}
        self._typing = Typing(api, self._budgets, check=check, is_next=self._is_next, interval=typing_interval)
        self.on_open: Callable[[], None] = lambda: None
        """Told when a turn begins to be shown."""

    def open(self, turn: Turn, address: Address, reply_to: int | None, restored: TurnView | None = None) -> None:
        """Begin to show a turn, "typing" at first; a turn that is open already stays as it is."""
        if turn.id in self._chat_of:
            return
        drafts = self._drafts and address.chat_id > 0 and address.chat_id not in self._no_drafts
        preview = TurnPreview(turn.id, address, reply_to, drafts=drafts)
        if restored is not None:
            restore(preview, restored.messages, restored.message_ids)
        previews = ChatPreviews(thrifty=self._budgets.of(address.chat_id).group)
        channel = self._channels.setdefault(address.chat_id, _Channel(address.chat_id, previews))
        channel.previews.turns[turn.id] = preview
        self._chat_of[turn.id] = address.chat_id
        self._wake(channel)
        self.typing(turn.id)
        self.on_open()

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
        if found is None:
            return
        channel, preview = found
        if preview.waiting == text:
            return
        preview.waiting, preview.dirty, preview.stoppable = text, True, True
        self._typing.stop(turn_id)
        self._wake(channel)

    def working(self, turn_id: int) -> None:
        """Show that a turn waits no more, where it said that it did."""
        found = self._find(turn_id)
        if found is not None and found[1].waiting is not None:
            self.waiting(turn_id, WORKING)

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
        found = self._find(turn_id)
        if found is None or found[1].text.strip() or found[1].tools or found[1].children:
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

    def _find(self, turn_id: int) -> tuple[_Channel, TurnPreview] | None:
        chat_id = self._chat_of.get(turn_id)
        if chat_id is None:
            return None
        channel = self._channels[chat_id]
        return channel, channel.previews.turns[turn_id]

    def _wake(self, channel: _Channel) -> None:
        channel.changed.set()
        if channel.task is None:
            channel.task = asyncio.create_task(self._run(channel), name=f"views-{channel.chat_id}")
            channel.task.add_done_callback(lambda task: self._run_over(channel, task))

    def _run_over(self, channel: _Channel, task: asyncio.Task[None]) -> None:
        channel.task = None
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.warning("previews pause after a fault", extra={"chat": channel.chat_id, "error": type(error).__name__})
            self._budgets.hold(channel.chat_id, _PAUSE_AFTER_FAULT)
        elif channel.previews.turns:
            self._wake(channel)
        elif self._channels.get(channel.chat_id) is channel:
            del self._channels[channel.chat_id]
            self._budgets.of(channel.chat_id).turns = 0

    async def _run(self, channel: _Channel) -> None:
        while channel.previews.turns:
            channel.changed.clear()
            step = self._decide(channel)
            if isinstance(step, Call):
                await self._perform(channel, step)
                continue
            try:
                async with asyncio.timeout(None if step is None else max(0.0, step - self._clock())):
                    await channel.changed.wait()
            except TimeoutError:
                continue

    def _decide(self, channel: _Channel) -> Call | float | None:
        budget = self._budgets.of(channel.chat_id)
        budget.turns = len(channel.previews.turns)
        channel.previews.interval = budget.interval
        return channel.previews.decide(self._clock(), lambda kind: self._budgets.wait(channel.chat_id, kind))

    async def _perform(self, channel: _Channel, call: Call) -> None:
        self._check()
        self._budgets.spend(channel.chat_id)
        turn = channel.previews.turns[call.turn_id]
        channel.calling = call.turn_id
        channel.free.clear()
        try:
            message_id = await self._show(turn, call)
            channel.previews.shown(call, message_id, self._clock())
            if turn.saved != len(turn.ids):
                await self._store.save_messages(turn.turn_id, tuple(turn.ids))
                turn.saved = len(turn.ids)
        except TelegramProblem as problem:
            self._after_problem(channel, turn, call, problem)
        finally:
            channel.calling = None
            channel.free.set()

    async def _show(self, turn: TurnPreview, call: Call) -> int:
        message_id, chunk = call.message_id, call.chunk
        if call.draft:
            await self._api.send_draft(turn.address, turn.turn_id, chunk.text, chunk.entities)
            return 0
        if message_id is None:
            reply_to = turn.reply_to if call.index == 0 else None
            return await self._api.send_message(turn.address, chunk.text, chunk.entities, reply_to, chunk.buttons)
        if call.superfluous:
            await self._api.delete_message(turn.address, message_id)
        else:
            await self._api.edit_message_text(turn.address, message_id, chunk.text, chunk.entities, chunk.buttons)
        return message_id

    def _after_problem(self, channel: _Channel, turn: TurnPreview, call: Call, problem: TelegramProblem) -> None:
        match problem:
            case Throttled():
                self._budgets.throttle(channel.chat_id, problem.retry_after)
            case Refused(kind=RefusalKind.CANT_PARSE) if not turn.plain:
                turn.plain = True
            case Refused() if call.draft:
                # not offered here: this chat is shown messages from now on
                self._no_drafts.add(channel.chat_id)
                turn.drafts = False
            case Refused():
                turn.silent = True
                log.info("a preview was refused", extra={"turn": turn.turn_id, "kind": problem.kind.value})
            case Unauthorized():
                self._budgets.hold(channel.chat_id, _PAUSE_AFTER_REFUSAL)
            case Ambiguous() if call.message_id is None and not call.draft and not isinstance(problem, ServerFailed):
                # It may stand or not: one more could be a second copy. The final tells the whole.
                turn.silent = True
            case _:
                self._budgets.hold(channel.chat_id, self._budgets.of(channel.chat_id).interval)

    def _is_next(self, turn: TurnPreview) -> bool:
        """Tell whether no older turn of the same conversation is still being answered."""
        others = self._channels[turn.address.chat_id].previews.turns.values()
        return all(other.turn_id >= turn.turn_id or other.address != turn.address for other in others)
