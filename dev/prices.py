"""Writes the table of models' prices from the kept library genai-prices, whose data come with it.

The library (MIT) is no part of the product: it takes most of a second and 30 MB to import, and brings an HTTP client. It is
run aside, in the version that stands here, and what is used of it is a table of whole numbers with the day it was made.
Of prices that hold from a day on, or at an hour of the day, the highest is taken: a budget may end early, never late.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

LIBRARY: Final = "genai-prices==0.2.3"
TABLE: Final = Path("gateway/agent_gateway/models/prices.json")
PROVIDERS: Final = {
    "anthropic": "anthropic", "baseten": "baseten", "cerebras": "cerebras", "deepseek": "deepseek",
    "fireworks": "fireworks", "google": "google", "groq": "groq", "meta": "meta", "minimax": "minimax",
    "mistral": "mistral", "moonshotai": "moonshotai", "openai": "openai", "openrouter": "openrouter",
    "together": "together", "x-ai": "xai", "zai": "zai",
}  # fmt: skip
"""Of the library's providers those that the proxy can speak to, with the names that pi gives them."""
_KINDS: Final = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")


def main() -> int:
    """Write the table: run by uv with the library (`make prices`)."""
    if "--inside" not in sys.argv:
        uv = str(Path(sys.executable).with_name("uv"))
        command = [uv, "run", "--no-project", "--with", LIBRARY, "python", __file__, "--inside"]
        return subprocess.run(command, check=False).returncode
    data = importlib.import_module("genai_prices.data_snapshot")  # only there
    providers = {p.id: p for p in data.get_snapshot().providers}
    table = {
        "source": LIBRARY.replace("==", " "),
        "date": datetime.now(UTC).date().isoformat(),
        "providers": {ours: _read(providers[theirs]) for theirs, ours in sorted(PROVIDERS.items())},
    }
    TABLE.write_text(_dump(table), encoding="utf-8")
    return 0


def _read(provider: Any) -> dict[str, list[Any]]:
    """Return a provider's models: `=name`, `^beginning` or `*part`, each with its prices."""
    found: dict[str, list[Any]] = {}
    for model in provider.models:
        prices = _prices(model.prices)
        if prices is not None:
            for pattern in _patterns(model.match):
                found.setdefault(pattern, prices)
    return found


def _patterns(match: Any) -> list[str]:
    name = type(match).__name__
    if name == "ClauseOr":
        return [pattern for part in match.or_ for pattern in _patterns(part)]
    signs = {
        "ClauseEquals": ("=", "equals"),
        "ClauseStartsWith": ("^", "starts_with"),
        "ClauseContains": ("*", "contains"),
    }
    if name not in signs:
        return []  # what ends so, or fits an expression: dated names, which are looked for without their date
    sign, field = signs[name]
    return [f"{sign}{getattr(match, field).lower()}"]


def _prices(prices: Any) -> list[list[int]] | None:
    """Return rows of [from so many input tokens, input, output, read from cache, written to cache], per million tokens."""
    choices = [c.prices for c in prices] if isinstance(prices, list) else [prices]
    usable = [c for c in choices if c.input_mtok is not None and c.output_mtok is not None]
    if not usable:
        return None
    starts = sorted(
        {0, *(tier.start for c in usable for kind in _KINDS for tier in getattr(getattr(c, kind), "tiers", ()))}
    )
    return [[start, *(max(_at(c, kind, start) for c in usable) for kind in _KINDS)] for start in starts]


def _at(prices: Any, kind: str, start: int) -> int:
    price = getattr(prices, kind)
    if price is None:
        price = prices.input_mtok if kind.startswith("cache") else Decimal(0)
    if not isinstance(price, Decimal):
        reached = [tier.price for tier in price.tiers if tier.start <= start]
        price = reached[-1] if reached else price.base
    return int((Decimal(price) * 1_000_000).to_integral_value(rounding="ROUND_CEILING"))


def _dump(table: dict[str, Any]) -> str:
    lines = [f'{{"source": {json.dumps(table["source"])}, "date": {json.dumps(table["date"])}, "providers": {{']
    parts = []
    for name, models in table["providers"].items():
        rows = ",\n".join(f"  {json.dumps(pattern)}: {json.dumps(prices)}" for pattern, prices in models.items())
        parts.append(f'"{name}": {{\n{rows}\n}}')
    return "\n".join([*lines, ",\n".join(parts), "}}", ""])


if __name__ == "__main__":
    raise SystemExit(main())
