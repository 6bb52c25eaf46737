"""Jobs of pools by whose they are, whatever comes, changes and goes."""

from __future__ import annotations

import random
from dataclasses import replace

from agent_contract import names
from agent_operator.poolindex import PoolIndex
from agent_operator.records import JobRecord, Owner
from tests.support.operator import NOW, make_job

UID, OTHER = "class-uid", "uid-of-another"


def record(number=1, owner=UID, agent_class="default", uid=UID, **job):
    name = names.build_pool_job_name(agent_class, uid, number)
    made = make_job(run=0, name=name, uid=f"job-{number}", owner_uid=owner, pool=agent_class, **job)
    return JobRecord(made, NOW, Owner(None, None, agent_class), labelled=True)


def fill(*records):
    index = PoolIndex()
    for one in records:
        index.note(one.job.name, None, one)
    return index


def test_what_waits_and_what_is_at_work():
    index = fill(record(1), record(2), record(3, owner="thread"), record(4, owner="thread-2", agent_class="large"))
    assert index.find_waiting("default", UID) == [record(1).job.name, record(2).job.name]
    assert (index.count_claimed("default", UID), index.count_claimed("large", UID)) == (1, 1)
    assert index.find_waiting("large", UID) == []
    assert index.has_any("large")
    assert not index.has_any("other")


def test_a_claim_an_end_and_the_last_that_goes():
    waiting, claimed = record(7), record(7, owner="thread")
    ended, name = replace(claimed, job=replace(claimed.job, complete=True)), waiting.job.name
    index = fill(waiting)
    index.note(name, waiting, claimed)
    assert (index.find_waiting("default", UID), index.count_claimed("default", UID)) == ([], 1)
    index.note(name, claimed, ended)
    assert (index.count_claimed("default", UID), index.has_any("default")) == (0, True)
    assert index.find_largest("default", UID) == 7
    index.note(name, ended, None)
    assert (index.has_any("default"), index.find_largest("default", UID)) == (False, 0)


def test_the_largest_number_is_of_the_class_of_this_uid_and_outlives_its_job():
    index = fill(record(3), record(9, owner="thread"), record(40, uid=OTHER, owner=OTHER))
    assert (index.find_largest("default", UID), index.find_largest("default", OTHER)) == (9, 40)
    gone = record(9, owner="thread")
    index.note(gone.job.name, gone, None)
    assert index.find_largest("default", UID) == 9


def test_jobs_that_no_pool_made_are_none_of_its():
    plain = JobRecord(make_job(), NOW, Owner(None, "tg-42"), labelled=True)
    index = fill(plain)
    index.note(plain.job.name, plain, None)
    assert not index.has_any("")
    assert index.count_claimed("", "") == 0


def test_what_is_counted_is_what_stands_after_any_changes():
    chance, index, stands = random.Random(5), PoolIndex(), {}
    for _ in range(2000):
        number = chance.randrange(12)
        name, old = record(number).job.name, stands.get(record(number).job.name)
        new = None
        if chance.random() < 0.8:
            owner = chance.choice([UID, "thread-1", "thread-2"])
            new = record(number, owner=owner, complete=chance.random() < 0.3, deleting=chance.random() < 0.3)
        index.note(name, old, new)
        stands = {key: one for key, one in {**stands, name: new}.items() if one is not None}
        waiting = {key for key, one in stands.items() if one.job.owner_uid == UID}
        at_work = [
            one for key, one in stands.items() if key not in waiting and not (one.job.terminal or one.job.deleting)
        ]
        assert set(index.find_waiting("default", UID)) == waiting
        assert index.count_claimed("default", UID) == len(at_work)
        assert index.has_any("default") is bool(stands)
