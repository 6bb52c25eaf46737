"""One call of a transcription service: `POST …/audio/transcriptions`, as OpenAI's and those that are compatible take it."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from agent_contract.text import clean
from agent_gateway.speech.problems import NotHeard, Trouble
from agent_gateway.speech.service import Service

MAX_ANSWER: Final = 1 << 20
"""Bytes that are read of an answer."""
MAX_PROMPT: Final = 1000
"""Characters of what was said before that are shown to the service."""
_KEY_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Recording:
    """What is sent; the name's ending tells the service its format."""

    data: bytes
    name: str
    media_type: str


class Transcriber:
    """Asks one service.

    Args:
        service: Which.
        timeout: Seconds that one call may take.
    """

    def __init__(self, service: Service, timeout: float) -> None:
        self._service = service
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=min(timeout, 10.0))

    async def transcribe(self, recording: Recording, language: str = "", before: str = "") -> str:
        """Return the words of a recording; empty where there are none.

        Args:
            recording: What was spoken.
            language: Two letters as a hint; empty where it is not known.
            before: What was said before it.

        Raises:
            NotHeard: The service does not answer, or refuses.
        """
        form = aiohttp.FormData()
        form.add_field("file", recording.data, filename=recording.name, content_type=recording.media_type)
        form.add_field("model", self._service.model)
        if language and self._service.takes_language:
            form.add_field("language", language)
        if before and self._service.takes_prompt:
            form.add_field("prompt", before[-MAX_PROMPT:])
        key = self._service.keys.read()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            async with (
                self._open() as session,
                session.post(
                    f"{self._service.base_url}/audio/transcriptions", data=form, headers=headers, allow_redirects=False
                ) as answer,
            ):
                return _read_answer(answer.status, await _read(answer))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotHeard(Trouble.AWAY, type(error).__name__, passing=True) from error

    def _open(self) -> aiohttp.ClientSession:
        # a context of its own: aiohttp's is made at import, before SSL_CERT_FILE may name extra certificates
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context())
        return aiohttp.ClientSession(
            connector=connector, timeout=self._timeout, trust_env=True, cookie_jar=aiohttp.DummyCookieJar()
        )


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > MAX_ANSWER:
            raise NotHeard(Trouble.AWAY, "the answer is too large")
    return bytes(body)


def _read_answer(status: int, body: bytes) -> str:
    """Return the words of an answer; what the service says of an error is not kept: it may repeat what was said."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise NotHeard(Trouble.BUSY, f"HTTP {status}", passing=True)
    if status in _KEY_REFUSED:
        raise NotHeard(Trouble.REFUSED, f"HTTP {status}")
    if status == HTTPStatus.NOT_FOUND or 300 <= status < 400:
        raise NotHeard(Trouble.AWAY, f"HTTP {status}")
    if 400 <= status < 500:
        raise NotHeard(Trouble.UNREADABLE, f"HTTP {status}")
    if status != HTTPStatus.OK:
        raise NotHeard(Trouble.AWAY, f"HTTP {status}", passing=True)
    try:
        found: Any = json.loads(body)
    except ValueError as error:
        raise NotHeard(Trouble.AWAY, "the answer is not JSON") from error
    text = found.get("text") if isinstance(found, dict) else None
    if not isinstance(text, str):
        raise NotHeard(Trouble.AWAY, "the answer holds no text")
    return clean(text).strip()
