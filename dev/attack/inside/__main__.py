"""`attack.pyz RESULTS NAME…`: do these attacks one after the other, and write down each as it ends."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import json
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

from dev.attack.inside.base import ATTACKS, Facts, open_pod
from dev.attack.inside.doing import perform

FACTS = "facts.json"
"""Of the archive that this runs from."""
TURN = ".turn"
"""How the file ends, beside the results, that tells the number of the turn."""
HEARD_SECONDS = 1.5
"""In which whoever follows has read the last line."""
MODULES = (
    "secrets", "places", "network", "frames", "floods", "leases", "http_forms", "http_floods", "tokens", "model", "spending",
    "storage", "node", "exhaust", "files", "kept", "child", "loads", "trickles", "words", "services", "toolservers", "pulls", "looks",
    "waiting",
)  # fmt: skip

LOADS = (
    "load-cpu",
    "load-memory",
    "load-disk",
    "load-pids",
    "load-frames",
    "load-uploads",
    "load-model",
    "load-requests",
)
"""What `make bench-neighbours` has a pod do."""


def load() -> None:
    """Bring the attacks in."""
    for name in MODULES:
        importlib.import_module(f"dev.attack.inside.{name}")


async def run(results: Path, names: list[str]) -> None:
    """Do attacks by their names; a line of JSON each."""
    load()
    write(results, {"here": True})  # whoever follows has heard it before an attack may end this pod
    facts = read_facts(Path(sys.argv[0]))
    pod = open_pod(dataclasses.replace(facts, turn=await wait_for_turn(results.with_suffix(TURN))))
    for name in names:
        one, started = ATTACKS[name], time.time()
        write(results, {"name": name, "began": started})
        if one.alone:
            await asyncio.sleep(HEARD_SECONDS)  # it may end this pod
        outcome = await perform(one, pod)
        write(
            results,
            {"name": name, "began": started, "ended": time.time(), "result": outcome.result, "words": outcome.words},
        )
        print(f"{outcome.result} {name}")
    write(results, {"end": True})


async def wait_for_turn(path: Path) -> int:
    """Return the number of the turn that this runs in, as somebody outside tells it; 0 where nobody does."""
    for _ in range(200):
        if text := read_if_there(path):
            return int(text)
        await asyncio.sleep(0.1)
    return 0


def read_if_there(path: Path) -> str:
    """Return what a file holds; nothing where there is none."""
    return path.read_text().strip() if path.exists() else ""


def write(results: Path, line: dict[str, Any]) -> None:
    """Add a line, at once."""
    with results.open("a") as file:
        file.write(json.dumps(line) + "\n")


def read_facts(archive: Path) -> Facts:
    """Return what the archive's maker knew."""
    with zipfile.ZipFile(archive) as file:
        found = json.loads(file.read(FACTS))
    return Facts(**{**found, "needles": tuple(found["needles"])})


def main() -> None:
    """Do what the command line asks for."""
    if len(sys.argv) < 3:
        sys.exit(str(__doc__))
    asyncio.run(run(Path(sys.argv[1]), sys.argv[2:]))


if __name__ == "__main__":
    main()
