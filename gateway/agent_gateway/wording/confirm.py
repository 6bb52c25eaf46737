"""Questions with a button: what they say, and how a pressed button is read; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agent_gateway.store.chatrows import Button
from agent_gateway.store.history import Forgotten

CANCEL: Final = "cancel"
DONE: Final = "Done."
CANCELLED: Final = "Cancelled: nothing was done."
EXPIRED: Final = "This question is older than ten minutes: nothing was done. Send the command again."
PRESSED: Final = "This was answered already."
NOT_YOURS: Final = "Only who asked, or an administrator, can answer this."
GONE: Final = "This button does nothing any more."
NOTHING_TO_CLEAN: Final = "Nothing to clean up."
ALL_BUSY: Final = "Nothing was ended: those agents have gone, or have work now."
NOTHING_TO_FORGET: Final = "There is nothing to forget: this conversation has not begun."
WORK_TO_END: Final = "The agent or a sub-agent is at work. Send /stop or /cancel first, or wait for the end."
FORGET_QUESTION: Final = (
    "This deletes the history of this conversation: all messages, the agent's memory, its files, and what sub-agents "
    "were asked and answered. It cannot be undone. /export gives you a copy first."
)
FORGETTING: Final = "The history is being deleted. From now on the agent knows nothing of it."
_DATA = re.compile(r"cf:([a-z]{1,16}):([0-9]{1,18})")


def build_buttons(action: str, confirm_id: int, words: str) -> tuple[Button, ...]:
    """Build the button that does it, and the one that does not."""
    return Button(words, f"cf:{action}:{confirm_id}"), Button("Cancel", f"cf:{CANCEL}:{confirm_id}")


def parse_confirm(data: str) -> tuple[str, int] | None:
    """Return the action and the question's id of a pressed button; None for any other button."""
    match = _DATA.fullmatch(data)
    return (match[1], int(match[2])) if match else None


def cleanup_question(lines: Sequence[str]) -> str:
    """Say which idle agents would be ended, a line each."""
    agents = "this idle agent" if len(lines) == 1 else f"these {len(lines)} idle agents"
    return "\n".join([f"This ends {agents}; conversations and files stay:", *lines])


def cleanup_button(count: int) -> str:
    """Return what the button says."""
    return "End it" if count == 1 else f"End {count} agents"


def cleanup_done(ended: Sequence[str], left: int) -> str:
    """Name the agents that were ended, and count those that were not idle any more."""
    if not ended:
        return ALL_BUSY
    kept = f"\nLeft alone, as they have gone or have work now: {left}" if left else ""
    return f"Ended: {', '.join(ended)}{kept}"


def forget_done(forgotten: Forgotten) -> str:
    """Say what was deleted, and what is not the gateway's to delete."""
    counts = [
        _count(forgotten.messages, "message"),
        _count(forgotten.session_lines, "line of the agent's memory", "lines of the agent's memory"),
        _count(forgotten.workspaces, "packed workspace"),
        _count(forgotten.files, "file"),
        _count(forgotten.subagents, "sub-agent's task and result", "sub-agents' tasks and results"),
    ]
    return (
        f"Forgotten: {', '.join(counts)}. Your next message begins anew. "
        "What stands in this chat is Telegram's: delete it there. Counts of tokens, and who did what, are kept."
    )


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
