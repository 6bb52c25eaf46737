"""The frames of a pod that waits for a conversation: a hello with `warm`, `held`, and later the welcome that claims it."""

from __future__ import annotations

from typing import Annotated, Literal

from agent_contract.base import Wire
from agent_contract.modelling import Field
from agent_contract.providers import Api
from agent_contract.terms import Thinking
from agent_contract.text import Word

_Tokens = Annotated[int, Field(ge=0, le=100_000_000)]


class ClaimedModel(Wire):
    """The model of a conversation that has another than its class, or thinks otherwise; as `runnerconfig.RunnerModel`."""

    provider: Word
    model: Word
    api: Api | None = None
    thinking: Thinking | None = None
    """Absent means as its class does."""
    reasoning: bool | None = None
    images: bool = False
    max_tokens: _Tokens | None = None
    context_window: _Tokens | None = None


class Held(Wire):
    """Answer to a `hello` with `warm`: the pod is known, and no conversation has it yet. Nothing follows until a `welcome`."""

    type: Literal["held"] = "held"
