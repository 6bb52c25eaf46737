"""What the runners' side needs of store, views and the dispatcher, as narrow as it is used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from agent_contract import wire
from agent_contract.base import Wire
from agent_gateway.store.chatrows import TurnView
from agent_gateway.store.rows import Address, Thread, Turn, TurnState


class Kube(Protocol):
    """One call to the Kubernetes API."""

    async def request(self, method: str, path: str, *, body: object = None) -> dict[str, Any]:
        """Return the object that the call answers; raises KubeError."""
        ...


class Children(Protocol):
    """What a connection asks for its agent's sub-agents, and tells of a sub-agent's own end."""

    async def ask(self, parent: Thread, run: int, ask: wire.SubAgentAsk) -> wire.SubAgentResult | None:
        """Record a wish, with the acknowledgement; or return why it is refused."""
        ...

    async def cancel_call(self, parent: Thread, run: int, seq: int, call_id: str) -> None:
        """Record that a wish is taken back, with the acknowledgement."""
        ...

    async def resend(self, parent: Thread, run: int, send: Callable[[Wire], Awaitable[None]]) -> None:
        """Tell a runner that is back what it may have missed."""
        ...

    async def settle(self, thread: Thread, seq: int, state: TurnState, reason: str | None, text: str) -> None:
        """End a sub-agent as its own runner tells it, with the acknowledgement."""
        ...


class Classes(Protocol):
    """What an AgentClass says."""

    async def snapshot_limit(self, thread_name: str, thread_id: int) -> int:
        """Return how many bytes a thread's packed workspace may have; raises KubeError where that is not known now."""
        ...


class PromptNotes(Protocol):
    """What an agent is told besides the person's words."""

    async def add(self, thread: Thread, run: int, turn: Turn) -> Turn:
        """Return a turn as a run's agent is to read it."""
        ...


class Views(Protocol):
    """The live previews in the chat."""

    def open(self, turn: Turn, address: Address, reply_to: int | None, restored: TurnView | None) -> None:
        """Begin (or take up again) the view of a turn; nothing happens where it is open."""
        ...

    def update(self, turn_id: int, text: str, activity: str | None, tools: Sequence[str]) -> None:
        """Set what the view should show."""
        ...

    def typing(self, turn_id: int) -> None:
        """Show that somebody writes."""
        ...

    async def finish(self, turn_id: int) -> tuple[int, ...]:
        """End the previews and return the messages that stand."""
        ...


class Wakes(Protocol):
    """Who is told that something is due."""

    def thread(self, thread_id: int) -> Any:
        """A thread should be looked at."""
        ...

    def outbox(self) -> Any:
        """The outbox holds something new."""
        ...
