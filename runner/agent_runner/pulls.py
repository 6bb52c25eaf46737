"""What the agent asks of a forge, over the gateway: asked again by the same id until there is an answer."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final, Literal

from agent_contract.base import Wire
from agent_contract.modelling import Field
from agent_contract.pulls import MAX_BODY, MAX_REF, MAX_REPOSITORY, MAX_TITLE, PullCall, PullState
from agent_runner.logs import Log
from agent_runner.transfers import Declined, Transfers, Unavailable

PATIENCE: Final = 30
"""Attempts without an answer: a gateway that is started anew is waited for."""
PAUSE: Final = 1.0
"""Seconds between two attempts, and between two looks whether a person has decided."""


class OpenPull(Wire):
    """What the tool that opens pull requests is called with."""

    tool: Literal["open_pull_request"]
    repository: Annotated[str, Field(min_length=1, max_length=MAX_REPOSITORY)]
    head: Annotated[str, Field(min_length=1, max_length=MAX_REF)]
    base: Annotated[str, Field(max_length=MAX_REF)] = ""
    title: Annotated[str, Field(min_length=1, max_length=MAX_TITLE, pattern=r"\S")]
    body: Annotated[str, Field(max_length=MAX_BODY)] = ""
    draft: bool = False


class PullRequest(Wire):
    """What the tool for pull requests that exist is called with."""

    tool: Literal["pull_request"]
    action: Literal["read", "comment", "update", "list"]
    repository: Annotated[str, Field(max_length=MAX_REPOSITORY)] = ""
    number: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    title: Annotated[str, Field(max_length=MAX_TITLE)] = ""
    body: Annotated[str, Field(max_length=MAX_BODY)] = ""
    state: PullState | None = None


class Pulls:
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

    async def call(self, call: PullCall) -> dict[str, Any]:
        """Ask the gateway; return what the tool is told. Whoever no longer waits cancels."""
        left = PATIENCE
        while True:
            try:
                answer = await self._transfers.post_pull(call)
            except Declined as error:
                self._log.info("pull_refused", call=call.call, action=call.action)
                return {"error": str(error)}
            except (OSError, ValueError) as error:
                left -= 1
                self._log.warning("pull_unanswered", problem=type(error).__name__, again=left > 0)
                if left <= 0:
                    return {"error": _describe(error)}
            else:
                left = PATIENCE
                if not answer.waiting:
                    self._log.info("pull_answered", call=call.call, action=call.action)
                    return {"text": answer.text}
            await asyncio.sleep(self._pause)


def build_call(call_id: str, turn: int, action: str, request: OpenPull | PullRequest) -> PullCall:
    """Return what the gateway is asked for a call of a tool."""
    fields = request.model_dump(exclude={"tool", "action"}, exclude_none=True)
    return PullCall.model_validate(fields | {"turn": turn, "call": call_id, "action": action})


def _describe(error: Exception) -> str:
    said = str(error) if isinstance(error, Unavailable) else "The gateway does not answer."
    return f"{said} Look with the tool pull_request whether it was done before you try again."
