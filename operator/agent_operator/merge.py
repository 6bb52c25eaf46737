"""JSON merge patches (RFC 7396); pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def compute_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Compute the merge patch that makes `new` of `old`: what others wrote beside both stays as it is.

    Args:
        old: As it stands.
        new: As it shall be; holds no None.

    Returns:
        The patch, empty where both are equal.
    """
    changes: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            inner = compute_changes(before, value)
            if inner:
                changes[key] = inner
        elif value != before:
            changes[key] = value
    return changes
