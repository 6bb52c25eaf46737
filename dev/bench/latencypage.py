"""Put what `make bench-latency` measured into the page that tells it: `python -m dev.bench.latencypage [JSON]`.

The page holds the table between two marks; what stands around it is a person's, and is to be read again with a new table.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from dev.bench.stats import between, summarise
from dev.paths import ROOT
from dev.progress import UserError, main_guard

RESULT: Final = ROOT / "build" / "bench-latency.json"
PAGE: Final = ROOT / "docs" / "explanation" / "latency.md"
BEGIN, END = "<!-- measured: `make latency-page` writes what stands here -->", "<!-- end of what was measured -->"
_PARTS: Final = ("gateway", "operator", "runner", "pi")
_ASKED: Final = "model_request"
_START: Final = {
    "update → Job": "job_created", "Job → the runner's process": "runner_started", "process → hello": "hello",
    "hello → ready": "ready", "ready → model's request": _ASKED,
}  # fmt: skip
"""A cold start in five pieces, each by the step at its end."""
_THOUSANDS: Final = 10_000
_WIDTH: Final = 150
"""Characters of a line of text in the documentation."""


def main() -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="dev.bench.latencypage", description="Put a run's figures into the page.")
    parser.add_argument("file", nargs="?", type=Path, default=RESULT, help="as the benchmark wrote it")
    file = parser.parse_args().file
    if not file.exists():
        raise UserError(f"{file} is not there: `make bench-latency` writes it.")
    PAGE.write_text(put(PAGE.read_text(), build_block(json.loads(file.read_text()))))
    print(f"wrote {PAGE}: read what stands around the table, too")
    return 0


def put(page: str, block: str) -> str:
    """Return a page with a block in place of what stands between its marks.

    Raises:
        UserError: it has not both marks, once each and in their order.
    """
    before, begins, rest = page.partition(BEGIN)
    _, ends, behind = rest.partition(END)
    if not begins or not ends or BEGIN in rest or END in behind:
        raise UserError(f"The page needs two lines, once each: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{block}\n\n{END}{behind}"


def build_block(found: Mapping[str, Any]) -> str:
    """Return what the page holds of a run, as Markdown.

    Args:
        found: As `latencyreport.build_json` returns it.
    """
    parts = ["\n".join(_wrap(_build_words(found))), "\n".join(build_table(found["rows"], found["missing"]))]
    sizes = [part for part in (_build_memory(found), _build_images(found)) if part]
    parts += ["\n".join(_wrap(" ".join(sizes)))] if sizes else []
    if start := _build_start(found["samples"].get("cold", [])):
        parts.append("\n".join(_wrap(start)))
    return "\n\n".join(parts)


def build_table(rows: Sequence[Mapping[str, Any]], missing: Mapping[str, str]) -> list[str]:
    """Return the table's lines; what was not measured, or not to its end, has one that says why."""
    lines = ["| | n | p50 | p90 | worst | beside | goal |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        figures = [_tell(row["found"][key]) for key in ("p50", "p90", "worst")]
        lines.append(_build_line(row["name"], str(row["found"]["n"]), *figures, row["words"], row["goal"]))
    for name, why in missing.items():
        lines.append(_build_line(name, "", "", "", "", f"not measured to its end: {_escape(why)}", ""))
    return lines


def _build_line(*cells: str) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _tell(milliseconds: float) -> str:
    return f"{milliseconds:,.0f}" if milliseconds >= _THOUSANDS else f"{milliseconds:.0f}"


def _escape(words: str) -> str:
    return words.replace("|", "\\|").replace("<", "&lt;")


def _build_words(found: Mapping[str, Any]) -> str:
    before, after = found["load"]
    cores = {1: "one core", 2: "two cores", 4: "four cores"}.get(found["cores"], f"{found['cores']} cores")
    return (
        f"On {cores} with the cluster, the database and both simulators on the same machine, milliseconds, measured on {found['day']}. "
        f"Load average {before:.1f} before, {after:.1f} at the end."
    )


def _build_memory(found: Mapping[str, Any]) -> str:
    told = _join_sizes(found["memory_mib"])
    pods = found["waiting_mib"]["pods"]
    words = [f"Memory (MiB resident / proportional): {told}."] if told else []
    if pods:
        parts = _join_sizes(found["waiting_mib"]["parts"])
        words.append(f"{len(pods)} pods that wait take {sum(pods):.0f} MiB in all (proportional); in one: {parts}.")
    return " ".join(words)


def _join_sizes(sizes: Mapping[str, Sequence[float]]) -> str:
    return ", ".join(f"{part} {sizes[part][0]:.0f} / {sizes[part][1]:.0f}" for part in _PARTS if part in sizes)


def _build_images(found: Mapping[str, Any]) -> str:
    sizes = found["images_mb"]
    return f"Images (MB, packed): runner {sizes['runner']}, gateway {sizes['gateway']}." if sizes else ""


def _build_start(marks: Sequence[Mapping[str, float]]) -> str:
    """Say how a cold start's time is divided: each piece's median, which need not add up to that of the whole."""
    whole, pieces, begin = between(marks, "received", _ASKED), [], "received"
    for words, end in _START.items():
        if samples := between(marks, begin, end):
            pieces.append(f"{words} {summarise(samples).p50:.0f}")
        begin = end
    return f"A new conversation's {summarise(whole).p50:.0f} ms: {', '.join(pieces)}." if whole else ""


def _wrap(words: str) -> Iterator[str]:
    line = ""
    for word in words.split():
        if line and len(line) + 1 + len(word) > _WIDTH:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


if __name__ == "__main__":
    sys.exit(main_guard(main))
