"""A short run of chaos: what people see of it, and what is left."""

from __future__ import annotations

import os

import pytest

from dev.chaos.__main__ import FOLDER
from dev.chaos.plan import Size, build_plan
from dev.chaos.report import describe, judge
from dev.chaos.scenario import installed, remove, run_plan
from dev.cluster import provider

SEED = 37
"""Its plan strikes every part, Postgres and the watch included."""
SIZE = Size(minutes=1.5, messages=40, kills=8, private=4, groups=1, topics=3)


@pytest.mark.timeout(1800, func_only=True)
def test_nothing_is_lost_misplaced_or_stuck_while_parts_are_killed():
    if os.environ.get("E2E_REQUIRED") != "1" and not provider().kubeconfig.exists():
        pytest.skip("no cluster: `make cluster` brings one up, and `make test` does it by itself")
    with installed("openclaw-chaos-test", "oc") as (release, clouds):
        snapshot = run_plan(release, clouds, build_plan(SEED, SIZE), settle=600)
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "test.json").write_text(snapshot.model_dump_json(indent=1))
        remove(release)
    judgement = judge(snapshot)
    assert judgement.failures == (), describe(snapshot, judgement)
