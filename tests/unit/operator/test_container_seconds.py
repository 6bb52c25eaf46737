"""What counts for how long a container took to run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from agent_operator.records import JobRecord, Owner
from agent_operator.threadkind import compute_container_seconds
from tests.support.operator import NOW, make_job

OWN = JobRecord(make_job(), NOW, Owner("t", None), labelled=True)


def test_a_run_of_its_own_job_counts_from_the_making_of_that():
    assert compute_container_seconds(OWN, NOW + timedelta(seconds=3)) == 3
    assert compute_container_seconds(OWN, NOW - timedelta(seconds=1)) == 0
    assert compute_container_seconds(OWN, None) is None
    assert compute_container_seconds(None, NOW) is None


def test_a_pod_that_waited_in_a_pool_for_an_hour_took_no_hour_to_run():
    waited = replace(OWN, job=replace(OWN.job, pool="default"))
    assert compute_container_seconds(waited, NOW + timedelta(hours=1)) is None
