"""Which images a class may name; pure."""

from __future__ import annotations

from collections.abc import Iterable

_REST = "*"


def is_allowed(image: str, default: str, patterns: Iterable[str]) -> bool:
    """Say whether an image may be an agent's; the chart's admission policy goes by the same rule.

    Args:
        image: As the class names it.
        default: The operator's own, which always may.
        patterns: Whole names, or beginnings followed by `*`; none: every image may.
    """
    known = tuple(patterns)
    return not known or image == default or any(_matches(image, pattern) for pattern in known)


def _matches(image: str, pattern: str) -> bool:
    if pattern.endswith(_REST):
        return image.startswith(pattern.removesuffix(_REST))
    return image == pattern
