"""Puts the parts together by which conversations are asked at times of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent_gateway.config import GatewayConfig
from agent_gateway.inbox.access import Access
from agent_gateway.resources.agentschedules import AgentSchedules, ScheduleValue
from agent_gateway.resources.changes import Changes
from agent_gateway.schedules.adopting import ScheduleAdopter
from agent_gateway.schedules.ending import Ending
from agent_gateway.schedules.firing import Firing
from agent_gateway.schedules.warming import Pools, Warmer
from agent_gateway.schedules.writing import ScheduleWriter
from agent_gateway.store import Store
from agent_kube.client import KubeClient


@dataclass(frozen=True, slots=True)
class Schedules:
    """What works with schedules.

    Attributes:
        resources: AgentSchedules.
        adopter: Takes up those that change.
        firing: Asks what is due.
        ending: Notes how that ended.
        writer: Writes AgentSchedules and their status.
        warmer: Begins agents ahead of what is due.
    """

    resources: AgentSchedules
    adopter: ScheduleAdopter
    firing: Firing
    ending: Ending
    writer: ScheduleWriter
    warmer: Warmer


def build_schedules(
    config: GatewayConfig,
    store: Store,
    kube: KubeClient,
    access: Access,
    classes: Pools,
    check: Callable[[], None],
) -> Schedules:
    """Build them.

    Args:
        config: How many there may be, and the zone of those that name none.
        store: Schedules, and their conversations.
        kube: The API server.
        access: Who may use the bot.
        classes: What classes add to heartbeats, and which of them have pods that wait.
        check: Raises when this process may no longer act.
    """
    changes: Changes[ScheduleValue] = Changes()
    resources = AgentSchedules(kube, config.namespace, changes, check)
    return Schedules(
        resources,
        ScheduleAdopter(
            store, resources, changes, access, bot_id=store.bot_id, bot_name=config.bot_name, settings=config.schedules,
            zone=config.tz,
        ),
        Firing(store, access, check, told=resources, classes=classes, zone=config.tz),
        Ending(store, check),
        ScheduleWriter(store, resources, check, zone=config.tz),
        Warmer(store, access, classes, check, seconds=config.schedules.warm_seconds),
    )  # fmt: skip
