"""The table of commands: one row for each. Which overtake, who has them, the menus and the help follow from it; pure."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from agent_gateway.wording import keys

if TYPE_CHECKING:  # what rows hand over to is imported by whoever calls it: the inbound side reads rows too
    from agent_gateway.commands.outcome import Outcome
    from agent_gateway.commands.parts import Parts
    from agent_gateway.commands.request import Request
    from agent_gateway.store.transaction import Transaction
    from agent_gateway.telegram.inbound.incoming import Prompt

_NEAR: Final = 0.7


class Group(StrEnum):
    """Under which heading the help names a command."""

    WORKING = "working"
    CONVERSATION = "conversation"
    AGENTS = "agents"
    OTHERS = "others"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One command.

    Attributes:
        name: As people write it, without its slash.
        handler: Carries it out. A Prompt is asked like any message; None says nothing.
        overtakes: It does not wait for the messages before it: it means none of them. What `/stop`, `/kill` and the like are
            to end or change may just have been written, and come from Telegram together with them.
        changes: It acts: in a group it must name the bot, as another one may be meant.
        admin: Only administrators have it.
        group: Under which heading the help names it.
        argument: Says in a language what stands behind its name in the help.
        menu: Telegram's menu shows it; the others stand in the help alone.
        admin_menu: The menu in an administrator's own chat shows it too.
        asks_cluster: Its answer depends on what the cluster says.
        group_admin: In a group only the group's administrators have it, and the bot's.
    """

    name: str
    handler: Callable[[Parts, Transaction, Request], Awaitable[Outcome | Prompt | None]]
    overtakes: bool = False
    changes: bool = False
    admin: bool = False
    group: Group = Group.OTHERS
    argument: Callable[[str], str] | None = None
    menu: bool = False
    admin_menu: bool = False
    asks_cluster: bool = False
    group_admin: bool = False


def says(request: Request, word: str) -> bool:
    """Say whether one word, and nothing else, stands behind a command."""
    return request.command.args.strip().casefold() == word


TABLE: Final = (
    CommandRow("start", lambda p, tx, r: p.greeting.start(tx, r), overtakes=True),
    CommandRow("help", lambda p, tx, r: p.greeting.help(tx, r), overtakes=True, menu=True),
    CommandRow("new", lambda p, tx, r: p.turns.new(tx, r.command), changes=True, menu=True, group=Group.CONVERSATION),
    CommandRow("stop", lambda p, tx, r: p.turns.stop(tx, r.command), changes=True, menu=True, group=Group.WORKING),
    CommandRow("model", lambda p, tx, r: p.settings.model(tx, r.command, r.facts), changes=True, menu=True, asks_cluster=True, group=Group.CONVERSATION),
    CommandRow("steer", lambda p, tx, r: p.steering.command(tx, r.update_id, r.command), changes=True, argument=keys.menu_steer_argument, group=Group.WORKING),
    CommandRow("retry", lambda p, tx, r: p.turns.retry(tx, r.command), changes=True, group=Group.CONVERSATION),
    CommandRow("undo", lambda p, tx, r: p.undo.command(tx, r), changes=True, argument=keys.menu_undo_argument, group=Group.CONVERSATION),
    CommandRow("redo", lambda p, tx, r: p.undo.redo(tx, r), changes=True, group=Group.CONVERSATION),
    CommandRow("fork", lambda p, tx, r: p.fork.command(tx, r), changes=True, argument=keys.menu_fork_argument, group=Group.CONVERSATION),
    CommandRow("plan", lambda p, tx, r: p.plan.command(tx, r), changes=True, argument=keys.menu_plan_argument, group=Group.WORKING),
    CommandRow("schedule", lambda p, tx, r: p.schedules.command(tx, r), changes=True, argument=keys.menu_schedule_argument, group=Group.WORKING),
    CommandRow("schedules", lambda p, tx, r: p.schedules.list(tx, r), overtakes=True, group=Group.WORKING),
    CommandRow("heartbeat", lambda p, tx, r: p.heartbeat.command(tx, r), changes=True, group_admin=True, argument=keys.menu_heartbeat_argument, group=Group.WORKING),
    CommandRow("approvals", lambda p, tx, r: p.approvals.command(tx, r.command), overtakes=True, group=Group.WORKING),
    CommandRow("status", lambda p, tx, r: p.state.status(tx, r), overtakes=True, admin_menu=True, asks_cluster=True, group=Group.WORKING),
    CommandRow("pr", lambda p, tx, r: p.pulls.command(tx, r), overtakes=True, group=Group.WORKING),
    CommandRow("threads", lambda p, tx, r: p.threads.threads(tx, r), overtakes=True, admin_menu=True, group=Group.AGENTS),
    CommandRow("usage", lambda p, tx, r: p.usage.command(tx, r), overtakes=True, group=Group.CONVERSATION),
    CommandRow("budget", lambda p, tx, r: p.budgets.command(tx, r), changes=True, group=Group.CONVERSATION),
    CommandRow("think", lambda p, tx, r: p.settings.think(tx, r.command), changes=True, group=Group.CONVERSATION),
    CommandRow("language", lambda p, tx, r: p.language.command(tx, r.command), argument=keys.menu_language_argument, group=Group.OTHERS),
    CommandRow("link", lambda p, tx, r: p.links.link(tx, r), changes=True, group=Group.OTHERS),
    CommandRow("unlink", lambda p, tx, r: p.links.unlink(tx, r), changes=True, group=Group.OTHERS),
    CommandRow("timezone", lambda p, tx, r: p.settings.timezone(tx, r.command), argument=keys.menu_timezone_argument, group=Group.CONVERSATION),
    CommandRow("repo", lambda p, tx, r: p.repositories.command(tx, r), changes=True, argument=keys.menu_repo_argument, asks_cluster=True, group=Group.CONVERSATION),
    CommandRow("services", lambda p, tx, r: p.services.command(tx, r), changes=True, asks_cluster=True, group=Group.CONVERSATION),
    CommandRow("verbose", lambda p, tx, r: p.settings.verbose(tx, r.command), changes=True, group=Group.CONVERSATION),
    CommandRow(
        "spawn", lambda p, tx, r: p.subagents.spawn(tx, r.command, r.facts), changes=True, argument=keys.menu_spawn_argument, asks_cluster=True, group=Group.AGENTS),
    CommandRow("subagents", lambda p, tx, r: p.subagents.tree(tx, r.command), overtakes=True, group=Group.AGENTS),
    CommandRow("cancel", lambda p, tx, r: p.subagents.cancel(tx, r.command), overtakes=True, changes=True, argument=keys.menu_cancel_argument, group=Group.AGENTS),
    CommandRow("kill", lambda p, tx, r: p.kill.command(tx, r), changes=True, group=Group.AGENTS),
    CommandRow("cleanup", lambda p, tx, r: p.cleanup.ask(tx, r.command), changes=True, group_admin=True, group=Group.AGENTS),
    CommandRow("diff", lambda p, tx, r: p.diff.command(tx, r.update_id, r.command), overtakes=True, group=Group.CONVERSATION),
    CommandRow("branches", lambda p, tx, r: p.branches.command(tx, r.update_id, r.command), overtakes=True, group=Group.CONVERSATION),
    CommandRow("search", lambda p, tx, r: p.search.command(tx, r), overtakes=True, argument=keys.menu_search_argument, group=Group.CONVERSATION),
    CommandRow("remember", lambda p, tx, r: p.notes.remember(tx, r), changes=True, argument=keys.menu_remember_argument, group=Group.CONVERSATION),
    CommandRow("memory", lambda p, tx, r: p.notes.memory(tx, r), overtakes=True, group=Group.CONVERSATION),
    CommandRow("sessions", lambda p, tx, r: p.sessions.command(tx, r), changes=True, argument=keys.menu_sessions_argument, group=Group.CONVERSATION),
    CommandRow("export", lambda p, tx, r: (p.export.ask_all if says(r, "all") else p.export.ask)(tx, r.update_id, r.command), changes=True, argument=keys.menu_export_argument, group=Group.CONVERSATION),
    CommandRow("forget", lambda p, tx, r: (p.forget_me if says(r, "me") else p.forget).ask(tx, r.command), changes=True, group_admin=True, argument=keys.menu_forget_argument, group=Group.CONVERSATION),
    CommandRow("whoami", lambda p, tx, r: p.greeting.whoami(tx, r), overtakes=True),
    CommandRow("audit", lambda p, tx, r: p.audit.command(tx, r), overtakes=True, admin=True, argument=keys.menu_audit_argument, group=Group.ADMIN),
    CommandRow("invite", lambda p, tx, r: p.letting_in.invite(tx, r.command), changes=True, admin=True, group=Group.ADMIN),
    CommandRow("approve", lambda p, tx, r: p.letting_in.approve(tx, r.command), changes=True, admin=True, argument=keys.menu_approve_argument, group=Group.ADMIN),
    CommandRow("revoke", lambda p, tx, r: p.letting_in.revoke(tx, r.command), changes=True, admin=True, argument=keys.menu_revoke_argument, group=Group.ADMIN),
)  # fmt: skip
BY_NAME: Final = {row.name: row for row in TABLE}
OVERTAKING: Final = frozenset(row.name for row in TABLE if row.overtakes)
ASKS_GROUP: Final = frozenset({"kill", "undo", "redo", *(row.name for row in TABLE if row.group_admin)})
"""What they do depends on whether who asks is an administrator of the group."""
LISTS_REPOSITORIES: Final = "repo"
"""Without an argument it shows what forges list."""
ASKS_CLUSTER: Final = frozenset(row.name for row in TABLE if row.asks_cluster)


def find_rows(*, admin: bool) -> tuple[CommandRow, ...]:
    """Return the commands that a person has, in their order."""
    return tuple(row for row in TABLE if admin or not row.admin)


def find_menu(*, admin: bool) -> tuple[CommandRow, ...]:
    """Return the commands of a person's menu, in their order."""
    return tuple(row for row in find_rows(admin=admin) if row.menu or (admin and row.admin_menu))


def find_near(name: str, *, admin: bool) -> str | None:
    """Return the command that is written nearly like one that does not exist."""
    near = difflib.get_close_matches(name, [row.name for row in find_rows(admin=admin)], n=1, cutoff=_NEAR)
    return near[0] if near else None
