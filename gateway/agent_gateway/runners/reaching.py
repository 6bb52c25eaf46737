"""What a pod reaches over the gateway: told with its welcome, or with the first prompt behind it where it was not known then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from agent_contract import wire
from agent_contract.base import Wire
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.ports import Apis, Git

WAIT_SECONDS: Final = 3.0
"""How long a welcome, and a prompt, wait for a class that cannot be read now."""
_PAUSE: Final = 0.25
"""Seconds between two looks."""


class Reaching:
    """Tells one pod.

    Args:
        git: The way to repositories.
        apis: The way to services.
        who: The pod.
    """

    def __init__(self, git: Git, apis: Apis, who: Identity) -> None:
        self._git, self._apis, self._who = git, apis, who
        self._told = True

    async def begin(self, *, wait: bool) -> wire.Reach | None:
        """Return what a welcome tells; None where it is not known: then it is told behind it.

        Args:
            wait: The runner was told nothing yet, so that it is worth a while; one that was keeps what it has.
        """
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                found = await self._read()
                while found is None and wait:
                    await asyncio.sleep(_PAUSE)
                    found = await self._read()
        except TimeoutError:
            found = None
        self._told = found is not None
        return found

    async def tell(self, send: Callable[[Wire], Awaitable[None]]) -> None:
        """Tell what no welcome could, as soon as it is known.

        Args:
            send: Sends a frame to the runner.
        """
        if not self._told and (found := await self.begin(wait=False)) is not None:
            await send(found)

    async def _read(self) -> wire.Reach | None:
        git, apis = await asyncio.gather(self._git.offer(self._who), self._apis.offer(self._who))
        return wire.Reach(git=git, apis=apis) if git is not None and apis is not None else None
