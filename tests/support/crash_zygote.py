"""Gateways that start within milliseconds and die by SIGKILL: forks of a process that has read all modules.

As a program it reads a line of JSON for each gateway to fork ({number, env, log}) and writes one for each that began or ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import json
import os
import select
import signal
import sys
import traceback
from pathlib import Path

_LOOK_SECONDS = 0.05
_FORK_SECONDS = 60.0


class Zygote:
    """The parent of all gateways; started once."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task | None = None
        self._numbers = itertools.count(1)
        self._begun: dict[int, asyncio.Future[tuple[int, asyncio.Future[int]]]] = {}
        self._ended: dict[int, asyncio.Future[int]] = {}

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.support.crash_zygote", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._reader = asyncio.create_task(self._read())

    async def fork(self, environment: dict[str, str], log: Path) -> tuple[int, asyncio.Future[int]]:
        """Begin a gateway; return its pid, and what becomes its exit code."""
        number = next(self._numbers)
        begun = self._begun[number] = asyncio.get_running_loop().create_future()
        line = json.dumps({"number": number, "env": environment, "log": str(log)}) + "\n"
        self._process.stdin.write(line.encode())
        return await asyncio.wait_for(begun, _FORK_SECONDS)

    async def close(self) -> None:
        self._process.stdin.close()
        await self._process.wait()
        await self._reader

    async def _read(self) -> None:
        async for line in self._process.stdout:
            told = json.loads(line)
            if "number" in told:
                self._note_begun(told["number"], told["pid"])
            else:
                ended = self._ended.pop(told["pid"])
                if not ended.done():
                    ended.set_result(told["code"])

    def _note_begun(self, number: int, pid: int) -> None:
        ended = self._ended[pid] = asyncio.get_running_loop().create_future()
        begun = self._begun.pop(number)
        if begun.done():  # whoever asked for it has gone
            os.kill(pid, signal.SIGKILL)
        else:
            begun.set_result((pid, ended))


def serve() -> None:
    """Fork whatever is asked for, until there is nobody to ask."""
    # the databases are migrated: there is nothing to do for the tool, whose process costs a second
    sys.executable = "/bin/true"
    from agent_gateway.__main__ import main  # noqa: PLC0415  # reads the path of the tool's program

    gc.freeze()
    children: set[int] = set()
    rest = b""
    while True:
        ready, _, _ = select.select([0], [], [], _LOOK_SECONDS if children else None)
        for pid in list(children):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                children.discard(pid)
                _tell({"pid": pid, "code": os.waitstatus_to_exitcode(status)})
        if not ready:
            continue
        data = os.read(0, 1 << 16)
        if not data:
            for pid in children:
                os.kill(pid, signal.SIGKILL)
            return
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            asked = json.loads(line)
            pid = os.fork()
            if pid == 0:
                _become(main, asked["env"], asked["log"])
            children.add(pid)
            _tell({"number": asked["number"], "pid": pid})


def _become(main, environment: dict[str, str], log: str) -> None:
    code = 70
    try:
        null = os.open(os.devnull, os.O_RDWR)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(null, 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.chdir(Path(log).parent)
        os.environ.clear()
        os.environ.update(environment)
        code = main()
    except BaseException:  # noqa: BLE001  # whatever it is, this fork must never go on as its parent
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


def _tell(what: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve()
