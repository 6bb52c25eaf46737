"""What the operator tells a runner through its environment: all that is needed to start pi before anything else."""

from __future__ import annotations

from agent_contract.base import Wire
from agent_contract.terms import Thinking, Timeouts


class RunnerConfig(Wire):
    """Contents of the `AGENT_CONFIG` variable. It holds no secret: a tool of the agent can read it."""

    thread: str
    """Name of the AgentThread."""
    run: int
    gateway_url: str
    """Base URL of the gateway's runner port, as in `http://openclaw-gateway.openclaw.svc:8080`."""
    provider: str
    model: str
    thinking: Thinking | None = None
    images: bool = False
    """The model sees images; of a model that pi knows it is known there."""
    timeouts: Timeouts = Timeouts()
    tools: list[str] = []
    instructions: str = ""
    one_turn: bool = False
    """A sub-agent: it takes one turn, leaves its answer as the termination message and exits once it is acknowledged."""
    snapshot: bool = True
    """Pack the workspace when the run ends."""
    snapshot_limit: int = 256 * 1024 * 1024
    """How many bytes a packed workspace may have."""
