"""Every loop of the gateway, by when it runs; `supervise` begins each again that fails."""

from __future__ import annotations

from agent_gateway.context import Context
from agent_gateway.leader import Leader
from agent_gateway.runners.seen import SeenKeeper
from agent_gateway.supervise import Loop


def build_watches(context: Context) -> list[Loop]:
    """Return what runs on a standby too, so that its caches are warm when it leads."""
    return [
        Loop("watch", context.resources.watch),
        Loop("watch classes", context.classes.watch),
        Loop("watch subagents", context.subagents.watch),
    ]


def build_inlets(context: Context, leader: Leader) -> list[Loop]:
    """Return what a leaving leader keeps to the last: the lead, and updates that are taken."""
    return [Loop("leader", leader.hold), Loop("updates", context.updates.run)]


def build_work(context: Context) -> list[Loop]:
    """Return what acts on what was taken."""
    return [
        Loop("dispatcher", context.dispatcher.run),
        Loop("adopter", context.adopter.run),
        Loop("subagent adopter", context.subagent_adopter.run),
        Loop("venues", context.venues.run),
        Loop("jobs", context.jobs.run),
        Loop("purger", context.purger.run),
        Loop("threads", context.conversations.queue.run),
        Loop("slots", context.conversations.slots.run),
        Loop("seen", SeenKeeper(context.store, context.registry).run),
        Loop("left views", context.conversations.left_views.run),
        Loop("sender", context.sender.run),
        Loop("reactions", context.reactions.run),
    ]
