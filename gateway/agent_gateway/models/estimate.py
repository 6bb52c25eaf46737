"""How many tokens a text may have, where no provider counted them. Pure."""

from __future__ import annotations

from typing import Final

BYTES_PER_TOKEN: Final = 3
"""English has about four, JSON and code three."""


def estimate_tokens(size: int) -> int:
    """Return the tokens of so many bytes of text."""
    return -(-size // BYTES_PER_TOKEN)
