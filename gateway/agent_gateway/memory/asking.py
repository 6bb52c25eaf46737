"""How a question is read, and how the index is asked for it; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from agent_gateway.store.search import Narrowing, Probe, Term, Visible

MOST_CHARACTERS: Final = 300
"""Of a question; what stands behind is not searched for."""
_SHORTEST_STEM: Final = 4
_LONGEST_ENDING: Final = 4
"""Characters of a word that may be its ending."""
_STEM_WEIGHT: Final = 0.6
"""Of a message that holds another form of a word."""
_DENSE: Final = 0x0E00
"""From this character on scripts stand that set no spaces, of which words are pairs."""
_FILTER = re.compile(r"(since|until|by):(\S{1,32})", re.IGNORECASE)
_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 9999
_ROLES: Final = {"agent": "assistant", "people": "user"}


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody looks for.

    Attributes:
        words: The words.
        narrowing: By whom and when it was said.
        unknown: A filter that cannot be read.
    """

    words: str
    narrowing: Narrowing
    unknown: str | None = None


def read_question(text: str, zone: tzinfo) -> Question:
    """Read words with filters between them: `since:2026-11-01`, `until:2026-11-30` (that day included), `by:agent`, `by:people`."""
    words, narrowing, unknown = [], Narrowing(), None
    for part in text[: 4 * MOST_CHARACTERS].split():
        match = _FILTER.fullmatch(part)
        if match is None:
            words.append(part)
            continue
        narrowed = _narrow(narrowing, match[1].lower(), match[2].lower(), zone)
        if narrowed is None:
            unknown = unknown or part
        else:
            narrowing = narrowed
    return Question(" ".join(words)[:MOST_CHARACTERS], narrowing, unknown)


def read_day(text: str, zone: tzinfo) -> datetime | None:
    """Return when a day as 2026-11-01 begins in a zone; None for what is no day."""
    match = _DAY.fullmatch(text)
    try:
        day = date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None
    return (
        datetime(day.year, day.month, day.day, tzinfo=zone)
        if day is not None and _FIRST_YEAR <= day.year < _LAST_YEAR
        else None
    )


def narrow_days(narrowing: Narrowing, days: int, now: datetime) -> Narrowing:
    """Narrow to the last days; 0 leaves it as it is."""
    return replace(narrowing, since=now - timedelta(days=days)) if days else narrowing


def build_probes(terms: Sequence[Term], visible: Sequence[Visible]) -> list[Probe]:
    """Return how the index is asked: for each word as it is, and for other forms of it.

    Words that say nothing by themselves are left out where others are there. The conversations stand in each question, so
    that the index leads to nothing of another.
    """
    said = [term for term in terms if not term.stops] or list(terms)
    venue = "|".join(f"'#{one.thread_id}'" for one in visible)
    probes = []
    for number, term in enumerate(said):
        alone = len(term.word) == 1 and ord(term.word) >= _DENSE
        asked = f"{_quote(term.word)}:*" if alone else _quote(term.word)
        probes.append(Probe(number, f"({venue})&{asked}", 1.0))
        stem = find_stem(term)
        if stem:
            probes.append(Probe(number, f"({venue})&{_quote(stem)}:*", _STEM_WEIGHT))
    return probes


def find_stem(term: Term) -> str:
    """Return what the forms of a word have in common; empty where it is too short for that, or in pairs of signs."""
    word = term.word
    if len(word) < _SHORTEST_STEM or ord(word[0]) >= _DENSE or word.isdigit():
        return ""
    least = max(_SHORTEST_STEM, len(word) - _LONGEST_ENDING)
    common = (_find_common(word, stem.removesuffix("i")) for stem in term.stems)  # retries is retri, retry is not
    return min((found for found in common if len(found) >= least), key=len, default=word)


def _find_common(one: str, other: str) -> str:
    end = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:end]


def _narrow(narrowing: Narrowing, name: str, value: str, zone: tzinfo) -> Narrowing | None:
    if name == "by":
        return replace(narrowing, role=_ROLES[value]) if value in _ROLES else None
    day = read_day(value, zone)
    if day is None:
        return None
    if name == "since":
        return replace(narrowing, since=day)
    return replace(narrowing, until=day + timedelta(days=1))


def _quote(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
