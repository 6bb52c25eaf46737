"""Named queries from the `.sql` files beside this module."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def load_queries(folder: Path) -> dict[str, str]:
    """Read every `-- name: …` query of a folder.

    Raises:
        ValueError: two bear one name.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.sql")):
        _, *parts = _NAME.split(path.read_text())
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            if name in found:
                raise ValueError(f"two queries are named {name}")
            found[name] = text.strip().rstrip(";")
    return found


QUERIES: Final = load_queries(Path(__file__).parent / "queries")

_ARGUMENT = re.compile(r"\$(\d)(?!\d)")


def fill(name: str, *values: int | Sequence[int]) -> str:
    """Return a query with whole numbers in the places of its arguments.

    So it can go to the server in one text with what begins or ends a transaction, and waits for no answer of its own.
    """
    texts = [str(int(v)) if isinstance(v, int) else f"'{{{','.join(str(int(n)) for n in v)}}}'" for v in values]
    return _ARGUMENT.sub(lambda found: texts[int(found[1]) - 1], QUERIES[name])


_WRITES = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM|FOR SHARE|pg_advisory_xact_lock)\b")
WRITING: Final = frozenset(name for name, text in QUERIES.items() if _WRITES.search(text))
"""Queries that change or hold rows: they belong into a transaction."""
