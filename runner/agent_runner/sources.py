"""Skills and templates of a repository at one commit: fetched through the gateway before a run's first turn."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from typing import Any, Final

from agent_contract import wire
from agent_contract.names import PATH_GIT
from agent_contract.runnerconfig import RunnerSource
from agent_runner.folders import remove_tree
from agent_runner.launch import Setup
from agent_runner.logs import Log
from agent_runner.programs import Programs, Running

FETCH_SECONDS: Final = 60.0
"""Of one repository; the run begins without what is not there by then."""
MOST_BYTES: Final = 64 << 20
"""Of one repository's files, each with the 4 KiB blocks that it begins: the volume that they stand on is bounded."""
MOST_BYTES_OF_ALL: Final = 256 << 20
"""Of all repositories of a run."""
# Links are written as files, so that none leads out. No file has more than 64 MiB, and what is fetched is one pack: that one.
# Its files, and what LFS puts for some of them, are counted before any is written, as a pack of them may be small.
_SCRIPT: Final = """
set -e
ulimit -f 131072
rm -rf "$1"
mkdir -p "$1"
cd "$1"
git init -q .
git -c http.proxy= -c fetch.unpackLimit=1 fetch -q --depth 1 --no-tags "$2" "$3" 2>&1
test "$(git rev-parse FETCH_HEAD)" = "$3"
total=$({
    git lfs ls-files --debug FETCH_HEAD | sed -n 's/^ *size: /lfs - - /p'
    git ls-tree -rtl FETCH_HEAD && echo end
} | {
    total=0 whole=
    while read -r mode _ _ size _; do
        if test "$mode" = end; then whole=1; break; fi
        case "$size" in *[!0-9]*) size=0 ;; esac
        total=$((total + (size / 4096 + 1) * 4096))
        if test "$total" -gt "$4"; then echo "its files take more than $4 bytes (limit: $5)"; exit 1; fi
    done
    test "$whole" = 1 && echo "$total"
}) || { echo "$total"; exit 1; }
git -c core.symlinks=false -c core.hooksPath=/dev/null checkout -q --detach FETCH_HEAD 2>&1
rm -rf .git
chmod -R a-w .
echo "$total"
"""
_MOST_SAID: Final = 4096


class Sources:
    """Fetches them once a run.

    Args:
        sources: Of the class.
        setup: Where the folders are, and the gateway.
        programs: Runs git.
        log: Told what was fetched.
        on_ready: Called when all that can be is there.
        on_done: Told of the task's end.
    """

    def __init__(
        self,
        sources: Sequence[RunnerSource],
        setup: Setup,
        programs: Programs,
        log: Log,
        on_ready: Callable[[], None],
        on_done: Callable[[asyncio.Task[Any]], None],
    ) -> None:
        self._sources = tuple(sources)
        self._setup = setup
        self._programs = programs
        self._log = log
        self._on_ready = on_ready
        self._on_done = on_done
        self._task: asyncio.Task[None] | None = None
        self._left = MOST_BYTES_OF_ALL
        self.ready = not self._sources
        """Whether a session may be opened."""
        self.missing: list[str] = []
        """Repositories that could not be fetched."""

    @property
    def fetched(self) -> bool:
        """Say whether there are any, that pi does not know yet."""
        return bool(self._sources) and self.ready

    def begin(self) -> None:
        """Fetch them, if that was not begun; git has its settings by now."""
        if self.ready or self._task is not None:
            return
        self._task = asyncio.create_task(self._fetch_all())
        self._task.add_done_callback(self._on_done)

    def cancel(self) -> None:
        """Fetch no more."""
        if self._task is not None:
            self._task.cancel()

    def build_notice(self) -> wire.Notice | None:
        """Return what the person should know."""
        if not self.missing:
            return None
        name = ", ".join(self.missing)[:200]
        return wire.Notice(text=f"{name} could not be fetched", code="source_not_fetched", name=name)

    async def _fetch_all(self) -> None:
        for one in self._sources:
            try:
                async with asyncio.timeout(FETCH_SECONDS):
                    there = await self._fetch(one)
            except (OSError, TimeoutError) as error:
                self._log.warning("source_not_fetched", repository=one.repository, problem=type(error).__name__)
                there = False
            if not there:
                await asyncio.to_thread(remove_tree, one.path)  # what there is of it takes room
                self.missing += [one.repository] if one.repository not in self.missing else []
        self.ready = True
        self._on_ready()

    async def _fetch(self, one: RunnerSource) -> bool:
        gateway = self._setup.config["gatewayUrl"].rstrip("/")
        url = f"{gateway}{PATH_GIT}/{one.connection}/{one.repository}.git"
        settings = {
            "GIT_CONFIG_SYSTEM": self._setup.git_settings, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
            "HOME": self._setup.state,
        }  # fmt: skip
        words = ["env", *(f"{name}={value}" for name, value in settings.items()), "sh", "-c", _SCRIPT, "sh"]
        room = [str(MOST_BYTES), "source-size"] if self._left >= MOST_BYTES else [str(self._left), "sources-size"]
        running = await self._programs.read_from([*words, one.path, url, one.commit, *room])
        try:
            said = b""
            while running.reader is not None and (piece := await running.reader.read(_MOST_SAID)):
                said = (said + piece)[-_MOST_SAID:]
            code = await running.wait()
        finally:
            _kill_group(running)
            await running.end()
        if code == 0:
            self._left -= int(_shorten(said))
            self._log.info("source_fetched", repository=one.repository)
            return True
        self._log.warning("source_not_fetched", repository=one.repository, code=code, said=_shorten(said))
        return False


def _kill_group(running: Running) -> None:
    """End what a shell started too, if it runs: it would go on to write."""
    if not running.ended.done():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)


def _shorten(said: bytes) -> str:
    """Return git's last words: the gateway's own, of a refusal; the log takes no more of them."""
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""
