"""The workspace as one stream: packed for the next run or a sub-agent, and unpacked where either begins.

Debian's tar and zstd do the work: links, modes, odd names and sparse files are theirs to know, a name that leads out of
the folder is refused by tar itself, and nothing is ever whole in memory.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterable
from pathlib import Path

from agent_runner.programs import Programs, Running

CHUNK = 256 * 1024
_SOME_CHANGED = 1
"""tar's exit code where a file changed while it was read: the copy is as good as one can be."""


_VOLUMES_OWN = "lost+found"
"""Root's, at the top of a volume with a file system of its own: nobody else may unpack over it."""


class WorkspaceError(Exception):
    """The workspace cannot be packed or unpacked; the text is for a person and names no file."""


class TooLargeError(WorkspaceError):
    """Packed, it is over its limit."""


async def pack(folder: str, limit: int, programs: Programs) -> AsyncGenerator[bytes, None]:
    """Yield the folder as a compressed archive.

    Args:
        folder: What is packed; sockets and files that cannot be read are left out.
        limit: The most bytes.
        programs: Starts tar.

    Raises:
        TooLargeError: more bytes than that have come.
        WorkspaceError: tar cannot do it.
    """
    # the folder itself is left out: it is a volume's root, and nobody may change the mode of the one it is unpacked into
    names = ["--null", "--verbatim-files-from", "--files-from=/dev/stdin"]
    # sparse: a hole is neither read nor written, else a disk image that fits here fills the volume it is unpacked into
    words = ["tar", "--create", "--zstd", "--sparse", "--ignore-failed-read", "--directory", folder, *names]
    try:
        running = await programs.read_from(words, _list(folder))
    except OSError as error:
        raise WorkspaceError(f"The workspace cannot be packed: tar does not start ({error.strerror}).") from error
    total = 0
    try:
        while running.reader is not None and (chunk := await running.reader.read(CHUNK)):
            total += len(chunk)
            yield chunk
            if total > limit:
                raise TooLargeError(
                    f"The packed workspace is over {limit / (1 << 20):g} MiB "
                    "(workspace.snapshotLimit of the AgentClass)."
                )
        code = await running.ended
        if code not in (0, _SOME_CHANGED):
            raise WorkspaceError(f"The workspace cannot be packed: tar ended with {code}.")
    finally:
        await running.end()


async def unpack(folder: str, chunks: AsyncIterable[bytes], programs: Programs) -> None:
    """Unpack an archive into an empty folder; whatever fails leaves the folder empty.

    Raises:
        WorkspaceError: it is no whole archive, or holds what must not be unpacked.
    """
    options = ["--zstd", "--no-same-owner", "--preserve-permissions"]
    try:
        running = await programs.write_to(["tar", "--extract", *options, "--directory", folder])
    except OSError as error:
        raise WorkspaceError(f"The stored files cannot be unpacked: tar does not start ({error.strerror}).") from error
    try:
        await _feed(running, chunks)
        code = await running.ended
        if code != 0:
            raise WorkspaceError(f"The stored files cannot be unpacked: tar ended with {code}.")  # noqa: TRY301
    except BaseException:
        await running.end()
        await asyncio.to_thread(empty, folder)
        raise
    await running.end()


def _list(folder: str) -> bytes:
    """Return the names in a folder as tar reads them: each may hold any byte but one."""
    with os.scandir(os.fsencode(folder)) as entries:
        return b"".join(b"./" + entry.name + b"\0" for entry in entries if entry.name != _VOLUMES_OWN.encode())


async def _feed(running: Running, chunks: AsyncIterable[bytes]) -> None:
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
            f"The stored files cannot be unpacked: tar ended with {running.ended.result()}."
        ) from error
    finally:
        writer.close()


def is_empty(folder: str) -> bool:
    """Say whether a workspace holds nothing."""
    with os.scandir(folder) as entries:
        return all(entry.name == _VOLUMES_OWN for entry in entries)


def empty(folder: str) -> None:
    """Remove everything in a workspace."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == _VOLUMES_OWN:
                continue
            if entry.is_dir(follow_symlinks=False):
                _unlock(entry.path)
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                Path(entry.path).unlink()


def _unlock(folder: str) -> None:
    """Let every folder below be changed: a tar that was cut off may have taken away its own right to."""
    Path(folder).chmod(0o700)
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _unlock(entry.path)
