"""Does what was decided for a sub-agent."""

from __future__ import annotations

import logging
import time
from typing import Final

from agent_contract.agentthread import Reason
from agent_contract.subagent import SubAgentPhase
from agent_contract.text import clean
from agent_gateway.kube import KubeError
from agent_gateway.resources.subagents import KIND, NameTaken, SubAgents
from agent_gateway.resources.watched import explain
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.rows import Ending, SubAgentRow
from agent_gateway.subagents import actions as do
from agent_gateway.subagents.endings import MAX_WORDS, PARENT, build_cancelled, build_refused
from agent_gateway.subagents.finishing import finish
from agent_gateway.subagents.messages import Messages
from agent_gateway.subagents.parents import Parents
from agent_gateway.subagents.snapshot import Snapshot, is_of_call
from agent_gateway.wake import Wake
from agent_kube.pace import Backoff

_log = logging.getLogger(__name__)
REFUSED: Final = Backoff(first=1.0, factor=3.0, cap=60.0)
"""Pauses of a create that the API server did not decide about."""
_NOT_DECIDED: Final = frozenset({401, 404, 408, 409, 429})
"""Of the 4xx: a token that was just rotated, a kind that is not served yet, a timeout, a race, a pause."""
_BEHIND_SECONDS = 1.0
_UNSENT_SECONDS = 2.0
_LEAST_SECONDS = 0.05


class Applier:
    """Carries out actions.

    Args:
        store: Conversations.
        resources: SubAgents.
        parents: Finds whose each sub-agent is.
        registry: Connections of runners.
        messages: Tells chat and parents.
        wake: Tells what is due.
    """

    def __init__(
        self,
        store: Store,
        resources: SubAgents,
        parents: Parents,
        registry: Registry,
        messages: Messages,
        wake: Wake,
    ) -> None:
        self._store = store
        self._resources = resources
        self._parents = parents
        self._registry = registry
        self._messages = messages
        self._wake = wake

    async def apply(self, s: Snapshot, action: do.Action) -> bool:
        """Do one thing; True where nothing follows from it now."""
        match action:
            case do.LookAgain(seconds=seconds):
                return self._look_again(s, seconds)
            case do.Show():
                return await self._messages.show(s.child) or self._look_again(s, _UNSENT_SECONDS)
            case do.SetPhase():
                await self._set_phase(s.child, action)
                return True
            case do.SendResult():
                await self._messages.send_result(s.child)
                return True
            case do.WriteCancel():
                await self._resources.cancel(s.child.name)
                return True
            case do.Deliver() | do.SendAgain():
                return await self._send(s, action)
            case do.Create():
                return await self._create(s)
            case do.ConfirmDeleted():
                return await self._confirm_deleted(s)
            case do.ConfirmAbsent():
                return await self._confirm_absent(s)
            case do.Finish(ending=ending, cancel=cancel):
                await finish(self._store, s.child, ending, cancel=cancel)
            case do.EndRun(number=number, reason=reason, message=message):
                await self._end_run(s.child, number, reason, message)
        return False

    def _look_again(self, s: Snapshot, seconds: float) -> bool:
        self._wake.thread_later(s.child.thread_id, max(seconds, _LEAST_SECONDS))
        return True

    # --- its resource -----------------------------------------------------------------------------

    async def _create(self, s: Snapshot) -> bool:
        child = s.child
        try:
            parent, expected = await self._parents.find_resource(child)
            if expected and parent is None:
                await finish(self._store, child, build_cancelled("The agent that asked for it is gone."), cancel=PARENT)
                return False
            made = await self._resources.create(child, await self._parents.find_root(child), parent)
        except NameTaken:
            taken = f"A SubAgent named {child.name} stands that was not asked for here."
            await finish(self._store, child, build_refused(taken))
        except KubeError as error:
            return await self._not_created(s, error)
        else:
            await self._store.subagents.created(child.thread_id, made.uid)
            ids = {"step": "subagent_created", "subagent": child.name, "agent_thread": child.parent_name}
            _log.info("step", extra={**ids, "t": time.time_ns() // 1_000_000})
        return False

    async def _not_created(self, s: Snapshot, error: KubeError) -> bool:
        """End it where the API server refuses its resource; where that decided nothing, try again after a pause."""
        child, why = s.child, clean(explain(error, KIND), MAX_WORDS)
        final = is_refusal(error)
        extra = {"subagent": child.name, "status": error.status, "why": error.reason, "final": final}
        _log.warning("subagent_refused", extra=extra)
        if final:
            await finish(self._store, child, build_refused(why))
            return False
        pause = REFUSED.pause(s.refusals + 1)
        await self._store.subagents.refused(child.thread_id, pause, SubAgentPhase.PENDING.value, why)
        await self._tell(child.thread_id)
        return self._look_again(s, pause)

    async def _confirm_deleted(self, s: Snapshot) -> bool:
        found = await self._resources.get(s.child.name)
        if found is not None and found.uid == s.child.uid:
            return self._look_again(s, _BEHIND_SECONDS)  # the watch is behind
        await finish(self._store, s.child, Ending(SubAgentPhase.CANCELLED.value, Reason.DELETED, "It was deleted."))
        return False

    async def _confirm_absent(self, s: Snapshot) -> bool:
        found = await self._resources.get(s.child.name)
        if found is not None and is_of_call(found, s.child):
            return self._look_again(s, _BEHIND_SECONDS)  # it is known now, and is cancelled at the next look
        if s.run is not None:
            await self._end_run(s.child, s.run.number, s.child.reason or Reason.DELETED, s.child.message)
        return False

    # --- its run ----------------------------------------------------------------------------------

    async def _send(self, s: Snapshot, action: do.Deliver | do.SendAgain) -> bool:
        link = self._registry.link(s.child.thread_id)
        if link is None or s.run is None:
            return True
        if isinstance(action, do.Deliver):
            turn = await self._store.turns.deliver_next(s.child.thread_id, s.run.number)
        else:
            turn = await self._store.subagents.send_again(action.turn)
            _log.warning("task_sent_again", extra={"subagent": s.child.name, "turn": action.turn})
        if turn is not None:
            await link.send_turn(turn)
        return turn is None

    async def _end_run(self, child: SubAgentRow, number: int, reason: str, message: str | None) -> None:
        if await self._store.runs.end(child.thread_id, number, reason, message):
            self._registry.forget(child.thread_id, number)

    # --- who is told ------------------------------------------------------------------------------

    async def _set_phase(self, child: SubAgentRow, state: do.SetPhase) -> None:
        await self._store.subagents.set_phase(child.thread_id, state.phase, state.reason, state.message)
        await self._tell(child.thread_id)

    async def _tell(self, thread_id: int) -> None:
        now = await self._store.subagents.get(thread_id)
        if now is None or now.finished_at is not None:
            return
        if not await self._messages.show(now):
            self._wake.thread_later(thread_id, _UNSENT_SECONDS)
        await self._messages.send_update(now)


def is_refusal(error: KubeError) -> bool:
    """Say whether the API server decided against a create, so that the same one would be refused again."""
    return error.status is not None and 400 <= error.status < 500 and error.status not in _NOT_DECIDED
