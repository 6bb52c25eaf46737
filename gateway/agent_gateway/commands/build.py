"""Which commands there are, and what each is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent_gateway.commands import cleanup, forget
from agent_gateway.commands.again import AgainButtons
from agent_gateway.commands.confirm import Questions
from agent_gateway.commands.export import Export
from agent_gateway.commands.settings import Models, SettingCommands
from agent_gateway.commands.status import Resources, StatusCommands
from agent_gateway.commands.steering import Steering
from agent_gateway.commands.stopbutton import StopButton
from agent_gateway.commands.subagents import SubAgentCommands
from agent_gateway.commands.table import Commands
from agent_gateway.commands.turns import TurnCommands
from agent_gateway.subagents.requests import SubAgentRequests


def build_commands(
    resources: Resources,
    requests: SubAgentRequests,
    steering: Steering,
    *,
    bot_name: str,
    is_admin: Callable[[int], bool],
    max_runs: int,
    allowed_models: Sequence[str],
    default_model: str,
) -> Commands:
    """Put the commands together.

    Args:
        resources: AgentThreads as they are known here.
        requests: What people ask of sub-agents.
        steering: Words for running answers.
        bot_name: The gateway's short name.
        is_admin: Who is an administrator.
        max_runs: The most runs at once.
        allowed_models: Which models people may choose.
        default_model: The one of the settings; empty where that is not known here.
    """
    models = Models(allowed_models, default_model)
    settings = SettingCommands(models, bot_name)
    state = StatusCommands(resources, models, is_admin=is_admin, max_runs=max_runs)
    subagents = SubAgentCommands(requests, bot_name, is_admin=is_admin)
    cleaning, forgetting = cleanup.Cleanup(is_admin=is_admin), forget.Forget()
    questions = Questions({cleanup.ACTION: cleaning, forget.ACTION: forgetting}, is_admin=is_admin)
    return Commands(
        is_admin=is_admin,
        turns=TurnCommands(bot_name),
        steering=steering,
        subagents=subagents,
        state=state,
        settings=settings,
        cleanup=cleaning,
        export=Export(),
        forget=forgetting,
        buttons=(StopButton(), AgainButtons(), questions, settings, state, subagents),
    )
