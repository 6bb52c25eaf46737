"""Files on their way to and from Telegram, never a whole one in memory on its way down."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx
from telegram import InputFile

from agent_gateway.telegram.errors import (
    Ambiguous,
    RefusalKind,
    Refused,
    ServerFailed,
    TelegramProblem,
    Throttled,
)
from agent_gateway.telegram.outbound.outcomes import DEFAULT_RETRY_AFTER
from agent_gateway.telegram.outbound.pictures import HEAD_BYTES, is_readable_as_photo
from agent_gateway.telegram.ports import OutgoingFile

UPLOAD_SECONDS = 120.0
"""How long a file may take on its way up."""
_CHUNK_BYTES = 256 * 1024
_PHOTOS = frozenset({"image/png", "image/jpeg", "image/webp"})
_MAX_PHOTO_BYTES = 10_000_000


class Downloads:
    """Fetches what people sent, over connections of its own."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(20.0, connect=5.0))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def stream(self, url: str) -> AsyncGenerator[bytes, None]:
        """Yield a file by its address, which holds the token.

        Raises:
            TelegramProblem: Telegram does not give it, before the first byte or in the middle.
        """
        try:
            async with self._client.stream("GET", url) as response:
                if response.status_code != httpx.codes.OK:
                    raise _refuse_download(response.status_code)
                async for chunk in response.aiter_bytes(_CHUNK_BYTES):
                    yield chunk
        except httpx.HTTPError as error:
            # its own text holds the address, and with it the token
            raise Ambiguous(f"a file broke off ({type(error).__name__})") from None


def may_be_photo(file: OutgoingFile) -> bool:
    """Tell whether Telegram may take a file as a picture, and shows it as it is: text in a larger one could not be read."""
    if file.media_type not in _PHOTOS or file.size > _MAX_PHOTO_BYTES:
        return False
    file.data.seek(0)
    return is_readable_as_photo(file.data.read(HEAD_BYTES))


def to_upload(file: OutgoingFile) -> InputFile:
    """Return a file as the library takes it, from its beginning."""
    file.data.seek(0)
    return InputFile(file.data, filename=file.name, read_file_handle=False)


def _refuse_download(status: int) -> TelegramProblem:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return Throttled(DEFAULT_RETRY_AFTER)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return ServerFailed(f"Telegram answered with HTTP {status}")
    return Refused(RefusalKind.OTHER, f"the file cannot be had (HTTP {status})")
