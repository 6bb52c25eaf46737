"""The faults of the simulated Bot API: which call or delivery a fault is for, and what it does to it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from agent_simulators.faults import FaultSpec

WEBHOOK = "webhook"
"""Stands in the place of a method for what is sent to a webhook."""
_OF_CALLS = frozenset({"throttle", "error", "slow", "cut", "silence"})
_OF_DELIVERIES = frozenset({"cut", "silence", "delay", "double"})
_SECONDS = {"silence": 60.0}


class TelegramFault(FaultSpec):
    """A fault of calls, or of deliveries to a webhook."""

    kind: Literal["throttle", "error", "slow", "cut", "silence", "delay", "double"]
    method: str = "*"
    """A method in any case, `*` for all, or `webhook`."""
    chat: int | None = None
    at: Literal["before", "after", "middle"] = "before"
    """Before the call is carried out, after it, or in the middle of the answer's body."""
    retry_after: int = Field(default=1, ge=0)
    code: int = Field(default=500, ge=400, le=599)
    description: str = "Internal Server Error"

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        kinds = _OF_DELIVERIES if self.method == WEBHOOK else _OF_CALLS
        if self.kind not in kinds:
            raise ValueError(f"the kinds of {self.method} are {', '.join(sorted(kinds))}")
        if self.at == "middle" and (self.kind != "cut" or self.method == WEBHOOK):
            raise ValueError("only a call's answer can be cut in the middle")
        if self.at == "after" and self.kind == "throttle":
            raise ValueError("a call that is throttled is not carried out")
        return self

    @property
    def hold(self) -> float:
        """Return the seconds that it holds a call or delivery."""
        return self.seconds if self.seconds is not None else _SECONDS.get(self.kind, 1.0)

    def strikes_call(self, method: str, chat: int | None) -> bool:
        """Say whether it is for this call."""
        named = self.method.lower() in {method.lower(), "*"} and self.method != WEBHOOK
        return named and self.chat in {None, chat}

    def strikes_delivery(self, chat: int | None) -> bool:
        """Say whether it is for this delivery."""
        return self.method == WEBHOOK and self.chat in {None, chat}
