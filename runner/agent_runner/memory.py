"""What the agent asks of what is remembered of its conversation, over the gateway."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final, Literal

from agent_contract.base import Wire
from agent_contract.memory import MAX_NOTE, MAX_PAGE, MAX_QUESTION, Day, MemoryCall, NoteScope, SearchPlace, Speaker
from agent_contract.modelling import Field
from agent_runner.logs import Log
from agent_runner.transfers import Declined, Transfers, Unavailable

PATIENCE: Final = 10
"""Attempts without an answer: a gateway that is started anew is waited for."""
PAUSE: Final = 1.0
"""Seconds between two attempts."""


class SearchHistory(Wire):
    """What the tool that searches is called with."""

    tool: Literal["search_history"]
    query: Annotated[str, Field(min_length=1, max_length=MAX_QUESTION, pattern=r"\S")]
    place: SearchPlace = "conversation"
    speaker: Speaker = "anybody"
    since: Day = ""
    until: Day = ""
    page: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 1


class Remember(Wire):
    """What the tool that notes something is called with."""

    tool: Literal["remember"]
    note: Annotated[str, Field(min_length=1, max_length=MAX_NOTE, pattern=r"\S")]
    scope: NoteScope = "conversation"


class Memory:
    """Asks.

    Args:
        transfers: Reaches the gateway.
        log: Tells which calls there were, never what they held.
        pause: Seconds between two attempts.
    """

    def __init__(self, transfers: Transfers, log: Log, pause: float = PAUSE) -> None:
        self._transfers = transfers
        self._log = log
        self._pause = pause

    async def ask(self, call_id: str, request: SearchHistory | Remember) -> dict[str, Any]:
        """Ask the gateway; return what the tool is told. Whoever no longer waits cancels."""
        fields = request.model_dump(exclude={"tool"})
        action = "search" if isinstance(request, SearchHistory) else "remember"
        call = MemoryCall.model_validate(fields | {"call": call_id, "action": action})
        for left in reversed(range(PATIENCE)):
            try:
                answer = await self._transfers.post_memory(call)
            except Declined as error:
                self._log.info("memory_refused", call=call.call, action=call.action)
                return {"error": str(error)}
            except (OSError, ValueError) as error:
                self._log.warning("memory_unanswered", problem=type(error).__name__, again=left > 0)
                said = str(error) if isinstance(error, Unavailable) else "The gateway does not answer."
                if left:
                    await asyncio.sleep(self._pause)
            else:
                self._log.info("memory_answered", call=call.call, action=call.action)
                return {"text": answer.text}
        return {"error": said}
