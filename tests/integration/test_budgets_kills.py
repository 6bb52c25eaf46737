"""Parents with three children each spend what they may, while their gateway's meter and Postgres are killed."""

from __future__ import annotations

import pytest

from tests.support.spenders import ONE_OUTPUT, spend_under_kills

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(900)]


async def test_nothing_is_lost_stuck_or_overspent(store, dsn):
    verdict = await spend_under_kills(store, dsn, runs=6, kills=3, seed=1)
    assert verdict.problems == []
    assert verdict.overspend <= ONE_OUTPUT
    assert verdict.kills == 3
    assert verdict.estimated > 0  # they struck calls under way
    assert verdict.calls > 100
