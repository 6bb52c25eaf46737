"""Does what was decided for a conversation, one action at a time."""

from __future__ import annotations

import logging
from typing import Final

from agent_contract.agentthread import Reason
from agent_gateway.conversations import actions as do
from agent_gateway.conversations.endings import TurnEndings
from agent_gateway.conversations.runs import failed_to_start
from agent_gateway.conversations.sending import TurnSender
from agent_gateway.conversations.show import WaitingView
from agent_gateway.conversations.snapshot import Snapshot
from agent_gateway.conversations.writing import RunWriter
from agent_gateway.logs import describe_fault
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.errors import Refused

_log = logging.getLogger(__name__)
AT_ONCE: Final = 0.0
"""What was done leads on: the thread is to be read anew."""
_BEHIND_SECONDS: Final = 5.0
"""After which a resource is looked at again of which the watch is behind."""


class Applier:
    """Does actions.

    Args:
        store: Conversations.
        registry: Connections of runners.
        writer: Writes runs into resources.
        sender: Gives turns to runners.
        endings: Ends turns.
        view: Tells chats what they wait for.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        writer: RunWriter,
        sender: TurnSender,
        endings: TurnEndings,
        view: WaitingView,
    ) -> None:
        self._store = store
        self._registry = registry
        self._writer = writer
        self._sender = sender
        self._endings = endings
        self._view = view

    async def apply(self, s: Snapshot, action: do.Action) -> float | None:  # one line an action
        """Do one thing; return the seconds to the next look, 0 where something follows, None where nothing does.

        Raises:
            KubeError: the API server refuses it, or does not answer.
            RunConflict: the resource changed meanwhile.
            StoreError: nothing is recorded.
        """
        match action:
            case do.RequeueAfter(seconds=seconds):
                return seconds
            case do.ShowWaiting():
                await self._view.show(s, action)
                return None
            case do.RequestRun():
                return await self._writer.request(s)
            case do.RewriteRun(number=number):
                await self._writer.write_again(s, number)
            case do.RecordLimits(number=number, limits=limits):
                await self._store.runs.want(s.thread.id, number, None, None, limits)
            case do.Deliver():
                return await self._sender.deliver(s)
            case do.Abort(turn=turn):
                await self._sender.abort(s.thread.id, turn)
                return None
            case do.Extend(turn=turn, seconds=seconds):
                await self._sender.extend(s.thread.id, turn, seconds)
                return None
            case do.StopRun(number=number, why=why):
                await self._writer.stop(s.thread, number, why)
                return None
            case do.WriteStop(number=number):
                await self._writer.write_stop(s.thread, number)
                return None
            case do.RecordGone(number=number):
                await self._store.runs.gone(s.thread.id, number)
                return None
            case do.ConfirmGone(number=number):
                if not await self._writer.is_gone(s):
                    return _BEHIND_SECONDS
                await self._end_run(s, number, Reason.DELETED, None)
            case do.EndRun(number=number, reason=reason, message=message):
                await self._end_run(s, number, reason, message)
            case do.GiveBack(turn=turn):
                await self._store.turns.requeue(turn)
            case do.Interrupt():
                await self._endings.interrupt(s, action)
            case do.TimeOut(turn=turn):
                await self._endings.time_out(s, turn)
            case do.GiveUp(reason=reason, message=message):
                await self._endings.give_up(s.thread, reason, message)
        return AT_ONCE

    async def _end_run(self, s: Snapshot, number: int, reason: str, message: str | None) -> None:
        if reason == Reason.SUSPENDED:  # what runs is ended: first, as nobody comes back to a run that is over
            await self._endings.end_children(s.thread.id)
        if not await self._record_end(s.thread.id, number, reason, message):
            return
        _log.info("run_over", extra={"agent_thread": s.thread.name, "run": number, "reason": reason})
        if s.run is not None and failed_to_start(s.run, reason):
            await self._store.turns.count_attempt(s.thread.id)
        self._registry.forget(s.thread.id, number)

    async def _record_end(self, thread_id: int, number: int, reason: str, message: str | None) -> bool:
        """Record that a run is over, without its words where the database takes them not: over it is in any case."""
        try:
            return await self._store.runs.end(thread_id, number, reason, message)
        except Refused as error:
            _log.error(
                "run_words_refused", extra={"thread_id": thread_id, "run": number, "error": describe_fault(error)}
            )
            return await self._store.runs.end(thread_id, number, Reason.ERROR, None)
