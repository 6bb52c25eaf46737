"""What a command is given."""

from __future__ import annotations

from dataclasses import dataclass

from agent_gateway.commands.facts import Facts
from agent_gateway.telegram.inbound.incoming import Command


@dataclass(frozen=True, slots=True)
class Request:
    """A command on its way to who carries it out.

    Attributes:
        update_id: The update that brought it.
        command: What was written, by whom and where.
        facts: What the cluster says of its conversation, where its row asks for that.
        admin: An administrator wrote it.
    """

    update_id: int
    command: Command
    facts: Facts
    admin: bool

    @property
    def private(self) -> bool:
        """Tell whether it was written in a private chat."""
        return self.command.address.chat_id == self.command.person_id
