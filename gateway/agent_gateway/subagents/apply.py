"""Does what was decided for a sub-agent."""

from __future__ import annotations

import logging
from typing import Final

from agent_contract.agentthread import Reason
from agent_contract.subagent import SubAgentPhase
from agent_contract.text import clean
from agent_gateway.resources.collection import NameTaken
from agent_gateway.resources.subagents import KIND, SubAgents
from agent_gateway.resources.words import explain_wait
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.rows import Ending, SubAgentRow
from agent_gateway.subagents import actions as do
from agent_gateway.subagents.endings import MAX_WORDS, PARENT, build_cancelled, build_refused
from agent_gateway.subagents.finishing import finish
from agent_gateway.subagents.messages import Messages
from agent_gateway.subagents.parents import Parents
from agent_gateway.subagents.snapshot import Snapshot, is_of_call
from agent_kube.errors import KubeError, Refused
from agent_kube.pace import Backoff
from agent_kube.tracing.steps import tell_step

_log = logging.getLogger(__name__)
REFUSED: Final = Backoff(first=1.0, factor=3.0, cap=60.0)
"""Pauses of a create that the API server did not decide about."""
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
    """

    def __init__(
        self,
        store: Store,
        resources: SubAgents,
        parents: Parents,
        registry: Registry,
        messages: Messages,
    ) -> None:
        self._store = store
        self._resources = resources
        self._parents = parents
        self._registry = registry
        self._messages = messages

    async def apply(self, s: Snapshot, action: do.Action) -> float | None:
        """Do one thing; return the seconds to the next look, 0 where something follows now, None where nothing does."""
        match action:
            case do.RequeueAfter(seconds=seconds):
                return max(seconds, _LEAST_SECONDS)
            case do.Show():
                return None if await self._messages.show(s.child) else _UNSENT_SECONDS
            case do.SetPhase():
                return await self._set_phase(s.child, action)
            case do.SendResult():
                await self._messages.send_result(s.child)
                return None
            case do.WriteCancel():
                await self._resources.cancel(s.child.name)
                return _BEHIND_SECONDS  # the watch tells, or its end is looked for
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
            case do.EndRun(number=number, reason=reason):
                await self._end_run(s.child, number, reason)
        return 0

    # --- its resource -----------------------------------------------------------------------------

    async def _create(self, s: Snapshot) -> float:
        child = s.child
        try:
            parent, expected = await self._parents.find_resource(child)
            if expected and parent is None:
                await finish(self._store, child, build_cancelled("The agent that asked for it is gone."), cancel=PARENT)
                return 0
            made = await self._resources.create(child, await self._parents.find_root(child), parent)
        except NameTaken:
            taken = f"A SubAgent named {child.name} stands that was not asked for here."
            await finish(self._store, child, build_refused(taken))
        except KubeError as error:
            return await self._not_created(s, error)
        else:
            await self._store.subagents.created(child.thread_id, made.uid)
            tell_step(_log, "subagent_created", subagent=child.name, agent_thread=child.parent_name)
        return 0

    async def _not_created(self, s: Snapshot, error: KubeError) -> float:
        """End it where the API server refuses its resource; where that decided nothing, try again after a pause."""
        child, why = s.child, clean(explain_wait(error, KIND), MAX_WORDS)
        final = is_refusal(error)
        extra = {"subagent": child.name, "status": error.status, "why": error.reason, "final": final}
        _log.warning("subagent_refused", extra=extra)
        if final:
            await finish(self._store, child, build_refused(why))
            return 0
        pause = REFUSED.pause(1 + (s.run.attempts if s.run is not None else 0))
        await self._store.subagents.refused(child.thread_id, pause, SubAgentPhase.PENDING.value, why)
        return min(pause, await self._tell(child.thread_id) or pause)

    async def _confirm_deleted(self, s: Snapshot) -> float:
        found = await self._resources.get(s.child.name)
        if found is not None and found.uid == s.child.uid:
            return _BEHIND_SECONDS  # the watch is behind
        await finish(self._store, s.child, Ending(SubAgentPhase.CANCELLED.value, Reason.DELETED, "It was deleted."))
        return 0

    async def _confirm_absent(self, s: Snapshot) -> float:
        found = await self._resources.get(s.child.name)
        if found is not None and is_of_call(found, s.child):
            return _BEHIND_SECONDS  # it is known now, and is cancelled at the next look
        if s.run is not None:
            await self._end_run(s.child, s.run.number, s.child.reason or Reason.DELETED)
        return 0

    # --- its run ----------------------------------------------------------------------------------

    async def _send(self, s: Snapshot, action: do.Deliver | do.SendAgain) -> float:
        link = self._registry.link(s.child.thread_id)
        if link is None or s.run is None:
            return _BEHIND_SECONDS
        if isinstance(action, do.Deliver):
            turn = await self._store.turns.deliver_next(s.child.thread_id, s.run.number)
        else:
            turn = await self._store.subagents.send_again(action.turn)
            _log.warning("task_sent_again", extra={"subagent": s.child.name, "turn": action.turn})
        if turn is None:  # it changed in between
            return _BEHIND_SECONDS
        await link.send_turn(turn)
        return 0

    async def _end_run(self, child: SubAgentRow, number: int, reason: str) -> None:
        if await self._store.runs.end(child.thread_id, number, reason, None):
            self._registry.forget(child.thread_id, number)

    # --- who is told ------------------------------------------------------------------------------

    async def _set_phase(self, child: SubAgentRow, state: do.SetPhase) -> float | None:
        await self._store.subagents.set_phase(child.thread_id, state.phase, state.reason, state.message)
        return await self._tell(child.thread_id)

    async def _tell(self, thread_id: int) -> float | None:
        """Tell chat and parent how one is that has not ended; return when to do so again, where the chat takes nothing."""
        now = await self._store.subagents.get(thread_id)
        if now is None or now.finished_at is not None:
            return None
        shown = await self._messages.show(now)
        await self._messages.send_update(now)
        return None if shown else _UNSENT_SECONDS


def is_refusal(error: KubeError) -> bool:
    """Say whether the API server decided against a create, so that the same one would be refused again."""
    return isinstance(error, Refused)
