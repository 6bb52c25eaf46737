"""The way of a prompt to pi: its files first, if it came with any."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from agent_contract import wire
from agent_runner.chatfiles import ChatFiles
from agent_runner.conversation import Conversation
from agent_runner.outbox import Outbox

_NOTICE = 500


class Prompts:
    """Gives pi one prompt at a time.

    Args:
        files: Fetches what came with it.
        conversation: Takes the prompt.
        outbox: Tells the person what could not be fetched.
        on_done: Told of each task that ended.
    """

    def __init__(
        self,
        files: ChatFiles,
        conversation: Conversation,
        outbox: Outbox,
        on_done: Callable[[asyncio.Task[Any]], None],
    ) -> None:
        self._files = files
        self._conversation = conversation
        self._outbox = outbox
        self._on_done = on_done
        self._task: asyncio.Task[None] | None = None

    def begin(self, turn: wire.Turn) -> None:
        """Give pi a turn, once its files are there."""
        if not turn.files:
            self._conversation.prompt(turn)
            return
        self._task = asyncio.create_task(self._fetch_and_prompt(turn))
        self._task.add_done_callback(self._on_done)

    def cancel(self) -> bool:
        """Give up a turn that pi has not been given; False where it has been."""
        if self._task is None or self._task.done():
            return False
        self._task.cancel()
        self._task = None
        return True

    async def _fetch_and_prompt(self, turn: wire.Turn) -> None:
        fetched = await self._files.fetch(turn.id, turn.files)
        for problem in fetched.problems:
            self._outbox.add_event(turn.id, wire.Notice(text=problem[:_NOTICE]))
        text = f"{fetched.note}\n\n{turn.text}" if turn.text.strip() else fetched.note
        self._conversation.prompt(turn.model_copy(update={"text": text}), fetched.images)
