"""Resident memory of the parts, read from this machine's /proc: pods of the built-in node are its processes."""

from __future__ import annotations

import re
from pathlib import Path

_PARTS = {
    "gateway": re.compile(r"python\S* -m agent_gateway$"),
    "operator": re.compile(r"python\S* -m agent_operator$"),
    "runner": re.compile(r"python\S* -m agent_runner$"),
    "pi": re.compile(r"^pi\b|dist/bundle/cli\.js"),
}


def read_memory(namespace_uids: set[str]) -> dict[str, tuple[float, float]]:
    """Return MiB (resident, proportional) of each part among the pods of these UIDs; the largest where there are several."""
    found: dict[str, tuple[float, float]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            groups = (entry / "cgroup").read_text()
            rollup = (entry / "smaps_rollup").read_text()
        except OSError:
            continue
        if not any(uid in groups for uid in namespace_uids):
            continue
        part = next((name for name, pattern in _PARTS.items() if pattern.search(command)), None)
        if part is not None:
            sizes = tuple(int(re.findall(rf"^{k}:\s+(\d+)", rollup, re.MULTILINE)[0]) / 1024 for k in ("Rss", "Pss"))
            found[part] = max(found.get(part, (0.0, 0.0)), (sizes[0], sizes[1]))
    return found
