"""Speech to text over OpenAI's wire protocol: a recording says what stands in it as text, or how long it is."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from typing import Any

from aiohttp import web

MAX_BYTES = 25 * 1024 * 1024
ENDINGS = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm")
MARK = b"says:"
"""Behind it, in a recording that a test makes, stand the words, up to a zero byte."""


class RefusedSpeech(Exception):
    """A request that the service answers with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Rules:
    """What the simulated service takes."""

    wav_only: bool = False
    """As GLM-ASR: WAV and MP3, at most `max_seconds` at once, no `language`."""
    max_seconds: float = 30.0


def read_rules(given: dict[str, Any]) -> Rules:
    """Return rules.

    Raises:
        TypeError: a field is unknown.
    """
    return Rules(**given)


async def read_form(request: web.Request) -> tuple[dict[str, str], str, bytes]:
    """Return a request's fields, the file's name and the file.

    Raises:
        RefusedSpeech: it is no form with a file and a model.
    """
    posted = await request.post()
    file = posted.get("file")
    fields = {name: value for name, value in posted.items() if isinstance(value, str)}
    if not isinstance(file, web.FileField):
        raise RefusedSpeech(400, "file is required")
    with file.file:
        data = file.file.read()
    if "model" not in fields:
        raise RefusedSpeech(400, "model is required")
    return fields, file.filename, data


def hear(fields: dict[str, str], name: str, data: bytes, rules: Rules) -> str:
    """Return the words of a recording.

    Raises:
        RefusedSpeech: it is too large, too long, or of a kind that is not taken.
    """
    ending = name.rpartition(".")[2].lower()
    if len(data) > MAX_BYTES:
        raise RefusedSpeech(413, "Maximum content size limit exceeded")
    if ending not in (("wav", "mp3") if rules.wav_only else ENDINGS):
        raise RefusedSpeech(400, f"Unrecognized file format: {ending}")
    if rules.wav_only and "language" in fields:
        raise RefusedSpeech(400, "language: unknown parameter")
    if MARK in data:
        return data.partition(MARK)[2].partition(b"\0")[0].decode("utf-8", "replace").strip()
    if ending != "wav":
        return ""
    seconds = _measure(data)
    if rules.wav_only and seconds > rules.max_seconds:
        raise RefusedSpeech(400, f"the recording has {seconds:.1f} s")
    return f"{seconds:.1f} seconds of speech."


def _measure(data: bytes) -> float:
    try:
        with wave.open(io.BytesIO(data)) as file:
            return float(file.getnframes() / file.getframerate())
    except (wave.Error, EOFError) as error:
        raise RefusedSpeech(400, "Invalid file") from error
