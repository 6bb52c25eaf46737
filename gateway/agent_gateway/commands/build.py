"""Which commands there are, and what each is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from agent_gateway.commands import cleanup, forget, forgetme, kill, undo
from agent_gateway.commands.again import AgainButtons
from agent_gateway.commands.approvals import ApprovalCommands
from agent_gateway.commands.audit import AuditCommand
from agent_gateway.commands.branches import BranchesCommand
from agent_gateway.commands.budgets import ACTION as BUDGET
from agent_gateway.commands.budgets import BudgetCommands
from agent_gateway.commands.commands import Commands
from agent_gateway.commands.confirm import Questions
from agent_gateway.commands.decisions import DecisionButtons
from agent_gateway.commands.diff import DiffCommand
from agent_gateway.commands.export import Export
from agent_gateway.commands.fork import Fork
from agent_gateway.commands.greeting import Greeting
from agent_gateway.commands.heartbeat import HeartbeatCommand
from agent_gateway.commands.kill import Kill
from agent_gateway.commands.language import LanguageCommand
from agent_gateway.commands.link import LinkCommands
from agent_gateway.commands.moretime import MoreTimeButton
from agent_gateway.commands.notes import NoteCommands
from agent_gateway.commands.pairing import Pairing
from agent_gateway.commands.parts import Parts
from agent_gateway.commands.plan import PlanCommand
from agent_gateway.commands.pulls import PullCommand
from agent_gateway.commands.repositories import RepositoryCommands
from agent_gateway.commands.requests import AccessRequests
from agent_gateway.commands.schedules import DELETE as UNSCHEDULE
from agent_gateway.commands.schedules import MAKE as SCHEDULE
from agent_gateway.commands.schedules import ScheduleCommands
from agent_gateway.commands.search import SearchCommand
from agent_gateway.commands.services import ServiceCommands
from agent_gateway.commands.sessions import SessionCommands
from agent_gateway.commands.settings import Models, SettingCommands
from agent_gateway.commands.status import Describing, Resources, StatusCommands
from agent_gateway.commands.steering import Steering
from agent_gateway.commands.stopbutton import StopButton
from agent_gateway.commands.subagents import SubAgentCommands
from agent_gateway.commands.threads import ThreadCommands
from agent_gateway.commands.turns import NewButton, TurnCommands
from agent_gateway.commands.usage import UsageCommand
from agent_gateway.connections.settings import Connection
from agent_gateway.models.providers import Providers
from agent_gateway.schedules.settings import DEFAULTS, ScheduleSettings
from agent_gateway.subagents.requests import SubAgentRequests


def build_commands(
    resources: Resources,
    requests: SubAgentRequests,
    steering: Steering,
    letting_in: Pairing,
    access_requests: AccessRequests,
    links: LinkCommands,
    *,
    bot_name: str,
    bot_username: str,
    is_admin: Callable[[int], bool],
    max_runs: int,
    providers: Providers,
    default_model: str,
    unaddressed: bool = False,
    has_topics: bool = False,
    zone: str = "UTC",
    connections: Mapping[str, Connection] = MappingProxyType({}),
    schedule_settings: ScheduleSettings = DEFAULTS,
) -> Commands:
    """Put the commands together.

    Args:
        resources: AgentThreads as they are known here.
        requests: What people ask of sub-agents.
        steering: Words for running answers.
        letting_in: Who may talk to the bot.
        access_requests: Who asks to.
        links: People's accounts at forges.
        bot_name: The gateway's short name.
        bot_username: As people write to the bot.
        is_admin: Who is an administrator.
        max_runs: The most runs at once.
        providers: Whose models people may choose.
        default_model: The one of the settings; empty where that is not known here.
        unaddressed: What is said in groups is for the bot also where it is not named.
        has_topics: Private chats with the bot have topics.
        zone: Time zone in which a day's budget ends.
        connections: To git servers, by name.
        schedule_settings: How many schedules there may be.
    """
    models = Models(providers, default_model)
    settings = SettingCommands(models, bot_name)
    describing = Describing(resources, models, max_runs)
    threads = ThreadCommands(describing, is_admin=is_admin)
    subagents = SubAgentCommands(requests, bot_name, is_admin=is_admin)
    cleaning, forgetting = cleanup.Cleanup(is_admin=is_admin), forget.Forget()
    forgetting_me = forgetme.ForgetMe(bot_name)
    killing = Kill(subagents, is_admin=is_admin)
    budgets, usage = BudgetCommands(zone, is_admin=is_admin), UsageCommand(zone, is_admin=is_admin)
    undoing = undo.Undo(zone, is_admin=is_admin)
    schedules = ScheduleCommands(bot_name, schedule_settings, zone, is_admin=is_admin)
    questions = Questions(
        {
            cleanup.ACTION: cleaning, forget.ACTION: forgetting, kill.ACTION: killing, BUDGET: budgets,
            undo.ACTION: undoing, SCHEDULE: schedules, UNSCHEDULE: schedules, forgetme.ACTION: forgetting_me,
        },
        is_admin=is_admin,
    )  # fmt: skip
    turns, audit = TurnCommands(bot_name), AuditCommand(zone, is_admin=is_admin)
    greeting = Greeting(turns, letting_in, bot_username, is_admin=is_admin, has_topics=has_topics, links=links)
    plan, approvals = PlanCommand(bot_name, is_admin=is_admin), ApprovalCommands()
    language, pulls = LanguageCommand(), PullCommand()
    diff, branches = DiffCommand(), BranchesCommand()
    search, notes, sessions = SearchCommand(zone), NoteCommands(bot_name, zone), SessionCommands(zone)
    repositories = RepositoryCommands(connections, bot_name, is_admin=is_admin)
    services = ServiceCommands(resources, bot_name, is_admin=is_admin)
    parts = Parts(
        greeting=greeting,
        turns=turns,
        steering=steering,
        subagents=subagents,
        state=StatusCommands(describing),
        threads=threads,
        settings=settings,
        kill=killing,
        cleanup=cleaning,
        diff=diff,
        branches=branches,
        export=Export(bot_name),
        forget=forgetting,
        forget_me=forgetting_me,
        letting_in=letting_in,
        links=links,
        language=language,
        plan=plan,
        approvals=approvals,
        budgets=budgets,
        usage=usage,
        pulls=pulls,
        search=search,
        notes=notes,
        sessions=sessions,
        undo=undoing,
        fork=Fork(has_topics=has_topics),
        repositories=repositories,
        services=services,
        schedules=schedules,
        heartbeat=HeartbeatCommand(bot_name, schedule_settings, zone),
        audit=audit,
    )
    buttons = (
        StopButton(),
        DecisionButtons(is_admin),
        plan,
        approvals,
        AgainButtons(zone),
        budgets,
        usage,
        diff,
        branches,
        MoreTimeButton(),
        NewButton(),
        questions,
        undoing,
        settings,
        threads,
        subagents,
        greeting,
        language,
        pulls,
        search,
        notes,
        sessions,
        links,
        repositories,
        services,
        schedules,
        audit,
        access_requests,
    )
    return Commands(parts, buttons, is_admin=is_admin, unaddressed=unaddressed)
