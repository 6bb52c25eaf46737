"""Puts the parts together that look after conversations, and after sub-agents' threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent_gateway.conversations.apply import Applier
from agent_gateway.conversations.claiming import Claimer
from agent_gateway.conversations.endings import TurnEndings
from agent_gateway.conversations.leftviews import LeftViews
from agent_gateway.conversations.notes import PromptNotes
from agent_gateway.conversations.queue import Reconciler, ThreadQueue
from agent_gateway.conversations.reconciler import ConversationReconciler
from agent_gateway.conversations.runmodel import RunModels
from agent_gateway.conversations.sending import TurnSender
from agent_gateway.conversations.show import Previews, WaitingView
from agent_gateway.conversations.slots import Slots
from agent_gateway.conversations.snapshot import SnapshotReader
from agent_gateway.conversations.writing import RunWriter
from agent_gateway.effects import FreeSlot, WakeThread
from agent_gateway.events import Events
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.runners.pool import WarmPool
from agent_gateway.runners.proving import Identity
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.rows import ThreadKind
from agent_gateway.subagents.reconciler import SubAgentReconciler
from agent_gateway.wake import Wake


@dataclass(frozen=True, slots=True)
class Conversations:
    """What runs for conversations.

    Attributes:
        queue: Looks at threads.
        slots: Tells who is next that a slot is free.
        left_views: Closes views that nobody closed.
        reconciler: Looks at one conversation.
    """

    queue: ThreadQueue
    slots: Slots
    left_views: LeftViews
    reconciler: ConversationReconciler


def build_conversations(
    store: Store,
    resources: AgentThreads,
    registry: Registry,
    views: Previews,
    wake: Wake,
    events: Events,
    check: Callable[[], None],
    *,
    children: SubAgentReconciler,
    pool: WarmPool,
    models: RunModels,
    note_claimed: Callable[[Identity], None],
    max_runs: int,
    is_admin: Callable[[int], bool],
) -> Conversations:
    """Put the parts together, and let them hear of what wakes them; nothing runs yet.

    Raises:
        ValueError: others hear of it already.
    """
    slots = Slots(store, views, wake.thread, most=max_runs)
    claimer = Claimer(store, slots, pool, registry, views, models, resources.find_pool, note_claimed)
    view = WaitingView(store, views, wake, slots, is_admin=is_admin)
    applier = Applier(
        store,
        registry,
        RunWriter(store, resources, slots, claimer),
        TurnSender(store, registry, views, PromptNotes(store, resources, wake)),
        TurnEndings(store, views, children, is_admin=is_admin),
        view,
    )
    reconciler = ConversationReconciler(SnapshotReader(store, resources, registry, slots), applier, view, slots)
    reconcilers: dict[ThreadKind, Reconciler] = {
        ThreadKind.CONVERSATION: reconciler,
        ThreadKind.SUBAGENT: children,
    }
    queue = ThreadQueue(store, reconcilers, check)
    events.on(WakeThread, lambda effect: queue.add(effect.thread_id))
    events.on(FreeSlot, lambda _: slots.free())
    return Conversations(queue, slots, LeftViews(store, views, wake), reconciler)
