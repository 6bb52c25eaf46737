"""The workspace as one stream, as runs of earlier releases packed it: unpacked where the next one begins.

Debian's tar and zstd do the work: links, modes, odd names and sparse files are theirs to know, a name that leads out of
the folder is refused by tar itself, and nothing is ever whole in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import Final

from agent_runner.programs import Programs, Running
from agent_runner.targuard import Bounds, TarGuard, UnfitError

CHUNK = 256 * 1024
NO_BOUNDS: Final = Bounds()


_VOLUMES_OWN = "lost+found"
"""Root's, at the top of a volume with a file system of its own: nobody else may unpack over it."""


class WorkspaceError(Exception):
    """The files cannot be kept or brought back; the text is for a person and names no file."""


class UnfitWorkspaceError(WorkspaceError):
    """It holds too many files or bytes, or what none may hold: to try again does not help."""


async def unpack(folder: str, chunks: AsyncIterable[bytes], programs: Programs, bounds: Bounds = NO_BOUNDS) -> None:
    """Unpack an archive into an empty folder; whatever fails leaves the folder empty.

    Args:
        folder: Where it goes.
        chunks: The archive.
        programs: Starts zstd and tar.
        bounds: How much it may hold.

    Raises:
        UnfitWorkspaceError: it holds more than that, or what must not be unpacked.
        WorkspaceError: it is no whole archive.
    """
    try:
        async with contextlib.AsyncExitStack() as started:
            try:
                zstd = await programs.run_between(["zstd", "--decompress", "--stdout", "--quiet"])
                started.push_async_callback(zstd.end)
                options = ["--no-same-owner", "--preserve-permissions"]
                tar = await programs.write_to(["tar", "--extract", *options, "--directory", folder])
                started.push_async_callback(tar.end)
            except OSError as error:
                words = f"The stored files cannot be unpacked: a program does not start ({error.strerror})."
                raise WorkspaceError(words) from error
            await _pass_on(zstd, tar, chunks, TarGuard(bounds))
    except BaseException:
        await asyncio.to_thread(empty, folder)
        raise


async def _pass_on(zstd: Running, tar: Running, chunks: AsyncIterable[bytes], guard: TarGuard) -> None:
    """Feed zstd, look at what comes of it, and feed tar with that."""
    feeding = asyncio.create_task(_feed("zstd", zstd, chunks))
    try:
        await _feed("tar", tar, _guard(zstd, guard))
        await feeding
    except UnfitError as error:
        raise UnfitWorkspaceError(f"The stored files cannot be unpacked: {error}.") from error
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
    for name, running in (("zstd", zstd), ("tar", tar)):
        code = await running.wait()
        if code != 0:
            raise WorkspaceError(f"The stored files cannot be unpacked: {name} ended with {code}.")


async def _guard(zstd: Running, guard: TarGuard) -> AsyncIterator[bytes]:
    while zstd.reader is not None and (chunk := await zstd.reader.read(CHUNK)):
        yield guard.feed(chunk)
    if await zstd.wait() == 0:  # else what it says is told
        guard.finish()


async def _feed(name: str, running: Running, chunks: AsyncIterable[bytes]) -> None:
    writer = running.writer
    if writer is None:
        return
    try:
        async for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
    except (BrokenPipeError, ConnectionResetError) as error:
        if not running.ended.done():
            await asyncio.wait({running.ended}, timeout=1)
        if not running.ended.done():
            raise
        raise WorkspaceError(
            f"The stored files cannot be unpacked: {name} ended with {running.ended.result()}."
        ) from error
    finally:
        writer.close()


def is_empty(folder: str) -> bool:
    """Say whether a workspace holds nothing."""
    with os.scandir(folder) as entries:
        return all(entry.name == _VOLUMES_OWN for entry in entries)


def empty(folder: str) -> None:
    """Remove everything in a workspace, however deep: what stands within a folder is moved up before that goes."""
    moved = 0
    waiting = _find_folders(folder)
    while waiting:
        path = waiting.pop()
        path.chmod(0o700)  # a tar that was cut off may have taken away its own right
        with os.scandir(path) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    Path(entry.path).unlink()
                    continue
                Path(entry.path).chmod(0o700)
                target = Path(folder, f".emptied-{os.getpid()}-{moved}")
                while os.path.lexists(target):
                    moved += 1
                    target = Path(folder, f".emptied-{os.getpid()}-{moved}")
                waiting.append(Path(entry.path).rename(target))
        path.rmdir()


def _find_folders(folder: str) -> list[Path]:
    """Return the folders at the top of a workspace; what else stands there is removed."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == _VOLUMES_OWN:
                continue
            if entry.is_dir(follow_symlinks=False):
                found.append(Path(entry.path))
            else:
                Path(entry.path).unlink()
    return found
