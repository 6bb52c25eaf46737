"""Puts the parts together."""

from __future__ import annotations

from dataclasses import dataclass

from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.resources.subagents import SubAgents
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.subagents.apply import Applier
from agent_gateway.subagents.classes import Classes
from agent_gateway.subagents.messages import Messages, StatusLines
from agent_gateway.subagents.parents import Parents
from agent_gateway.subagents.reconciler import SubAgentReconciler
from agent_gateway.subagents.requests import SubAgentRequests
from agent_gateway.subagents.service import SubAgentService
from agent_gateway.subagents.snapshot import SnapshotReader


@dataclass(frozen=True, slots=True)
class SubAgentParts:
    """What the other rooms use of this one.

    Attributes:
        service: For connections of runners.
        requests: For commands.
        classes: For what runners send.
        reconciler: For the queue of threads, and for conversations.
    """

    service: SubAgentService
    requests: SubAgentRequests
    classes: Classes
    reconciler: SubAgentReconciler


def build_subagents(
    store: Store,
    threads: AgentThreads,
    resources: SubAgents,
    registry: Registry,
    views: StatusLines,
) -> SubAgentParts:
    """Build all that the gateway does for sub-agents.

    Args:
        store: Conversations.
        threads: AgentThreads and classes.
        resources: SubAgents.
        registry: Connections of runners.
        views: Live previews.
    """
    classes = Classes(store, threads)
    requests = SubAgentRequests(store, classes)
    messages = Messages(store, registry, views)
    applier = Applier(store, resources, Parents(store, threads, resources), registry, messages)
    reader = SnapshotReader(store, threads, resources, registry, messages)
    reconciler = SubAgentReconciler(store, reader, applier)
    return SubAgentParts(SubAgentService(store, requests, messages), requests, classes, reconciler)
