"""What becomes of a spoken question: the same question in words, or an answer that says why there are none."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from agent_gateway.effects import WakeOutbox
from agent_gateway.speech.hearing import Hearing
from agent_gateway.speech.problems import NotHeard, Trouble
from agent_gateway.store.rows import Address
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.errors import TelegramProblem
from agent_gateway.telegram.inbound.foreign import MOST_QUOTED, quote
from agent_gateway.telegram.inbound.incoming import Ignored, Prompt
from agent_gateway.wording import speech as wording

TYPING_SECONDS: Final = 4.5
"""Telegram shows "typing" for five."""


class Presence(Protocol):
    """Shows that somebody is there."""

    async def send_chat_action(self, address: Address) -> None:
        """Show "typing" in the chat or topic."""


class Listening:
    """Puts words in the place of speech.

    Args:
        hearing: Turns speech into text.
        presence: Shows meanwhile that the message was taken.
        is_admin: Whether a person is told what only an administrator can mend.
        echo: Whether what was understood is shown in the chat.
    """

    def __init__(
        self, hearing: Hearing, presence: Presence, is_admin: Callable[[int], bool], *, echo: bool = True
    ) -> None:
        self._hearing = hearing
        self._presence = presence
        self._is_admin = is_admin
        self._echo = echo

    async def listen(self, prompt: Prompt, address: Address) -> Prompt | Ignored:
        """Return what was asked in words; where they were not understood, nothing is asked, and whoever spoke is told.

        It takes as long as `Hearing` allows and changes nothing, so it may be done again.
        """
        if prompt.spoken is None:
            return prompt
        try:
            async with self._typing(address):
                words = await self._hearing.hear(prompt.spoken, prompt.language)
        except NotHeard as problem:
            return self._build_refusal(prompt, problem)
        said = wording.told(words, prompt.spoken.seconds)
        said = quote(said, max(MOST_QUOTED, len(said))) if prompt.forwarded else said
        text = "\n\n".join(filter(None, [prompt.text, said]))
        own = "\n\n".join(filter(None, [prompt.words, words]))
        return replace(prompt, text=text, words=own, heard=words, spoken=None)

    async def show(self, tx: Transaction, update_id: int, prompt: Prompt) -> None:
        """Show what was understood, without a sound, as a reply to the voice message."""
        if not prompt.heard or not self._echo:
            return
        text = wording.heard(prompt.language, prompt.heard)
        await tx.outbox.put(
            prompt.address, text, build_key(update_id), kind="notice", format="markdown", reply_to=prompt.message_id
        )
        tx.after(WakeOutbox())

    def _build_refusal(self, prompt: Prompt, problem: NotHeard) -> Ignored:
        details = problem.details
        if problem.trouble is Trouble.OFF:
            details = wording.SET_PROVIDER
        reply = partial(
            wording.not_heard, trouble=problem.trouble, longest=self._hearing.longest,
            details=details if self._is_admin(prompt.person_id) else "",
        )  # fmt: skip
        return Ignored(
            f"speech: {problem.trouble.value}", prompt.address, prompt.person_id, prompt.message_id, reply,
            prompt.language,
        )  # fmt: skip

    @contextlib.asynccontextmanager
    async def _typing(self, address: Address) -> AsyncIterator[None]:
        async def show() -> None:
            with contextlib.suppress(TelegramProblem):  # nobody misses it
                while True:
                    await self._presence.send_chat_action(address)
                    await asyncio.sleep(TYPING_SECONDS)

        task = asyncio.create_task(show())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})


def build_key(update_id: int) -> str:
    """Return the outbox key of what was understood of an update."""
    return f"speech:{update_id}"
