"""The processes beside which git is measured: `python -m dev.bench.gitparts server FOLDER` and `… gateway FOLDER DSN URL`.

Each prints one line of JSON when it serves, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from agent_contract import wire
from agent_gateway.resources.fakes import FakeResources
from agent_gateway.resources.reading import read_class
from agent_gateway.store import Store
from agent_gateway.store.leadership import take_over
from agent_runner.gitsettings import build_settings
from tests.conftest import BOT_ID
from tests.support.git_server import KEY, GitServer, serving
from tests.support.runners import make_token, running_port


def main(part: str, folder: Path, *more: str) -> None:
    """Serve until nobody is there."""
    asyncio.run(serve_git(folder) if part == "server" else serve_gateway(folder, *more))


async def serve_git(folder: Path) -> None:
    """Serve the repositories of a folder."""
    server: Any = GitServer(folder)
    async with serving(server.handle) as url:
        await _tell_and_wait({"url": url, "pid": os.getpid()})


async def serve_gateway(folder: Path, dsn: str, forge: str) -> None:
    """Serve the runners' port as the gateway does, with one pod's run, and write the settings of that pod's git."""
    (folder / "key").write_text(KEY)
    (folder / "token").write_text(make_token("token-1"))  # type: ignore[no-untyped-call]
    file = folder / "connections.json"
    file.write_text(json.dumps([{"name": "lab", "url": forge, "tokenFile": str(folder / "key")}]))
    resources: Any = FakeResources()
    resources.found_class = read_class({"spec": {"repositories": [{"connection": "lab", "pattern": "acme/*"}]}})
    store = await Store.open(dsn, BOT_ID)
    await take_over(store, "tg")
    serving_port: Any = running_port
    async with serving_port(store, connections=file, resources=resources) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        welcome = await (await port.join()).get(wire.Welcome)
        (folder / "gitconfig").write_text(build_settings(port.url, str(folder / "token"), welcome.git))
        await _tell_and_wait({"url": port.url, "pid": os.getpid()})
    await store.close()


async def _tell_and_wait(told: dict[str, object]) -> None:
    print(json.dumps(told), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
