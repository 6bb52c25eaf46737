"""Every loop of the gateway, by when it runs; `supervise` begins each again that fails."""

from __future__ import annotations

from agent_gateway.context import Context
from agent_gateway.conversations.ahead import LineTeller
from agent_gateway.leader import Leader
from agent_gateway.runners.seen import SeenKeeper
from agent_gateway.supervise import Loop


def build_watches(context: Context) -> list[Loop]:
    """Return what runs on a standby too, so that its caches are warm when it leads."""
    return [
        Loop("watch", context.resources.watch),
        Loop("watch classes", context.classes.watch),
        Loop("watch subagents", context.subagents.watch),
        Loop("watch schedules", context.schedules.resources.watch),
    ]


def build_inlets(context: Context, leader: Leader) -> list[Loop]:
    """Return what a leaving leader keeps to the last: the lead, and updates that are taken."""
    return [Loop("leader", leader.hold), Loop("updates", context.updates.run)]


def build_work(context: Context, leader: Leader) -> list[Loop]:
    """Return what acts on what was taken."""
    return [
        Loop("dispatcher", context.dispatcher.run),
        Loop("adopter", context.adopter.run),
        Loop("subagent adopter", context.subagent_adopter.run),
        Loop("venues", context.venues.run),
        Loop("titles", context.titles.run),
        Loop("leaving", context.leaving.run),
        Loop("jobs", context.jobs.run),
        Loop("rights", context.rights.run),
        Loop("decisions", context.decisions.run),
        Loop("accounts", context.accounts.keeper.run),
        Loop("ledger", context.money.ledger.run),
        Loop("limits", context.money.limits.run),
        Loop("spending", context.money.teller.run),
        Loop("pull requests", context.forges.poller.run),
        Loop("hooks", context.hooks.run),
        Loop("schedule adopter", context.schedules.adopter.run),
        Loop("schedules", context.schedules.firing.run),
        Loop("schedules ahead", context.schedules.warmer.run),
        Loop("schedules ended", context.schedules.ending.run),
        Loop("schedules written", context.schedules.writer.run),
        Loop("purger", context.purger.run),
        Loop("retention", context.retention.run),
        Loop("fullness", context.fullness.run),
        Loop("connections", context.connection_states.run),
        Loop("threads", context.conversations.queue.run),
        Loop("slots", context.conversations.slots.run),
        Loop("line", LineTeller(context.conversations.slots, context.classes, leader.check).run),
        Loop("seen", SeenKeeper(context.store, context.registry).run),
        Loop("left views", context.conversations.left_views.run),
        Loop("sender", context.sender.run),
        Loop("folds", context.folds.run),
        Loop("reactions", context.reactions.run),
    ]
