"""Who goes first where the agent's first words and the files of earlier runs want the same cores: the words, for a moment."""

from __future__ import annotations

import asyncio
from typing import Final

MOST_SECONDS: Final = 1.5
"""For what is held back. A pi loads in half a second of a core; one that takes longer has no more of it."""


class Holdback:
    """Holds back what comes, once, until the agent has begun to answer, or somebody waits for it."""

    def __init__(self) -> None:
        self._free = asyncio.Event()
        self._free.set()
        self._over = False

    def begin(self) -> None:
        """Hold back from now on, for `MOST_SECONDS` at most."""
        if not self._over:
            self._free.clear()
            asyncio.get_running_loop().call_later(MOST_SECONDS, self.end)

    def end(self) -> None:
        """Hold nothing back any more."""
        self._over = True
        self._free.set()

    async def wait(self) -> None:
        """Wait until nothing is held back."""
        await self._free.wait()
