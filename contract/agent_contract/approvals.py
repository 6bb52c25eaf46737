"""Which tools a person is asked for: rules of a class, which its runners enforce."""

from __future__ import annotations

from typing import Annotated, Literal

from agent_contract.base import Wire
from agent_contract.modelling import Field

ApprovalAction = Literal["Never", "Ask", "Always"]
Approvers = Literal["Asker", "Members", "Administrators"]


class ApprovalRule(Wire):
    """One rule. The first that fits a tool call counts; a call that none fits runs."""

    tool: Annotated[str, Field(pattern=r"^[A-Za-z0-9_*-]+$", max_length=64)]
    """The tool's name; `*` stands for any characters, as in web*."""
    match: Annotated[str, Field(min_length=1, max_length=200)] = "*"
    """What the call must be: the whole command of bash, the path of tools that have one, else, and of every tool of a tool
    server, the arguments as JSON.
    `*` stands for any characters; nothing else is special."""
    action: ApprovalAction = "Ask"
    """Never: it does not run. Ask: a person decides. Always: it runs."""


class Approvals(Wire):
    """What agents of this class may do by themselves, and who decides the rest."""

    rules: Annotated[list[ApprovalRule], Field(max_length=64)] = []
    """In their order; none means that every tool runs."""
    approvers: Approvers = "Members"
    """Who decides in a group: Asker (whose message is being answered), Members (all who may use the bot there) or
    Administrators (of the bot)."""
    expire_after: Annotated[int, Field(ge=10, le=86400)] = 1800
    """Seconds that a question or an approval waits; then nothing was decided, and the tool does not run."""
