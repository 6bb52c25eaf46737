"""Compares two kept states in a process of its own, which is fed what is stored and tells what became of each file."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import Final

from agent_gateway.diffs.report import MOST_BYTES, NoDiff, Report, read_report
from agent_gateway.store import Store
from agent_gateway.store.kept import PackRow, StateBody

SECONDS: Final = 30.0
"""For one comparison; it mostly takes a tenth of a second."""
MOST_PACK_BYTES: Final = 256 << 20
"""Of packs that are read for one comparison, the newest first; files whose contents are in none of them are named alone."""
_MEMORY_KILOBYTES: Final = 256 << 10
"""Of addresses. Two lists of 100,000 files with long names and 500 changed files take 190 MiB, a usual folder 55."""
_BOUNDED: Final = f'ulimit -v {_MEMORY_KILOBYTES} -t {int(SECONDS)}; exec "$0" "$@"'
_MODULE: Final = "agent_gateway.diffs.child"
_KEPT: Final = ("PATH", "LANG", "LC_ALL")
"""What it is told of the environment: no secret."""
_CHUNK: Final = 1 << 20


class Comparer:
    """Compares states, one pair after the other: each takes some memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._alone = asyncio.Lock()

    async def compare(self, before: int | None, after: int) -> Report:
        """Return what became of files from one state to another.

        Args:
            before: The state before; None where there were no files.
            after: The state after.

        Raises:
            NoDiff: a state has gone meanwhile or cannot be read, or it takes too long.
            Away: the database does not answer.
        """
        async with self._alone:
            first = await self._read(before) if before is not None else None
            second = await self._read(after)
            process = await self._start()
            try:
                async with asyncio.timeout(SECONDS):
                    feeding = asyncio.create_task(self._feed(process, first, second))
                    try:
                        told = await _read_all(process)
                        await feeding
                    finally:
                        feeding.cancel()
                        await asyncio.gather(feeding, return_exceptions=True)
                    code = await process.wait()
            except TimeoutError as error:
                raise NoDiff("To compare the files takes too long.") from error
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if code:
            raise NoDiff(f"The files cannot be compared ({code}).")
        return await asyncio.to_thread(read_report, told)

    async def _read(self, state_id: int) -> StateBody:
        found = await self._store.kept.read_body(state_id)
        if found is None:
            raise NoDiff("This state of the files is no longer stored.")
        return found

    async def _start(self) -> asyncio.subprocess.Process:
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        return await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", _BOUNDED, sys.executable, "-P", "-B", "-m", _MODULE, env=environment, cwd="/",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def _feed(self, process: asyncio.subprocess.Process, before: StateBody | None, after: StateBody) -> None:
        stdin = process.stdin
        assert stdin is not None  # noqa: S101  # as it was started
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has all that it wants, or has ended
            for state in (before, after):
                await _write(stdin, state.body if state is not None else b"")
                whole = state.packs[0] if state is not None and state.differs else None
                await self._pass_on(stdin, whole)
            for pack in _find_packs(before, after):
                await self._pass_on(stdin, pack)
        stdin.close()

    async def _pass_on(self, stdin: asyncio.StreamWriter, pack: PackRow | None) -> None:
        left = pack.bytes if pack is not None else 0
        stdin.write(b"%d\n" % left)
        if pack is not None:
            async for data in self._store.kept.stream_pack(pack.id):
                left -= len(data)
                stdin.write(data)
                await stdin.drain()
        if left:
            raise NoDiff("The files were forgotten meanwhile.")


def _find_packs(before: StateBody | None, after: StateBody) -> list[PackRow]:
    """Return the packs with contents of both, the newest first, as many as are read."""
    found: dict[int, PackRow] = {}
    for state in (before, after):
        if state is not None:
            found |= {pack.id: pack for pack in state.packs[int(state.differs) :]}
    chosen, left = [], MOST_PACK_BYTES
    for _, pack in sorted(found.items(), reverse=True):
        left -= pack.bytes
        if left < 0:
            break
        chosen.append(pack)
    return chosen


async def _write(stdin: asyncio.StreamWriter, data: bytes) -> None:
    stdin.write(b"%d\n" % len(data))
    stdin.write(data)
    await stdin.drain()


async def _read_all(process: asyncio.subprocess.Process) -> bytes:
    stdout = process.stdout
    assert stdout is not None  # noqa: S101  # as it was started
    told = bytearray()
    while part := await stdout.read(_CHUNK):
        told += part
        if len(told) > MOST_BYTES:
            raise NoDiff("What is told of the files is too long.")
    return bytes(told)
