"""`top`: conversations by what they cost, from the resources alone; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from kubectl_openclaw.show import build_table, clean_line, read_time, show_age

HEAD: Final = ("NAME", "TITLE", "CLASS", "PHASE", "RUN", "COST", "TOKENS", "AGE")
SORTS: Final = ("cost", "tokens", "age", "name")
_RIGHT: Final = (4, 5, 6, 7)
_LONGEST_TITLE: Final = 32


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation."""

    namespace: str
    name: str
    title: str
    class_name: str
    phase: str
    run: int | None
    money: Decimal
    tokens: int
    estimated: bool
    created: datetime


def read_row(thread: Mapping[str, Any]) -> Row:
    """Return what an AgentThread tells."""
    meta, spec, status = (thread.get(key) or {} for key in ("metadata", "spec", "status"))
    spending, run = status.get("spending") or {}, (status.get("run") or {}).get("number") or spec.get("run")
    return Row(
        str(meta.get("namespace", "")),
        str(meta.get("name", "")),
        clean_line(spec.get("title"), _LONGEST_TITLE),
        clean_line((spec.get("classRef") or {}).get("name") or "default", 63),
        clean_line(status.get("phase") or "Idle", 20),
        run if isinstance(run, int) else None,
        _read_money(spending.get("money")),
        spending["tokens"] if isinstance(spending.get("tokens"), int) else 0,
        spending.get("estimated") is True,
        read_time(meta.get("creationTimestamp")) or datetime.fromtimestamp(0, UTC),
    )


def sort_rows(rows: Iterable[Row], by: str) -> list[Row]:
    """Return rows in an order: the dearest, largest or oldest first."""
    named = sorted(rows, key=lambda row: (row.namespace, row.name))
    match by:
        case "cost":
            return sorted(named, key=lambda row: (-row.money, -row.tokens))
        case "tokens":
            return sorted(named, key=lambda row: -row.tokens)
        case "age":
            return sorted(named, key=lambda row: row.created)
        case _:
            return named


def build_top(rows: Sequence[Row], most: int, now: datetime, *, namespaces: bool = False) -> list[str]:
    """Return the lines of a table: the first `most` rows, and the sum of all of them.

    Args:
        rows: In their order.
        most: How many are shown.
        now: When.
        namespaces: Each with its namespace before it.
    """
    shown = [_build_cells(row, now) for row in rows[:most]]
    money, tokens = sum((row.money for row in rows), Decimal(0)), sum(row.tokens for row in rows)
    guessed = any(row.estimated for row in rows)
    total = (f"{len(rows)} in all", "", "", "", "", _show_money(money, estimated=guessed), f"{tokens:,}", "")
    if not namespaces:
        return build_table(HEAD, [*shown, total], _RIGHT)
    led = [(row.namespace, *cells) for row, cells in zip(rows, shown, strict=False)]
    return build_table(("NAMESPACE", *HEAD), [*led, ("", *total)], tuple(n + 1 for n in _RIGHT))


def _build_cells(row: Row, now: datetime) -> tuple[str, ...]:
    run = str(row.run) if row.run is not None else ""
    cost = _show_money(row.money, estimated=row.estimated)
    return row.name, row.title, row.class_name, row.phase, run, cost, f"{row.tokens:,}", show_age(row.created, now)


def _show_money(money: Decimal, *, estimated: bool) -> str:
    return f"{'~' if estimated else ''}${money:,.2f}"


def _read_money(text: Any) -> Decimal:
    try:
        found = Decimal(str(text or "0")[:24])
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() and found >= 0 else Decimal(0)
