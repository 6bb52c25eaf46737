"""What the runners' side needs of store, views and the dispatcher, as narrow as it is used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from agent_contract import wire
from agent_contract.base import Wire
from agent_contract.pulls import PullAnswer, PullCall
from agent_gateway.store.chatrows import TurnView
from agent_gateway.store.rows import Address, SubAgentRow, Thread, Turn, TurnState

if TYPE_CHECKING:
    from aiohttp import web

    from agent_gateway.runners.identity import Identity


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


class People(Protocol):
    """What a connection's agent asks people."""

    async def ask(self, thread: Thread, run: int, ask: wire.Ask) -> wire.Decision | None:
        """Record a question, with the acknowledgement; or return why it is refused."""
        ...

    async def close_call(self, thread: Thread, run: int, closed: wire.AskClosed) -> None:
        """Record that the runner waits no more, with the acknowledgement."""
        ...

    async def resend(self, thread: Thread, run: int, send: Callable[[Wire], Awaitable[None]]) -> None:
        """Tell a runner that is back what it may have missed."""
        ...


@dataclass(frozen=True, slots=True)
class FileTerms:
    """What an AgentClass says of a thread's files.

    Attributes:
        snapshot_limit: Bytes that a packed workspace may have.
        most_children: Sub-agents that a turn may have.
        no_more_children: What is said where it has so many, or may have none.
        subagent: It is a sub-agent.
    """

    snapshot_limit: int
    most_children: int
    no_more_children: str
    subagent: bool = False


class Classes(Protocol):
    """What an AgentClass says."""

    async def file_terms(self, thread_name: str, thread_id: int) -> FileTerms:
        """Return what holds for a thread's files; raises ClassUnknown where that is not known now."""
        ...

    async def may_send_files(self, thread_id: int) -> bool:
        """Say whether a thread may send files to its chat; raises ClassUnknown where that is not known now."""
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


class Apis(Protocol):
    """The way to package registries and other HTTP services."""

    async def handle(self, request: web.Request, identity: Identity) -> web.StreamResponse:
        """Answer a request of a pod."""
        ...

    async def offer(self, identity: Identity) -> list[wire.ApiConnection] | None:
        """Return what a pod reaches here; None where that is not known now."""
        ...

    async def close(self) -> None:
        """Close the connections to services."""
        ...


class Pulls(Protocol):
    """What agents ask of forges."""

    async def call(self, identity: Identity, call: PullCall) -> PullAnswer:
        """Do it; raises PullDenied with words for the agent."""
        ...


class Git(Protocol):
    """The way to repositories, and what a workspace begins with."""

    async def handle(self, request: web.Request, identity: Identity) -> web.StreamResponse:
        """Answer a request of a pod's git."""
        ...

    async def offer(self, identity: Identity) -> list[wire.GitConnection] | None:
        """Return what a pod's git sends here; None where that is not known now."""
        ...

    async def build(
        self, thread: Thread, child: SubAgentRow | None
    ) -> tuple[list[wire.Checkout], list[wire.SetupStep]]:  # fmt: skip
        """Return what a run's workspace begins with."""
        ...

    async def record(self, thread: Thread, run: int, frame: wire.Prepared) -> None:
        """Record how far a part of it is, with the acknowledgement."""
        ...

    async def close(self) -> None:
        """Close the connections to git servers."""
        ...


class ToolServers(Protocol):
    """The way to tool servers."""

    async def handle(self, request: web.Request, identity: Identity) -> web.StreamResponse:
        """Answer a request of a pod's agent."""
        ...

    async def close(self) -> None:
        """Close the connections to servers."""
        ...
