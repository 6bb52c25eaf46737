"""`keep` or `restore`, with a task as JSON: frames on the pipes, each a line of JSON and as many bytes as it says."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Final

from agent_contract.keptfiles import Bounds
from agent_runner.keeper.keep import Keeper, Task
from agent_runner.keeper.lists import Ended
from agent_runner.keeper.restore import BrokenError, Restorer, UnfitError

_MAX_LINE: Final = 64 << 10
_MAX_ANSWER: Final = 256 << 10


class Pipes:
    """Frames over standard input and output."""

    def __init__(self) -> None:
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer

    def say(self, kind: str, body: bytes = b"", **about: Any) -> None:
        """Write one frame.

        Raises:
            Ended: nobody reads.
        """
        try:
            self._out.write(json.dumps({"type": kind, "bytes": len(body), **about}).encode() + b"\n")
            self._out.write(body)
            self._out.flush()
        except BrokenPipeError as error:
            raise Ended from error

    def offer(self, kind: str, body: bytes, **about: Any) -> dict[str, Any]:
        """Write one frame, and read what it is answered with."""
        self.say(kind, body, **about)
        line = self._in.readline(_MAX_ANSWER)
        if not line:
            raise Ended
        return dict(json.loads(line))

    def read_frame(self, most: int) -> tuple[dict[str, Any], bytes]:
        """Read one frame."""
        line = self._in.readline(_MAX_LINE)
        try:
            about = json.loads(line)
            size = int(about["bytes"])
        except (ValueError, KeyError, TypeError) as error:
            raise BrokenError("they end in the middle") from error
        if not 0 <= size <= most:
            raise UnfitError("a part is too large")
        body = self._in.read(size)
        if len(body) != size:
            raise BrokenError("they end in the middle")
        return about, body


def keep(raw: dict[str, Any], pipes: Pipes) -> int:
    """Keep a workspace."""
    workspace, home = (os.path.realpath(raw[name]) for name in ("workspace", "home"))
    task = Task(
        workspace, home, raw["index"], tuple(raw["exclude"]), int(raw["limit"]), int(raw["files"]),
        copy=bool(raw["copy"]),
    )  # fmt: skip
    try:
        Keeper(task, pipes).keep()
    except Ended:
        return 1
    except OSError as error:
        pipes.say("failed", words=os.strerror(error.errno) if error.errno else str(error))
        return 1
    return 0


def restore(raw: dict[str, Any], pipes: Pipes) -> int:
    """Write a kept state."""
    bounds = Bounds(int(raw["files"]), int(raw["bytes"]))
    try:
        restorer = Restorer(raw["workspace"], raw["home"], raw["index"], bounds)
        about = restorer.restore(pipes, lambda plain: pipes.say("listed", plain=plain))
    except (BrokenError, UnfitError) as error:
        pipes.say("failed", words=str(error), unfit=isinstance(error, UnfitError))
        return 1
    pipes.say("restored", **about)
    return 0


def main(words: list[str]) -> int:
    """Run; returns the exit code."""
    what, raw = words
    os.umask(0o077)
    work = {"keep": keep, "restore": restore}[what]
    return work(json.loads(raw), Pipes())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
