"""Each commit, external call and frame of a message's path is struck in turn; see `tests/support/crash_run.py`.

Here some points, others each day, are struck in one of the three modes; `make crash-points` strikes each in all of them.
CRASH_SEED chooses.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from tests.support.crash_run import describe, play_all

pytestmark = pytest.mark.postgres
MOST_POINTS = 64
"""Two minutes' worth; others each day."""
LEAST_POINTS = 40


@pytest.mark.timeout(3600)
async def test_whatever_is_struck_each_question_is_answered_once_and_nothing_is_left_open(postgres, capsys):
    seed = int(os.environ.get("CRASH_SEED", datetime.now(UTC).toordinal()))
    results = await play_all(postgres, seed=seed, most=MOST_POINTS)
    with capsys.disabled():
        print(f"\nseed {seed}\n{describe(results)}")  # noqa: T201
    struck = [r for r in results if r.case.point is not None]
    assert [f"{r.case}: {'; '.join(r.problems)}" for r in results if r.problems] == []
    assert len(struck) >= LEAST_POINTS
    assert sum(r.reached for r in struck) >= 0.9 * len(struck)  # else the points were not what they are named
