"""How the gateway ends a WebSocket of a runner: with words, in each case."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from aiohttp import WSCloseCode, web

from agent_contract import wire
from agent_contract.base import Wire
from agent_gateway.errors import LeadershipLost, RunClosed, RunRefused
from agent_gateway.metrics import LIMITS
from agent_gateway.quotas import OverQuota
from agent_gateway.runners.denials import MOST_WORDS
from agent_gateway.runners.handshake import LateHello, read_hello
from agent_gateway.store.errors import Away, Refused

T = TypeVar("T")

log = logging.getLogger(__name__)
_CLOSE_BYTES = 120
"""A close frame holds 123 bytes of words."""


class Gone(Exception):
    """The runner is not served further; it was told why."""


class Parting:
    """Speaks on one WebSocket.

    Args:
        socket: It.
        ids: What the log names its runner by.
    """

    def __init__(self, socket: web.WebSocketResponse, ids: Mapping[str, object]) -> None:
        self._socket = socket
        self._ids = ids

    async def send(self, frame: Wire) -> None:
        """Send one frame; OSError where the connection is gone."""
        await self._socket.send_str(wire.encode(frame))

    async def close(self, reason: str, code: int = WSCloseCode.GOING_AWAY) -> None:
        """End with words, so that the runner connects anew."""
        await self._socket.close(code=code, message=reason.encode()[:_CLOSE_BYTES])

    async def refuse(self, reason: str) -> None:
        """End with words that tell the runner not to come again."""
        log.warning("runner_refused", extra={**self._ids, "reason": reason[:MOST_WORDS]})
        await self.send(wire.Refused(reason=reason))
        await self.close(reason, WSCloseCode.POLICY_VIOLATION)

    async def read_hello(self, check: Callable[[wire.Hello], str | None]) -> wire.Hello:
        """Return the first frame of the runner; see `handshake.read_hello`.

        Raises:
            Gone: it is none that is served.
        """
        try:
            return await read_hello(self._socket, check)
        except LateHello as late:
            await self.close("No hello came; connect again.", WSCloseCode.TRY_AGAIN_LATER)
            raise Gone from late
        except RunRefused as refused:
            await self.refuse(str(refused))
            raise Gone from refused

    async def accept(self, accepting: Awaitable[T]) -> T:
        """Return what accepts the runner, or say why not and end.

        Raises:
            Gone: it is not accepted.
        """
        try:
            return await accepting
        except RunClosed as closed:
            log.info("runner_goodbye_again", extra=dict(self._ids))
            await self.send(wire.Goodbye())
            await self.close("The run is closed.", WSCloseCode.OK)
            raise Gone from closed
        except RunRefused as refused:
            await self.refuse(str(refused))
            raise Gone from refused
        except LeadershipLost as lost:
            await self.close("This gateway does not lead any more.", WSCloseCode.SERVICE_RESTART)
            raise Gone from lost
        except Away as away:
            log.warning("hello_without_database", extra={**self._ids, "error": type(away).__name__})
            await self.close("The database does not answer; connect again.", WSCloseCode.TRY_AGAIN_LATER)
            raise Gone from away

    async def guard(self, work: Callable[[], Awaitable[None]]) -> None:
        """Turn what ends a connection into words for the runner."""
        try:
            await work()
        except wire.FrameError as error:
            await self.refuse(f"A frame is malformed: {error}.")
        except OverQuota as over:
            LIMITS.labels(over.limit).inc()
            await self.refuse(str(over))
        except Refused as error:  # sent again it would be refused again
            await self.refuse(f"What the runner sent cannot be stored ({error}).")
        except LeadershipLost:
            await self.close("This gateway does not lead any more.", WSCloseCode.SERVICE_RESTART)
        except Away as error:
            if self._socket.closed or isinstance(error, ConnectionError):
                return
            log.warning("runner_sent_away", extra={**self._ids, "error": type(error).__name__})
            await self.close("The database does not answer; connect and send again.", WSCloseCode.TRY_AGAIN_LATER)
