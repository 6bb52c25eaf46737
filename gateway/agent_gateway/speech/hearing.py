"""What a voice message says: fetched, cut where the service needs that, and asked for, before anything is stored.

It is repeatable and has no effect: the update is still in the inbox, so that who dies meanwhile has it heard again. The
inbox takes a conversation's updates one after the other, and so at most one voice message of it is heard at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from agent_gateway.speech.client import Recording, Transcriber
from agent_gateway.speech.decoding import decode
from agent_gateway.speech.pieces import build_wav, cut_pieces
from agent_gateway.speech.problems import NotHeard, Trouble
from agent_gateway.speech.service import PIECE_SECONDS, Service
from agent_gateway.telegram.errors import Refused, TelegramProblem
from agent_gateway.telegram.inbound.incoming import Spoken
from agent_gateway.telegram.ports import FileSource

_log = logging.getLogger(__name__)
AT_ONCE: Final = 2
"""Recordings that are held in memory: each has up to 20 MB, and as much again as samples."""
MAX_BYTES: Final = 20 * 1000 * 1000
"""Telegram lets a bot fetch no larger file."""
MAX_CHARACTERS: Final = 20_000
"""Of the words of one message."""
TRIES: Final = 2
PAUSE_SECONDS: Final = 1.0
"""Before what failed by chance is tried again."""
CALLS_AS_LONG: Final = 5
"""A message may take as long as so many calls, however many pieces it has."""
TURN_AS_LONG: Final = 2
"""It waits as long as so many calls for those before it: what else was written in its chat waits behind it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is heard.

    Attributes:
        seconds: Of the longest message.
        timeout: Seconds that one call of the service may take.
        language: Two letters, for everybody; empty: that of the person's program.
    """

    seconds: int = 600
    timeout: float = 60.0
    language: str = ""


class Hearing:
    """Turns speech into text.

    Args:
        service: The transcription service; None where there is none.
        source: Telegram's files.
        limits: How much is heard.
        pause: Seconds before what failed by chance is tried again.
    """

    def __init__(
        self, service: Service | None, source: FileSource, limits: Limits, *, pause: float = PAUSE_SECONDS
    ) -> None:
        self._service = service
        self._source = source
        self._limits = limits
        self._pause = pause
        self._transcriber = Transcriber(service, limits.timeout) if service is not None else None
        self._slots = asyncio.Semaphore(AT_ONCE)

    @property
    def longest(self) -> int:
        """Return the seconds of the longest message that is heard."""
        return self._limits.seconds

    async def hear(self, spoken: Spoken, language: str) -> str:
        """Return the words of a voice message.

        Args:
            spoken: The message.
            language: Of the person, such as `pt-br`.

        Raises:
            NotHeard: Why there are none.
        """
        service, transcriber = self._service, self._transcriber
        if service is None or transcriber is None:
            raise NotHeard(Trouble.OFF)
        if spoken.video:
            raise NotHeard(Trouble.VIDEO)
        if spoken.seconds > self._limits.seconds:
            raise NotHeard(Trouble.TOO_LONG)
        hint = self._limits.language or language.partition("-")[0]
        try:
            async with self._take_turn(), asyncio.timeout(self._limits.timeout * CALLS_AS_LONG):
                pieces = await self._fetch_pieces(service, spoken)
                words = await self._transcribe(transcriber, pieces, hint)
        except TimeoutError as error:
            raise NotHeard(Trouble.AWAY, "it takes too long") from error
        if not words:
            raise NotHeard(Trouble.SILENT)
        return words[:MAX_CHARACTERS]

    @contextlib.asynccontextmanager
    async def _take_turn(self) -> AsyncIterator[None]:
        """Hold one of the slots; raises NotHeard where none is free in time."""
        try:
            async with asyncio.timeout(self._limits.timeout * TURN_AS_LONG):
                await self._slots.acquire()
        except TimeoutError as error:
            raise NotHeard(Trouble.BUSY, "too many voice messages wait") from error
        try:
            yield
        finally:
            self._slots.release()

    async def _fetch_pieces(self, service: Service, spoken: Spoken) -> Sequence[Recording]:
        recording = await self._fetch(spoken)
        if not service.wav:
            return [Recording(recording, "voice.ogg", "audio/ogg")]
        samples = await decode(recording, self._limits.seconds)
        pieces = cut_pieces(samples, PIECE_SECONDS)
        return [Recording(build_wav(piece), "voice.wav", "audio/wav") for piece in pieces]

    async def _fetch(self, spoken: Spoken) -> bytes:
        data = bytearray()
        try:
            async for part in self._source.open_file(spoken.file_id):
                data += part
                if len(data) > MAX_BYTES:
                    raise NotHeard(Trouble.TOO_LONG)
        except Refused as error:
            raise NotHeard(Trouble.UNREADABLE, "Telegram does not give it") from error
        except TelegramProblem as error:
            raise NotHeard(Trouble.AWAY, type(error).__name__) from error
        return bytes(data)

    async def _transcribe(self, transcriber: Transcriber, pieces: Sequence[Recording], hint: str) -> str:
        words: list[str] = []
        for piece in pieces:
            words.append(await self._try(transcriber, piece, hint, words[-1] if words else ""))
        return " ".join(filter(None, words))

    async def _try(self, transcriber: Transcriber, piece: Recording, hint: str, before: str) -> str:
        attempt = 1
        while True:
            try:
                return await transcriber.transcribe(piece, hint, before)
            except NotHeard as error:
                _log.warning("speech_failed", extra={"trouble": error.trouble.value, "details": error.details})
                if not error.passing or attempt == TRIES:
                    raise
            attempt += 1
            await asyncio.sleep(self._pause)
