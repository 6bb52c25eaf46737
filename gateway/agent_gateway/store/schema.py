"""Run the migrations in a process of their own, with a deadline, and say how it goes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from typing import Final

from agent_gateway.store.errors import Away

MIGRATE_SECONDS: Final = 900.0
"""For all migrations together; what was applied by then stays, and the next try goes on behind it."""
_WORDS: Final = b"schema: "
_COMMAND: Final = (sys.executable, "-m", "agent_gateway.store.migrate", "--with-parent")


async def bring_up_to_date(dsn: str, tell: Callable[[str], None], *, seconds: float = MIGRATE_SECONDS) -> None:
    """Apply what is missing of the schema.

    Args:
        dsn: Of the database.
        tell: Told how it goes, in words for people.
        seconds: After which the attempt is given up.

    Raises:
        Away: it could not be done now; the text says why, without anything of the DSN.
    """
    process = await asyncio.create_subprocess_exec(
        *_COMMAND, env={**os.environ, "DATABASE_URL": dsn},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    last = "The schema could not be brought up to date."
    try:
        async with asyncio.timeout(seconds):
            if process.stdout is not None:
                async for line in process.stdout:
                    if line.startswith(_WORDS):  # the rest is the tool's own, and may hold the DSN
                        last = line.removeprefix(_WORDS).decode(errors="replace").strip()
                        tell(last)
            code = await process.wait()
    except TimeoutError as error:
        raise Away(f"The schema was not brought up to date within {seconds:.0f} s. It said last: {last}") from error
    except ValueError as error:  # a line beyond the stream's bound
        raise Away("The schema could not be brought up to date: the migration tool says too much.") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if code:
        raise Away(last)
