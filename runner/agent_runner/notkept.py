"""What an agent is told of files that are not kept; pure."""

from __future__ import annotations

from agent_runner.keeping import Kept

_NAMED = 5


def describe_not_kept(kept: Kept, told: set[str], limit: int) -> str:
    """Say what is not kept from run to run, as far as that was not said.

    Args:
        kept: What a look at the workspace found.
        told: Names that were said; what is said now is added.
        limit: Bytes that all may have, packed.
    """
    parts = []
    if names := [name for name in _last_parts(kept.excluded) if name not in told]:
        told.update(names)
        parts.append(f"Not kept for the next run of this conversation, as tools make them anew: {_join(names)}.")
    if names := [name for name in kept.over if name not in told]:
        told.update(kept.over)
        parts.append(f"Not kept for the next run of this conversation, {_over(kept, names, limit)}")
    return " ".join(parts)


def describe_missing(kept: Kept, told: set[str], limit: int) -> str:
    """Say what is not there of the files that a run or sub-agent begins with, as there was no room for it."""
    told.update(kept.over)
    return f"Missing from the earlier files, {_over(kept, list(kept.over), limit)}" if kept.over else ""


def _over(kept: Kept, names: list[str], limit: int) -> str:
    more = kept.over_count - len(kept.over)
    also = f" and {more} more" if more > 0 else ""
    size = f"{limit / (1 << 20):g} MiB"
    return f"as all together are over {size} packed (workspace.snapshotLimit of the AgentClass): {_join(names)}{also}."


def _last_parts(paths: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(path.rpartition("/")[2] for path in paths))


def _join(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown
