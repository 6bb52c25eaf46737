"""What the runners' side needs of store, views and the dispatcher, as narrow as it is used."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Protocol
from uuid import UUID

from agent_contract import wire
from agent_contract.base import Wire
from agent_gateway.store.rows import (
    Address,
    Final,
    Run,
    SubAgentRow,
    Thread,
    ThreadKind,
    Turn,
    TurnState,
    TurnView,
    WorkspaceRow,
)


class Kube(Protocol):
    """One call to the Kubernetes API."""

    async def request(self, method: str, path: str, *, body: object = None) -> dict[str, Any]:
        """Return the object that the call answers; raises KubeError."""
        ...


class Runs(Protocol):
    """Reads that say who a runner is."""

    async def thread_by_name(self, name: str, kind: ThreadKind) -> Thread | None:
        """Return the thread of an AgentThread, or of a SubAgent."""
        ...

    async def run(self, thread_id: int, number: int) -> Run | None:
        """Return one run, whatever its state."""
        ...


class RunnerStore(Runs, Protocol):
    """The part of the store that a runner's connection reads and writes."""

    @property
    def fence(self) -> object | None:
        """The leader's epoch; None while this gateway does not lead."""
        ...

    async def thread_by_id(self, thread_id: int) -> Thread | None:
        """Return a conversation."""
        ...

    async def accept_hello(self, thread_id: int, number: int, pod_name: str, pod_uid: str, job_name: str) -> Run:
        """Give the run to this pod, for ever."""
        ...

    async def mark_ready(self, thread_id: int, number: int) -> None:
        """Record that pi answers."""
        ...

    async def seen(self, thread_id: int, number: int) -> None:
        """Record that the connection lives."""
        ...

    async def running_turn(self, thread_id: int) -> Turn | None:
        """Return the turn that a run has."""
        ...

    async def turn_by_id(self, turn_id: int) -> Turn | None:
        """Return a turn."""
        ...

    async def wanted_steers(self, turn_id: int) -> list[tuple[int, str]]:
        """Return the words for a turn that its agent has not read yet."""
        ...

    async def steer_read(self, turn_id: int, steer_id: int, thread_id: int, run: int, seq: int) -> None:
        """Record that the agent has read words."""
        ...

    async def files_waiting(self, thread_id: int, dedupe_key: str) -> int:
        """Count the files of a thread that do not stand in the chat yet, but for the one of this key."""
        ...

    async def store_file(
        self,
        thread_id: int,
        address: Address,
        name: str,
        media_type: str,
        chunks: AsyncIterator[bytes],
        *,
        caption: str,
        dedupe_key: str,
        reply_to: int | None,
    ) -> int:
        """Store a file and say it in the chat, once for each key."""
        ...

    async def view(self, turn_id: int) -> TurnView:
        """Return what is stored of a running turn's view."""
        ...

    async def session_length(self, session_id: UUID) -> int:
        """Count the stored lines of a session."""
        ...

    def stream_session(self, session_id: UUID) -> AsyncIterator[str]:
        """Yield the stored lines of a session in order."""
        ...

    async def turn_started(self, turn_id: int, run: int, seq: int) -> None:
        """Record that pi took the prompt."""
        ...

    async def save_progress(self, turn_id: int, thread_id: int, run: int, messages: list[str], seq: int) -> None:
        """Store the texts so far."""
        ...

    async def verbosity(self, thread_id: int) -> int:
        """Return how much of the agent's work is shown, 0 to 2."""
        ...

    async def save_tools(self, turn_id: int, state: dict[str, Any]) -> None:
        """Store which tools a running turn has used."""
        ...

    async def load_tools(self, turn_id: int) -> dict[str, Any] | None:
        """Return which tools a turn has used."""
        ...

    async def add_entries(self, thread: Thread, run: int, seq: int, lines: Sequence[str]) -> None:
        """Store session lines; with none, only move the acknowledgement."""
        ...

    async def end_turn(
        self, turn_id: int, run: int, seq: int | None, state: TurnState, reason: str | None, final: Final
    ) -> None:
        """End a turn, with its final outbox row, in one transaction."""
        ...

    async def put(self, connection: None, address: Address, text: str, dedupe_key: str, *, kind: str = "reply") -> None:
        """Say something once."""
        ...

    async def leave(self, thread_id: int, run: int, seq: int, *, hand_over: bool) -> Turn | None:
        """Hand over a turn, or close the run."""
        ...

    async def subagent(self, thread_id: int) -> SubAgentRow | None:
        """Return the sub-agent of a thread."""
        ...

    async def workspace_of(self, thread: Thread, child: SubAgentRow | None) -> WorkspaceRow | None:
        """Return the packed files that a thread's run begins with."""
        ...

    def stream_workspace(self, number: int) -> AsyncIterator[bytes]:
        """Yield a packed workspace."""
        ...

    async def store_workspace(
        self, thread_id: int, run: int, call_id: str | None, chunks: AsyncIterator[bytes]
    ) -> WorkspaceRow:
        """Store a packed workspace, whole or not at all."""
        ...

    async def copies_waiting(self, thread_id: int) -> int:
        """Count a thread's copies for sub-agents that it has not asked for yet."""
        ...

    async def files_over(self, thread_id: int, number: int) -> None:
        """Record that a run's files were over the limit."""
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
        """Return how many bytes a thread's packed workspace may have."""
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
