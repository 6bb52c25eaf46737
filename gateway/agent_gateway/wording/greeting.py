"""What the bot says of itself: hello, the help, a new group; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from agent_gateway.commands.table import CommandRow, Group
from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys
from agent_gateway.wording.commands import describe

NEW: Final = "gr:new"
HELP: Final = "gr:help"
TASK: Final = "gr:task"
_HEADS: Final[dict[Group, Callable[..., str]]] = {
    Group.WORKING: keys.help_working,
    Group.CONVERSATION: keys.help_conversation,
    Group.AGENTS: keys.help_agents,
    Group.OTHERS: keys.help_others,
    Group.ADMIN: keys.help_admin,
}
_EXAMPLE: Final = "stop"


def hello(language: str, person: str, bot: str, *, private: bool, topics: bool) -> tuple[str, tuple[Button, ...]]:
    """Return a greeting with its buttons.

    Args:
        language: Of who is greeted.
        person: Their name.
        bot: As people write to the bot.
        private: It is said to one person; otherwise to those in a group.
        topics: A topic can be opened there.
    """
    task = Button(keys.task_button(language), TASK)
    if not private:
        return keys.start_hello_group(language, bot=bot), (task,) if topics else ()
    first = person.split(" ", 1)[0]
    begin = task if topics else Button(keys.start_hello_new(language), NEW)
    help_button = Button(keys.start_hello_help(language), HELP, beside=True)
    return keys.start_hello(language, name=first), (begin, help_button)


def help_text(language: str, rows: Sequence[CommandRow], bot: str, *, private: bool) -> str:
    """Name the commands that a person has, in a line for each group of them."""
    lines = [keys.help_head(language) if private else keys.help_group(language, bot=bot), ""]
    for group, head in _HEADS.items():
        names = [f"/{row.name}" for row in rows if row.group is group and row.name not in {"start", "help"}]
        if names:
            lines.append(head(language, commands=" ".join(names)))
    return "\n".join([*lines, "", keys.help_more(language, name=_EXAMPLE)])


def command_text(language: str, row: CommandRow, *, admin: bool) -> str:
    """Say what one command does."""
    head = f"/{row.name} {row.argument(language)}" if row.argument is not None else f"/{row.name}"
    return f"{head}: {describe(language, admin=admin)[row.name]}"


def joined_text(language: str, bot: str, chat_id: int, *, allowed: bool, reads_all: bool) -> str:
    """Greet a group that the bot was added to: how it is called, what it sees, and who may use it."""
    sees = keys.group_reads_all(language) if reads_all else keys.group_reads_little(language)
    may = keys.group_allowed(language) if allowed else keys.group_known(language, chat=str(chat_id))
    return f"{keys.start_hello_group(language, bot=bot)}\n{sees}\n\n{may}"
