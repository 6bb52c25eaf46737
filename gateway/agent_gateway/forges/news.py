"""What is new at a pull request. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from agent_gateway.forges.marks import read_mark
from agent_gateway.forges.values import Checks, Remark, Seen
from agent_gateway.store.pulls import News, PullRow

_CLOCKS_APART: Final = timedelta(seconds=60)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look made of it.

    Attributes:
        row: As it is now.
        news: What may be new; what is known already has the same key.
    """

    row: PullRow
    news: tuple[News, ...]


def compute_news(row: PullRow, seen: Seen) -> Look:
    """Compare what is known of a pull request with what was seen of it."""
    news: list[News] = []
    pull = seen.pull
    now = replace(row, etags=seen.etags)
    if pull is not None:
        now = replace(now, title=pull.title or row.title, state=pull.state, sha=pull.sha or row.sha)
        if pull.state != row.state:
            news.append(News(f"state:{pull.state}:{row.news_at.timestamp():.0f}", "state", verdict=pull.state))
    checks = seen.checks
    if checks is not None:
        now = replace(now, passed=checks.passed, failed=checks.failed, pending=checks.pending)
        news += _read_checks(now.sha, checks)
    elif now.sha != row.sha:
        now = replace(now, passed=0, failed=0, pending=0)
    remarks = sorted(seen.remarks, key=lambda one: one.at or _LAST)
    verdicts = [remark.verdict for remark in remarks if remark.verdict]
    if verdicts:
        now = replace(now, review=verdicts[-1])
    news += [_build(remark) for remark in remarks if _is_since(row, remark)]
    return Look(now, tuple(news))


def find_own(remarks: Sequence[Remark]) -> dict[str, str]:
    """Return the remarks that bear a call's mark: the keys of the calls by those of the remarks."""
    marked = ((remark.key, read_mark(remark.text)) for remark in remarks)
    return {key: f"call:{call}" for key, call in marked if call is not None}


def _read_checks(sha: str, checks: Checks) -> list[News]:
    if checks.pending or not (checks.passed or checks.failed):
        return []
    verdict = "failed" if checks.failed else "passed"
    return [News(f"checks:{sha}:{verdict}", "checks", verdict=verdict, text=", ".join(checks.failing))]


def _is_since(row: PullRow, remark: Remark) -> bool:
    """Say whether a remark was made since the pull request is this conversation's."""
    return remark.at is None or remark.at > row.wanted_at - _CLOCKS_APART


def _build(remark: Remark) -> News:
    return News(remark.key, remark.kind, remark.author, remark.verdict, remark.place, remark.text.strip())
