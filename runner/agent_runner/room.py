"""How full the volume of workspace, home and /tmp is, and what follows from it; pure.

An emptyDir refuses no write: the kubelet measures it each minute, and ends the pod of one that is too large within a
second. So the runner measures it itself, tells the agent in time, and stops what runs where the class's size is reached:
the tool fails, and not the pod. The kubelet's own limit lies above.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

TELL_AT: Final = 0.8
"""Part of the size at which the agent is told."""
CALM_AT: Final = 0.7
"""Part below which it is told again, should it grow again."""
LEAST_FILE: Final = 64 * 2**20
"""Bytes that a command may always write into one file, so that one can clear up with the usual programs."""
_STEPS: Final = 64
_WAYS: Final = "`du -xh --max-depth=2 /workspace ~ /tmp | sort -h | tail` shows what is large."


@dataclass(frozen=True, slots=True)
class Room:
    """What is known of the volume.

    Attributes:
        size: Bytes that it may hold: `workspace.size` of the class.
        refuses: It refuses writes itself, as one with a file system of its own does.
        told: The agent knows that little is left.
        stopped_at: Bytes that it held when what ran was last stopped; 0 where it was not since it had room.
    """

    size: int
    refuses: bool = False
    told: bool = False
    stopped_at: int = 0

    @property
    def step(self) -> int:
        """Return the bytes that make a difference."""
        return self.size // _STEPS


@dataclass(frozen=True, slots=True)
class Finding:
    """What follows from a measurement."""

    note: str = ""
    """For the agent, with the next result of a tool; empty where there is nothing to tell."""
    stop: bool = False
    """All that runs is to be stopped."""


def judge(room: Room, used: int) -> tuple[Room, Finding]:
    """Return what is known after a measurement, and what follows.

    What runs is stopped once where the size is reached, so that the agent can clear up, and again where it grows on.

    Args:
        room: What was known.
        used: Bytes that the volume holds.
    """
    if used >= room.size - (room.step if room.refuses else 0):
        if used < room.stopped_at + (room.step if room.stopped_at else 0):
            return room, Finding()
        after = replace(room, told=True, stopped_at=used)
        return after, Finding(_describe_full(room, used), stop=not room.refuses)
    room = replace(room, stopped_at=0)
    if used >= room.size * TELL_AT and not room.told:
        return replace(room, told=True), Finding(f"{_describe(room, used)} Delete what is not needed. {_WAYS}")
    if used < room.size * CALM_AT:
        room = replace(room, told=False)
    return room, Finding()


def compute_file_limit(room: Room, used: int) -> int:
    """Return how large one file may become, in KiB as `ulimit -f` takes it: what is left of the volume."""
    return max(room.size - used, min(LEAST_FILE, room.size)) // 1024


def _describe(room: Room, used: int) -> str:
    return (
        f"The volume of the workspace, the home folder and /tmp holds {_write(used)} of its {_write(room.size)} "
        "(workspace.size of the AgentClass)."
    )


def _describe_full(room: Room, used: int) -> str:
    what = "Further writes fail" if room.refuses else "What ran was stopped"
    return f"{_describe(room, used)} It is full. {what}: delete something before you go on. {_WAYS}"


def _write(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
