"""Which packs go on being used, and which are packed anew; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agent_runner.keeper.packs import Pack

SMALL_RAW: Final = 1 << 20
MOST_SMALL: Final = 32
"""Packs that are small: then they become one."""
MOST_REWRITTEN: Final = 64 << 20
"""Bytes that are packed anew at once, as that costs the time of a turn."""
_LEAST_USED: Final = 0.5
_LEAST_USED_NEAR: Final = 0.9
_NEAR: Final = 0.8


def choose_rewritten(packs: Mapping[str, Pack], used: Mapping[str, int], limit: int) -> set[str]:
    """Return the packs whose contents are to be packed anew.

    Args:
        packs: All that are stored.
        used: Of each the bytes of its contents that the files still have.
        limit: The most bytes that packs of a state may have: near it less is wasted.
    """
    live = {name: pack for name, pack in packs.items() if used.get(name)}
    near = sum(pack.bytes for pack in live.values()) > _NEAR * limit
    least = _LEAST_USED_NEAR if near else _LEAST_USED
    chosen = [name for name, pack in live.items() if used[name] < least * pack.raw]
    small = [name for name, pack in live.items() if pack.raw < SMALL_RAW]
    if len(small) > MOST_SMALL:
        chosen = list(dict.fromkeys([*small, *chosen]))
    left, rewritten = MOST_REWRITTEN, set[str]()
    for name in chosen:
        if used[name] <= left:
            left -= used[name]
            rewritten.add(name)
    return rewritten
