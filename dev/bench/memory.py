"""Resident memory of the parts, read from this machine's /proc: pods of the built-in node are its processes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PARTS = {
    "gateway": re.compile(r"python\S* (-\w+ )*-m agent_gateway$"),
    "operator": re.compile(r"python\S* (-\w+ )*-m agent_operator$"),
    "runner": re.compile(r"python\S* (-\w+ )*-m agent_runner$"),
    "pi": re.compile(r"^pi\b|dist/bundle/cli\.js"),
}
Sizes = tuple[float, float]
"""MiB: resident, and proportional, in which what several processes share is divided among them."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Pods that wait for conversations.

    Attributes:
        parts: The sizes of what runs in one; the largest.
        pods: Proportional MiB of all that runs in each.
    """

    parts: dict[str, Sizes] = field(default_factory=dict)
    pods: list[float] = field(default_factory=list)


def read_memory(pod_uids: Collection[str]) -> dict[str, Sizes]:
    """Return the sizes of each part among the pods of these UIDs; the largest where there are several."""
    found: dict[str, Sizes] = {}
    for _, part, sizes in _read_processes(pod_uids):
        if part is not None:
            found[part] = max(found.get(part, (0.0, 0.0)), sizes)
    return found


def read_pods(pod_uids: Collection[str]) -> list[float]:
    """Return the proportional MiB of all that runs in each of these pods."""
    found = dict.fromkeys(pod_uids, 0.0)
    for uid, _, (_, proportional) in _read_processes(pod_uids):
        found[uid] += proportional
    return sorted(found.values())


def _read_processes(pod_uids: Collection[str]) -> Iterator[tuple[str, str | None, Sizes]]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            groups = (entry / "cgroup").read_text()
            rollup = (entry / "smaps_rollup").read_text()
        except OSError:
            continue
        uid = next((one for one in pod_uids if one in groups), None)
        if uid is None:
            continue
        resident, proportional = (
            int(re.findall(rf"^{key}:\s+(\d+)", rollup, re.MULTILINE)[0]) / 1024 for key in ("Rss", "Pss")
        )
        part = next((name for name, pattern in _PARTS.items() if pattern.search(command)), None)
        yield uid, part, (resident, proportional)
