"""Answers that say that there is nothing to say; pure."""

from __future__ import annotations

import re
from typing import Final

SILENT: Final = "NOTHING"
"""The word that an agent answers with where nobody needs to hear anything."""
_MOST: Final = 64
"""Characters of an answer that may be that word, with signs around it."""
_ONLY: Final = re.compile(rf"[\W_]*{SILENT}[\W_]*")


def says_nothing(text: str) -> bool:
    """Say whether an answer is that word alone, or empty."""
    return not text.strip() or (len(text) <= _MOST and _ONLY.fullmatch(text) is not None)
