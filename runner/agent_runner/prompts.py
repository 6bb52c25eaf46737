"""The way of a prompt to pi: the workspace first, then the files that it came with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from agent_contract import wire
from agent_runner.asks import Asks
from agent_runner.chatfiles import ChatFiles
from agent_runner.conversation import Conversation
from agent_runner.outbox import Outbox
from agent_runner.preparing import Preparing
from agent_runner.project import Project

_NOTICE = 500


class Prompts:
    """Gives pi one prompt at a time.

    Args:
        files: Fetches what came with it.
        conversation: Takes the prompt.
        outbox: Tells the person what could not be fetched.
        preparing: What a prompt waits for.
        asks: Told when a prompt begins to wait for that, as when a person is asked, and when it goes on.
        on_done: Told of each task that ended.
        project: Writes out commands of the class, and knows what the person should know of the workspace.
    """

    def __init__(
        self,
        files: ChatFiles,
        conversation: Conversation,
        outbox: Outbox,
        preparing: Preparing,
        asks: Asks,
        on_done: Callable[[asyncio.Task[Any]], None],
        project: Project,
    ) -> None:
        self._files = files
        self._conversation = conversation
        self._outbox = outbox
        self._preparing = preparing
        self._on_wait = asks.on_waiting
        self._on_done = on_done
        self._project = project
        self._task: asyncio.Task[None] | None = None

    def begin(self, turn: wire.Turn, *notes: Callable[[], str]) -> None:
        """Give pi a turn, once its workspace and its files are there; the agent is told what else it should know by then."""
        self._conversation.times.begin(turn.id)
        for notice in self._project.take_notices():
            self._outbox.add_event(turn.id, notice)
        turn = turn.model_copy(update={"text": self._project.write_out(turn.text)})
        if not turn.files and not self._preparing.busy:
            self._conversation.prompt(_add(turn, notes))
            return
        self._task = asyncio.create_task(self._wait_and_prompt(turn, notes))
        self._task.add_done_callback(self._on_done)

    def cancel(self) -> bool:
        """Give up a turn that pi has not been given; False where it has been."""
        if self._task is None or self._task.done():
            return False
        self._task.cancel()
        self._task = None
        return True

    async def _wait_and_prompt(self, turn: wire.Turn, notes: Sequence[Callable[[], str]]) -> None:
        if self._preparing.busy:
            self._on_wait(True)
            try:
                await self._preparing.wait()
            finally:
                self._on_wait(False)
        if turn.files:
            await self._preparing.wait_for_files()  # they are put among these
            await self._fetch_and_prompt(_add(turn, notes))
        else:
            self._conversation.prompt(_add(turn, notes))

    async def _fetch_and_prompt(self, turn: wire.Turn) -> None:
        fetched = await self._files.fetch(turn.id, turn.files)
        for problem in fetched.problems:
            text = f"{problem.name} could not be fetched: {problem.why}"
            self._outbox.add_event(
                turn.id,
                wire.Notice(text=text[:_NOTICE], code="file_not_fetched", name=problem.name[:_NOTICE]),
            )
        text = f"{fetched.note}\n\n{turn.text}" if turn.text.strip() else fetched.note
        self._conversation.prompt(turn.model_copy(update={"text": text}), fetched.images)


def _add(turn: wire.Turn, notes: Sequence[Callable[[], str]]) -> wire.Turn:
    told = "".join(f"\n\n[{note}]" for take in notes if (note := take()))
    return turn.model_copy(update={"text": turn.text + told}) if told else turn
