"""What the commands are made of, and what one is given."""

from __future__ import annotations

from dataclasses import dataclass

from agent_gateway.commands.approvals import ApprovalCommands
from agent_gateway.commands.audit import AuditCommand
from agent_gateway.commands.branches import BranchesCommand
from agent_gateway.commands.budgets import BudgetCommands
from agent_gateway.commands.cleanup import Cleanup
from agent_gateway.commands.diff import DiffCommand
from agent_gateway.commands.export import Export
from agent_gateway.commands.forget import Forget
from agent_gateway.commands.forgetme import ForgetMe
from agent_gateway.commands.fork import Fork
from agent_gateway.commands.greeting import Greeting
from agent_gateway.commands.heartbeat import HeartbeatCommand
from agent_gateway.commands.kill import Kill
from agent_gateway.commands.language import LanguageCommand
from agent_gateway.commands.link import LinkCommands
from agent_gateway.commands.notes import NoteCommands
from agent_gateway.commands.pairing import Pairing
from agent_gateway.commands.plan import PlanCommand
from agent_gateway.commands.pulls import PullCommand
from agent_gateway.commands.repositories import RepositoryCommands
from agent_gateway.commands.schedules import ScheduleCommands
from agent_gateway.commands.search import SearchCommand
from agent_gateway.commands.services import ServiceCommands
from agent_gateway.commands.sessions import SessionCommands
from agent_gateway.commands.settings import SettingCommands
from agent_gateway.commands.status import StatusCommands
from agent_gateway.commands.steering import Steering
from agent_gateway.commands.subagents import SubAgentCommands
from agent_gateway.commands.threads import ThreadCommands
from agent_gateway.commands.turns import TurnCommands
from agent_gateway.commands.undo import Undo
from agent_gateway.commands.usage import UsageCommand


@dataclass(frozen=True, slots=True)
class Parts:
    """Each group of commands.

    Attributes:
        greeting: `/start`, `/help`, `/whoami`.
        turns: `/stop`, `/retry`, `/new`.
        steering: `/steer`.
        subagents: `/spawn`, `/subagents`, `/cancel`.
        state: `/status`.
        threads: `/threads`.
        settings: `/model`, `/think`, `/verbose`.
        kill: `/kill`.
        cleanup: `/cleanup`.
        diff: `/diff`.
        branches: `/branches`.
        export: `/export`.
        forget: `/forget`.
        forget_me: `/forget me`.
        language: `/language`.
        links: `/link`, `/unlink`.
        letting_in: `/approve`, `/revoke`.
        plan: `/plan`.
        approvals: `/approvals`.
        budgets: `/budget`.
        usage: `/usage`.
        pulls: `/pr`.
        search: `/search`.
        notes: `/remember`, `/memory`.
        sessions: `/sessions`.
        undo: `/undo`, `/redo`.
        fork: `/fork`.
        repositories: `/repo`.
        services: `/services`.
        schedules: `/schedule`, `/schedules`.
        heartbeat: `/heartbeat`.
        audit: `/audit`.
    """

    greeting: Greeting
    turns: TurnCommands
    steering: Steering
    subagents: SubAgentCommands
    state: StatusCommands
    threads: ThreadCommands
    settings: SettingCommands
    kill: Kill
    cleanup: Cleanup
    diff: DiffCommand
    branches: BranchesCommand
    export: Export
    forget: Forget
    forget_me: ForgetMe
    links: LinkCommands
    letting_in: Pairing
    language: LanguageCommand
    plan: PlanCommand
    approvals: ApprovalCommands
    budgets: BudgetCommands
    usage: UsageCommand
    pulls: PullCommand
    search: SearchCommand
    notes: NoteCommands
    sessions: SessionCommands
    undo: Undo
    fork: Fork
    repositories: RepositoryCommands
    services: ServiceCommands
    schedules: ScheduleCommands
    heartbeat: HeartbeatCommand
    audit: AuditCommand
