"""The faults of the scripted model."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from agent_simulators.faults import FaultSpec

_SECONDS = {"silence": 60.0}


class ModelFault(FaultSpec):
    """A fault of chat completions or transcriptions."""

    kind: Literal["error", "cut", "silence", "slow"] = "error"
    target: Literal["chat", "speech"] = "chat"
    """Chat completions, or transcriptions."""
    at: Literal["before", "middle"] = "before"
    """Before anything is answered, or in the middle of the answer."""
    status: int = Field(default=503, ge=400, le=599)
    message: str = "scripted fault"
    pause: float = Field(default=0.0, ge=0, le=60)
    """Seconds between the words of an answer that is slow."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.at == "middle" and self.kind not in {"cut", "silence"}:
            raise ValueError("in the middle of an answer there is only cut and silence")
        if self.at == "middle" and self.target == "speech":
            raise ValueError("a transcription is answered at once")
        return self

    @property
    def hold(self) -> float:
        """Return the seconds that it holds a request."""
        return self.seconds if self.seconds is not None else _SECONDS.get(self.kind, 1.0)
