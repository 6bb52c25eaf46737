"""Opus, as Telegram's voice messages are, into samples: by a program of its own that knows nothing and is bounded.

What it reads came from anybody, so it runs with an empty environment, without our files, and with little memory and time.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from array import array
from typing import Final

from agent_gateway.speech.pieces import RATE
from agent_gateway.speech.problems import NotHeard, Trouble

PROGRAM: Final = "/usr/bin/opusdec"
"""Of Debian's package opus-tools."""
SECONDS: Final = 30.0
"""How long it may take; 75 s of speech take it 0.4 s."""
_MEMORY_KILOBYTES: Final = 512 * 1024
_BOUNDED: Final = f'ulimit -v {_MEMORY_KILOBYTES} -t {int(SECONDS)}; exec "$0" "$@"'
_CHANNELS: Final = 2
_SAMPLE_BYTES: Final = 2
_CHUNK: Final = 1 << 16


async def decode(recording: bytes, longest: float, program: str = PROGRAM) -> array[int]:
    """Return the samples of a recording, of its left channel.

    Args:
        recording: An Ogg file with Opus.
        longest: Seconds that are taken at most; what is longer is refused.
        program: `opusdec`.

    Raises:
        NotHeard: The recording is none, is too long, or takes too long.
    """
    arguments = ["--quiet", "--rate", str(RATE), "--force-stereo", "-", "-"]
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", _BOUNDED, program, *arguments, env={}, cwd="/", stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            _, raw = await asyncio.gather(_write(process, recording), _read(process, longest))
            code = await process.wait()
    except TimeoutError as error:
        raise NotHeard(Trouble.UNREADABLE, "decoding takes too long") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    samples = array("h")
    samples.frombytes(raw[: len(raw) - len(raw) % (_CHANNELS * _SAMPLE_BYTES)])
    if sys.byteorder == "big":
        samples.byteswap()
    if code or not samples:
        raise NotHeard(Trouble.UNREADABLE, f"opusdec ended with {code}")
    return samples[::_CHANNELS]


async def _write(process: asyncio.subprocess.Process, recording: bytes) -> None:
    stdin = process.stdin
    if stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it tells by its code that it can read no more
        stdin.write(recording)
        await stdin.drain()
    stdin.close()


async def _read(process: asyncio.subprocess.Process, longest: float) -> bytes:
    stdout, raw = process.stdout, bytearray()
    most = int((longest + 1) * RATE) * _CHANNELS * _SAMPLE_BYTES
    while stdout is not None and (chunk := await stdout.read(_CHUNK)):
        raw += chunk
        if len(raw) > most:
            raise NotHeard(Trouble.TOO_LONG, "longer than was said")
    return bytes(raw)
