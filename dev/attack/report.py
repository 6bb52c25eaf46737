"""What is said of the attacks: a line each, what the threat model names as open, and whether all is as it says."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from dev.attack.inside.base import Result
from dev.attack.strike import Struck
from dev.paths import ROOT

THREAT_MODEL: Final = ROOT / "docs" / "explanation" / "security.md"
_OPEN_HEADING: Final = "## What stays open"
_ROW: Final = re.compile(r"^\| ((?:`[a-z0-9-]+`(?:, )?)+)")
_NAME: Final = re.compile(r"`([a-z]+-[a-z0-9-]+)`")
_SIGNS: Final = {Result.HELD: "held", Result.OPEN: "OPEN", Result.UNTRIED: "not tried"}


def read_open(page: str) -> frozenset[str]:
    """Return the attacks that the threat model names as open: the first column of the table under that heading."""
    _, _, behind = page.partition(_OPEN_HEADING)
    section = behind.partition("\n## ")[0]
    rows = (_ROW.match(line) for line in section.splitlines())
    return frozenset(name for row in rows if row for name in _NAME.findall(row[1]))


def read_named(page: str) -> frozenset[str]:
    """Return every attack that the threat model names anywhere."""
    return frozenset(_NAME.findall(page))


def describe(struck: Struck, tried: str) -> str:
    """Return the line of one attack."""
    return f"{_SIGNS[struck.outcome.result]:9} {struck.name:24} {tried[:70]:70} | {struck.outcome.words}"


def find_failures(done: Sequence[Struck], named: Collection[str]) -> Mapping[str, str]:
    """Return why it is not as the threat model says: name → words. What could not be tried is a failure too."""
    failures = {}
    for one in done:
        if one.outcome.result is Result.UNTRIED:
            failures[one.name] = f"not tried: {one.outcome.words}"
        elif one.outcome.result is Result.OPEN and one.name not in named:
            failures[one.name] = one.outcome.words
    return failures


def summarize(done: Sequence[Struck], failures: Mapping[str, str], seconds: float) -> str:
    """Return the last lines."""
    counts = {result: sum(one.outcome.result is result for one in done) for result in Result}
    opened = sorted(one.name for one in done if one.outcome.result is Result.OPEN and one.name not in failures)
    lines = [
        f"{len(done)} attacks in {seconds:.0f} s: "
        + ", ".join(f"{n} {_SIGNS[r].lower()}" for r, n in counts.items())
        + "."
    ]
    lines += [f"Open, and named in the threat model: {', '.join(opened)}."] if opened else []
    lines += [f"  {name}: {words}" for name, words in failures.items()]
    return "\n".join(lines)


def write(path: Path, done: Sequence[Struck]) -> None:
    """Keep it as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"name": s.name, "result": s.outcome.result, "words": s.outcome.words, "began": s.began, "ended": s.ended}
        for s in done
    ]
    path.write_text(json.dumps(rows, indent=1))
