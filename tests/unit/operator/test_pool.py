"""What a warm pool needs next."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent_operator.pool import AT_ONCE, Asked, Member, ObservedPool, decide_pool, share_room
from tests.support.operator import MINUTE, NOW, make_ended_pod, make_job, make_pod, make_running_pod

NEW, OLD = "a" * 16, "b" * 16


def member(number=1, age=MINUTE, pool_hash=NEW, pod="running", **job):
    made = NOW - age
    name = f"default-w{number}-01234567"
    job = make_job(run=0, name=name, uid=f"job-{number}", owner_uid="class-uid", pool="default", pool_hash=pool_hash,
                   created_at=made, **job)  # fmt: skip
    pods = {
        "running": make_running_pod(started_at=made), "starting": make_pod(), "none": None,
        "failed": make_ended_pod(70, finished_at=made),
    }  # fmt: skip
    return Member(number, job, pods[pod])


def decide(*members, replicas=2, room=100, digest=NEW, cold=None, claimed=0, made=0, **asked):
    last = max((made, *(one.number for one in members)))
    asked = Asked(replicas, room, 3600, digest, cold, **asked)
    return decide_pool(asked, ObservedPool(tuple(members), claimed, last), NOW)


def dropped(plan):
    return [(job.name.split("-")[1], why) for job, why in plan.drop]


def test_an_empty_pool_is_filled():
    plan = decide()
    assert plan.make == (1, 2)
    assert (plan.status.replicas, plan.status.starting, plan.status.ready, plan.status.made) == (2, 2, 0, 2)
    assert (plan.status.hash, plan.status.reason) == (NEW, "Starting")


def test_a_full_one_rests():
    plan = decide(member(1), member(2))
    assert (plan.make, plan.drop, plan.requeue_after) == ((), (), None)
    assert (plan.status.ready, plan.status.reason) == (2, None)


def test_what_was_claimed_is_replaced_and_its_number_is_not_used_again():
    plan = decide(member(2), claimed=1, made=7)
    assert plan.make == (8,)
    assert (plan.status.claimed, plan.status.made) == (1, 8)


def test_behind_a_claim_none_is_made_and_what_is_too_much_goes():
    plan = decide_pool(Asked(2, 100, 3600, NEW), ObservedPool((member(2),), 1, 7, rests=True), NOW)
    assert (plan.make, plan.status.starting, plan.status.made) == ((), 0, 7)
    assert plan.status.reason == "Starting"
    plan = decide_pool(
        Asked(1, 100, 3600, NEW), ObservedPool((member(2, age=2 * MINUTE), member(3)), 1, 7, rests=True), NOW
    )
    assert dropped(plan) == [("w3", "surplus")]


def test_few_start_at_once():
    assert len(decide(replicas=50).make) == AT_ONCE
    starting = [member(n, pod="starting") for n in range(1, AT_ONCE)]
    assert len(decide(*starting, replicas=50).make) == 1
    assert decide(*starting, member(9, pod="none"), replicas=50).make == ()


def test_a_class_that_asks_for_none_says_nothing():
    plan = decide(replicas=0)
    assert (plan.status, plan.make) == (None, ())


def test_a_class_that_asks_for_none_any_more_tells_how_many_were_made():
    """Whoever opens the pool again, another operator too, begins behind them: no name of a Job comes twice."""
    told = decide(replicas=0, made=7).status
    assert (told.made, told.hash, told.is_closed) == (7, None, True)
    assert decide(made=told.made).make == (8, 9)
    assert not decide(member(8), made=7).status.is_closed


def test_a_pool_that_is_closed_goes_at_once():
    plan = decide(member(1), member(2, pod="starting"), member(3, pool_hash=OLD), replicas=0)
    assert sorted(dropped(plan)) == [("w1", "closed"), ("w2", "closed"), ("w3", "changed")]
    assert plan.make == ()
    assert plan.status.hash is None


def test_one_that_is_too_much_goes_and_those_that_wait_already_stay():
    plan = decide(member(1), member(2), member(3, pod="starting"))
    assert dropped(plan) == [("w3", "surplus")]
    plan = decide(member(1, age=2 * MINUTE), member(2), member(3, age=3 * MINUTE))
    assert dropped(plan) == [("w2", "surplus")]  # the youngest: the oldest is the next to be claimed


def test_a_pool_makes_room_for_pods_that_people_wait_for():
    plan = decide(member(1), member(2), squeezed=True)
    assert sorted(dropped(plan)) == [("w1", "closed"), ("w2", "closed")]
    assert (plan.status.replicas, plan.status.reason, plan.status.hash) == (0, "NoRoom", NEW)
    assert decide(squeezed=True).make == ()


def test_whoever_is_next_in_line_finds_a_pod_though_all_slots_are_taken():
    plan = decide(replicas=0, room=0, ahead=1, standing=True, made=4)
    assert (plan.make, plan.status.replicas, plan.status.hash) == ((5,), 1, NEW)
    assert plan.status.reason == "Starting"
    assert decide(member(5), replicas=0, room=0, ahead=1, standing=True).status.reason is None
    plan = decide(member(5), member(6), replicas=0, room=0, standing=True)  # nobody waits in line any more
    assert sorted(dropped(plan)) == [("w5", "closed"), ("w6", "closed")]
    assert plan.status.hash == NEW  # the next one in line may have it at once


def test_the_pod_of_who_was_next_a_moment_ago_stays_as_it_may_be_claimed_and_none_is_made():
    plan = decide(member(5), replicas=0, room=0, standing=True, stays=1)
    assert (plan.drop, plan.make, plan.status.replicas) == ((), (), 0)
    assert decide(replicas=0, room=0, standing=True, stays=1).make == ()
    assert dropped(decide(member(5), replicas=0, standing=True, stays=1, squeezed=True)) == [("w5", "closed")]


def test_those_who_are_next_share_the_pool_with_everybody():
    assert decide(replicas=2, room=1, ahead=1).make == (1,)
    assert decide(replicas=2, room=9, ahead=3).make == (1, 2, 3)
    assert decide(ahead=3, squeezed=True).make == ()
    assert decide(digest="", cold=("OwnVolume", "Each has its own."), ahead=3).make == ()


def test_out_of_hours_a_pool_is_empty_and_says_why():
    closed = ("OutOfHours", "It is night.")
    plan = decide(member(1), replicas=0, standing=True, closed=closed)
    assert dropped(plan) == [("w1", "closed")]
    assert (plan.status.replicas, plan.status.reason, plan.status.message) == (0, *closed)
    assert decide(replicas=0, standing=True, closed=closed, ahead=1, room=0).make == (1,)
    cold = decide(replicas=0, digest="", cold=("OwnVolume", "Each has its own."), standing=True, closed=closed)
    assert cold.status.reason == "OwnVolume"  # it will be cold at any time


def test_times_that_count_for_nothing_are_told_though_the_pool_is_full():
    closed = ("BadZone", "No such zone.")
    assert decide(member(1), member(2), closed=closed).status.reason == "BadZone"
    assert decide(member(1), closed=closed).status.reason == "Starting"


def test_another_hash_is_drained_one_by_one():
    old = [member(n, pool_hash=OLD, age=n * MINUTE) for n in (1, 2, 3)]
    first = decide(*old, replicas=3)
    assert dropped(first) == [("w3", "changed")]  # the oldest
    assert first.make == ()
    assert (first.status.hash, first.status.ready, first.status.draining) == (NEW, 0, 2)
    second = decide(*old[:2], replicas=3, made=3)
    assert (second.make, second.drop) == ((4,), ())
    third = decide(*old[:2], member(4, pod="starting"), replicas=3)
    assert (third.make, third.drop) == ((), ())
    fourth = decide(*old[:2], member(4), replicas=3)
    assert dropped(fourth) == [("w2", "changed")]


def test_a_hash_whose_pods_do_not_start_drains_no_other():
    old = [member(1, pool_hash=OLD), member(2, pool_hash=OLD)]
    plan = decide(*old, member(3, pod="failed", age=timedelta(seconds=5)), replicas=3)
    assert (plan.make, plan.drop) == ((), ())
    assert plan.requeue_after == 5


def test_one_that_waited_too_long_is_replaced():
    plan = decide(member(1, age=timedelta(hours=1)), member(2))
    assert dropped(plan) == [("w1", "age")]
    assert decide(member(1, age=timedelta(seconds=3599)), member(2)).drop == ()


def test_no_more_wait_than_there_is_room_for():
    plan = decide(member(1), member(2), room=1)
    assert len(plan.drop) == 1
    assert (plan.status.replicas, plan.status.reason) == (1, "NoRoom")
    assert "maxThreads" in plan.status.message
    assert decide(room=0).make == ()


def test_a_class_that_only_starts_cold_says_why():
    plan = decide(digest="", cold=("OwnVolume", "Each has its own."))
    assert (plan.make, plan.status.hash) == ((), None)
    assert (plan.status.reason, plan.status.message) == ("OwnVolume", "Each has its own.")


@pytest.mark.parametrize(("failures", "pause"), [(1, 10), (2, 20), (4, 80), (6, 300), (40, 300)])
def test_pods_that_end_by_themselves_are_made_again_ever_later(failures, pause):
    ended = [member(n, pod="failed", age=timedelta(seconds=pause - 1)) for n in range(1, failures + 1)]
    plan = decide(*ended)
    assert plan.make == ()
    assert plan.requeue_after == 1
    assert plan.status.reason == "AgentFailed"
    later = [member(n, pod="failed", age=timedelta(seconds=pause)) for n in range(1, failures + 1)]
    assert decide(*later).make == (failures + 1,)  # one, to see whether it works now


def test_after_a_failure_one_is_tried_at_a_time():
    failed = [member(1, pod="failed"), member(2, pod="failed")]
    assert decide(*failed, member(3, pod="starting"), replicas=5).make == ()
    assert len(decide(*failed, member(3), replicas=5).make) == AT_ONCE


def test_why_one_does_not_start_is_told():
    stuck = Member(
        1, member(1).job, make_pod(waiting_reason="ImagePullBackOff", waiting_message="no such image", image="a:1")
    )
    plan = decide(stuck, replicas=1)
    assert plan.status.reason == "ImagePullBackOff"
    assert "a:1" in plan.status.message


def test_what_stands_beyond_what_is_asked_for_never_grows():
    """From any state of two hashes, what waits never goes over the target by what is made."""
    kinds = ["running", "starting", "none", "failed"]
    for code in range(3**4 * 4):
        members, rest = [], code
        for number in (1, 2, 3, 4):
            rest, kind = divmod(rest, 3)
            members.append(member(number, pod=kinds[(kind + code) % 4], pool_hash=NEW if number % 2 else OLD))
        for replicas in range(5):
            plan = decide(*members, replicas=replicas)
            live = sum(not one.ended for one in members)
            assert live + len(plan.make) <= max(live, replicas)
            assert live - len(plan.drop) >= min(live, replicas) - 1
            assert not (plan.make and plan.drop)


@pytest.mark.parametrize(
    ("asked", "room", "given"),
    [
        ({"a": 3, "b": 3}, 10, {"a": 3, "b": 3}),
        ({"a": 3, "b": 3}, 3, {"a": 2, "b": 1}),
        ({"a": 9, "b": 1}, 4, {"a": 3, "b": 1}),
        ({"a": 2}, 0, {"a": 0}),
        ({}, 5, {}),
    ],
)
def test_room_is_shared_by_turns(asked, room, given):
    assert share_room(asked, room) == given
