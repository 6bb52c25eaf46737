"""What the chat and the agent are told after the database was put back to an earlier state; pure."""

from __future__ import annotations

from typing import Final

CUT: Final = (
    "The bot's memory was put back to an earlier state, in which this message was not answered yet. If an answer stands "
    "here already, the agent does not remember it; if none does, try again."
)
REPEATED: Final = "(Perhaps said before: the bot's memory was put back to an earlier state.)\n\n"
NOTE: Final = (
    "The bot's memory was put back to an earlier state: what was said and done here since then is not known to the agent, "
    "and its files are those of that time."
)
REFUSED: Final = "The database was put back to an earlier state and lacks what this run has sent: it cannot go on."
