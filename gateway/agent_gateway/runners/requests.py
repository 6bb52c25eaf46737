"""What an agent asks for through its runner, sub-agents and what people decide, and what is told of its workspace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from agent_contract import wire
from agent_contract.base import Wire
from agent_gateway.runners.commits import Commits
from agent_gateway.runners.ports import Git, People
from agent_gateway.runners.turnports import TurnPorts
from agent_gateway.runners.turns import TurnStream

Request = wire.SubAgentAsk | wire.SubAgentCancel | wire.Ask | wire.AskClosed | wire.Prepared


class Requests:
    """Takes the requests of one connection in order.

    Args:
        ports: Whose connection it is.
        people: Takes what people are asked.
        git: Takes how far the workspace is.
        stream: What was told of the turn before.
        commits: Acknowledges.
        send: Sends a frame to the runner.
    """

    def __init__(
        self,
        ports: TurnPorts,
        people: People,
        git: Git,
        stream: TurnStream,
        commits: Commits,
        send: Callable[[Wire], Awaitable[None]],
    ) -> None:
        self._thread = ports.thread
        self._run = ports.run
        self._children = ports.children
        self._people = people
        self._git = git
        self._stream = stream
        self._commits = commits
        self._send = send

    async def take(self, frame: Request) -> None:
        """Take one request."""
        await self._stream.flush()  # what was told before is acknowledged with it
        thread, run = self._thread, self._run
        match frame:
            case wire.SubAgentAsk():
                await self._ask(frame.seq, lambda: self._children.ask(thread, run, frame))
            case wire.Ask():
                await self._ask(frame.seq, lambda: self._people.ask(thread, run, frame))
            case wire.SubAgentCancel():
                await self._commits.run(
                    frame.seq, lambda: self._children.cancel_call(thread, run, frame.seq, frame.call_id)
                )
            case wire.Prepared():
                await self._commits.run(frame.seq, lambda: self._git.record(thread, run, frame))
            case wire.AskClosed():
                await self._commits.run(frame.seq, lambda: self._people.close_call(thread, run, frame))

    async def _ask(self, seq: int, ask: Callable[[], Awaitable[Wire | None]]) -> None:
        """Pass on what the agent asks for; a refusal is told before it is acknowledged, so that it is never lost."""
        refused = await self._commits.run(seq - 1, ask)
        if refused is not None:
            await self._send(refused)
            await self._stream.pass_over(seq)
        else:
            await self._commits.run(seq, _nothing)


async def _nothing() -> None:
    """What was to be committed is."""
