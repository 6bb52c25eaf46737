"""Noncharacters that travel through the Markdown parser in place of what it would take for something else. Pure.

They are letters to the parser, one UTF-16 unit each, and no text that goes to Telegram may hold one.
"""

from __future__ import annotations

import re
from typing import Final

LESS: Final = "\ufdd0"
"""A `<` that begins a tag: the parser sees no HTML at all."""
BRACKET: Final = "\ufdd1"
"""A `[` that begins a footnote, or the definition of a link that nothing uses."""
UNDERSCORE: Final = "\ufdd2"
"""An underscore of a name like `__init__`."""
STAR: Final = "\ufdd3"
"""A star that multiplies."""
JOINER: Final = "\ufdd4"
"""Nothing to be seen: it lets emphasis begin or end beside a sign of punctuation."""
FORMULA: Final = "\ufdd5"
"""Around the number of a formula that was taken out."""
BREAK: Final = "\ufdd6"
"""`<br>`."""
DETAILS: Final = "\ufdd7"
"""`<details>`, as a paragraph of its own."""
DETAILS_END: Final = "\ufdd8"
"""`</details>`, as a paragraph of its own."""
SUMMARY: Final = "\ufdd9"
"""Before and behind a summary, as a paragraph of its own."""
PIPE: Final = "\ufdda"
"""A pipe in code in a row of a table, which ends no cell."""

UNSENDABLE: Final = re.compile("[\x00\ud800-\udfff\ufdd0-\ufddf]")
"""What no message can hold: NUL, lone surrogates, and the marks of this module."""
FORMULA_MARK: Final = re.compile(f"{FORMULA}([0-9]+){FORMULA}")

_SHOWN: Final = str.maketrans({
    LESS: "<", BRACKET: "[", UNDERSCORE: "_", STAR: "*", JOINER: None, FORMULA: None, PIPE: "|", BREAK: "\n", DETAILS: "<details>",
    DETAILS_END: "</details>", SUMMARY: None,
})  # fmt: skip


def restore(text: str) -> str:
    """Return what the marks in a text stand for; formulas are put back by `Formulas.restore`."""
    return text.translate(_SHOWN)
