"""What the chaos checker finds left in Postgres and in the cluster, and what it prints."""

from __future__ import annotations

import pytest

from dev.chaos.__main__ import check
from dev.chaos.messages import Kind
from dev.chaos.record import build_cluster
from dev.chaos.remains import Remains, find_remains
from dev.chaos.report import describe, judge
from dev.chaos.snapshot import (
    ChildRow,
    ClusterSeen,
    FaultSeen,
    JobSeen,
    OutboxRow,
    PodSeen,
    ResourceSeen,
    Rows,
    RunRow,
    Said,
    Snapshot,
    TurnRow,
)
from dev.progress import UserError

THREAD = {"kind": "conversation", "thread": "tg-1"}
RUN = RunRow(**THREAD, number=2, state="live")
JOB = JobSeen(name="tg-1-r2-x", uid="j2", owner_uid="t1", run=2, active=True, **THREAD)
POD = PodSeen(name="tg-1-r2-x-abc", job_uid="j2", run=2, alive=True, **THREAD)
RESOURCE = ResourceSeen(name="tg-1", uid="t1", kind="conversation", run=2, active=True)


def snapshot(rows=None, cluster=None, **more):
    rows = Rows(open_runs=(RUN,)) if rows is None else rows
    cluster = ClusterSeen(jobs=(JOB,), pods=(POD,), resources=(RESOURCE,)) if cluster is None else cluster
    return Snapshot(seed=5, minutes=1, rows=rows, cluster=cluster, **more)


def changed(part, **fields):
    return part.model_copy(update=fields)


def test_an_idle_run_with_its_pod_is_nothing_left():
    assert find_remains(snapshot()) == Remains()
    assert find_remains(snapshot()).at_rest
    assert judge(snapshot()).failures == ()


def test_an_open_run_without_a_living_pod_is_a_leaked_slot():
    gone = find_remains(snapshot(cluster=ClusterSeen(resources=(RESOURCE,))))
    assert gone.leaked_slots == ("run 2 (live) of conversation tg-1",)
    dead = find_remains(snapshot(cluster=ClusterSeen(jobs=(JOB,), pods=(changed(POD, alive=False),))))
    assert dead.leaked_slots == gone.leaked_slots
    other = find_remains(snapshot(cluster=ClusterSeen(pods=(changed(POD, run=1),))))
    assert other.leaked_slots == gone.leaked_slots


def test_what_runs_for_a_run_that_is_over_is_an_orphan():
    left = find_remains(snapshot(rows=Rows()))
    assert left.orphans == ("job tg-1-r2-x", "pod tg-1-r2-x-abc", "conversation tg-1 run 2")
    assert judge(snapshot(rows=Rows())).failures == ("3 orphans",)


def test_a_job_without_its_resource_and_a_pod_without_its_job_are_orphans():
    assert find_remains(snapshot(cluster=ClusterSeen(jobs=(JOB,), pods=(POD,)))).orphans == ("job tg-1-r2-x",)
    no_job = ClusterSeen(pods=(POD,), resources=(RESOURCE,))
    assert find_remains(snapshot(cluster=no_job)).orphans == ("pod tg-1-r2-x-abc",)


def test_a_subagent_that_runs_for_nobody_is_an_orphan():
    child = ResourceSeen(name="tg-1-r2-k1", uid="s1", kind="subagent", active=True)
    cluster = ClusterSeen(jobs=(JOB,), pods=(POD,), resources=(RESOURCE, child))
    assert find_remains(snapshot(cluster=cluster)).orphans == ("subagent tg-1-r2-k1 run 1",)
    row = ChildRow(name="tg-1-r2-k1", state="created")
    left = find_remains(snapshot(rows=Rows(open_runs=(RUN,), children=(row,)), cluster=cluster))
    assert (left.orphans, left.stuck_rows) == ((), ("sub-agent tg-1-r2-k1 (created)",))


@pytest.mark.parametrize("state", ["queued", "delivered", "started"])
def test_an_open_turn_is_stuck(state):
    rows = Rows(open_runs=(RUN,), turns=(TurnRow(id=9, state=state, **THREAD), TurnRow(id=8, state="done", **THREAD)))
    assert find_remains(snapshot(rows=rows)).stuck_turns == (f"turn 9 ({state}) of tg-1",)
    assert judge(snapshot(rows=rows)).failures == ("1 stuck",)


def test_rows_that_nobody_takes_on_are_stuck_and_those_set_aside_are_undeliverable():
    unsent = [
        OutboxRow(id=n, chat=1, kind="final", state=s) for n, s in enumerate(("pending", "sending", "dead", "held"))
    ]
    rows = Rows(open_runs=(RUN,), inbox_new=(4,), inbox_dead=(5,), outbox=tuple(unsent))
    left = find_remains(snapshot(rows=rows))
    assert left.stuck_rows == ("inbox 4", "outbox 0 (final, pending)", "outbox 1 (final, sending)")
    assert left.undeliverable == ("inbox 5", "outbox 2 (final, dead)", "outbox 3 (final, held)")


def test_too_little_of_it_is_no_proof():
    kill = FaultSeen(at=1, name="kill pi", kill=True, done=True)
    missed = changed(kill, done=False)
    judgement = judge(snapshot(wanted_messages=1, wanted_kills=2, faults=(kill, missed)))
    assert judgement.failures == ("only 0 of 1 questions were asked", "only 1 of 2 kills happened")


def test_the_table_names_seed_kills_and_ids():
    lost = Said(key=3, kind=Kind.ECHO, word="aaaaaaaa", chat=1, topic=7, message_id=12, answer="Echo: aaaaaaaa")
    kill = FaultSeen(at=1, name="kill pi", kill=True, done=True)
    looked = snapshot(said=(lost,), faults=(kill, kill))
    lines = describe(looked, judge(looked)).splitlines()
    assert "chaos: seed 5, 1 min" in lines
    assert any(line.split() == ["kill", "pi", "2"] for line in lines)
    assert "    question 3 (echo), message 12 of 1/7" in lines
    assert lines[-1] == "  NOT sound: 1 lost"


def test_a_snapshot_is_looked_at_again_from_its_file(tmp_path, capsys):
    file = tmp_path / "seed-5.json"
    file.write_text(snapshot().model_dump_json())
    assert check(file) == 0
    file.write_text(snapshot(rows=Rows()).model_dump_json())
    assert check(file) == 1
    assert "orphans" in capsys.readouterr().out
    file.write_text("{}")
    with pytest.raises(UserError, match="cannot be read as a snapshot"):
        check(file)


def item(kind, name, labels=None, status=None, owner="t1"):
    metadata = {"name": name, "uid": f"uid-{name}", "labels": labels or {}}
    metadata["ownerReferences"] = [{"uid": owner, "controller": True}]
    return {"kind": kind, "metadata": metadata, "status": status or {}}


def test_the_cluster_is_read_from_the_objects_of_the_api():
    labels = {"app.kubernetes.io/component": "agent", "openclaw.dev/thread": "tg-1", "openclaw.dev/run": "2"}
    child = {**labels, "openclaw.dev/subagent": "tg-1-r2-k1", "openclaw.dev/run": "1"}
    seen = build_cluster([
        item("Job", "a", labels), item("Job", "b", child, {"conditions": [{"type": "Failed", "status": "True"}]}),
        item("Pod", "p", labels, {"phase": "Running"}, owner="uid-a"), item("Pod", "q", child, {"phase": "Succeeded"}),
        item("Pod", "oc-gateway", {"app.kubernetes.io/component": "gateway"}, {"phase": "Running"}),
        item("AgentThread", "tg-1", status={"phase": "Running", "run": {"number": 2}}), item("AgentThread", "tg-2"),
        item("SubAgent", "tg-1-r2-k1", status={"phase": "Succeeded"}),
    ])  # fmt: skip
    assert [(j.name, j.kind, j.thread, j.run, j.active, j.owner_uid) for j in seen.jobs] == [
        ("a", "conversation", "tg-1", 2, True, "t1"), ("b", "subagent", "tg-1-r2-k1", 1, False, "t1"),
    ]  # fmt: skip
    assert [(p.name, p.alive, p.job_uid) for p in seen.pods] == [("p", True, "uid-a"), ("q", False, "t1")]
    assert [(r.name, r.kind, r.run, r.active) for r in seen.resources] == [
        ("tg-1", "conversation", 2, True), ("tg-2", "conversation", 0, False), ("tg-1-r2-k1", "subagent", 1, False),
    ]  # fmt: skip
