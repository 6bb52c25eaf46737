"""The operator's part of a message's trace."""

from __future__ import annotations

import pytest

from agent_contract import names
from agent_kube.tracing.spans import OPERATOR, Parent, write_run_trace
from agent_kube.tracing.steps import Step, listening
from agent_operator import traces
from agent_operator.pods import Container, Pod
from agent_operator.records import Owner, PodRecord, ThreadRecord, read_thread_record
from tests.support.kubeclient import World, build_raw_thread
from tests.support.operator import NAME as OF_WORLD

PARENT = Parent(0xABC, 0x11)
NAME = "tg-42"


class Told:
    """Traces, and what they told."""

    def __init__(self):
        self.spans = []
        self.traces = traces.StartTraces(self.spans.append)

    def see(self, at, trace, *, phase="", name=NAME):
        record = ThreadRecord(name, "u", "1", False, False, phase, "default", b"", trace=trace)
        self.traces.take(Step("thread_seen", at, {"record": record}))

    def make(self, at, step="job_created", name=NAME):
        self.traces.take(Step(step, at, {"agent_thread": name, "job": "j"}))

    def pod(self, at, *, run=3, scheduled=True, running=False, subagent=None):
        pod = Pod("p", "u", "Pending", Container(running=running), run=run, scheduled=scheduled)
        self.traces.take(Step("pod_changed", at, {"record": PodRecord(pod, Owner(subagent, NAME))}))

    @property
    def told(self):
        return [(span.name, span.begin, span.end) for span in self.spans]


def trace_of(run=3):
    return write_run_trace(run, PARENT)


def test_a_start_is_told_from_what_is_seen_of_it():
    told = Told()
    told.see(100, trace_of())
    told.see(105, trace_of())
    told.make(120)
    told.make(125)
    told.pod(130, scheduled=False)
    told.pod(150)
    told.pod(160)
    told.pod(400, running=True)
    told.pod(500, running=True)
    assert told.told == [("create Job", 100, 120), ("schedule pod", 120, 150), ("start container", 150, 400)]
    assert {(span.trace, span.parent, span.service) for span in told.spans} == {(0xABC, 0x11, OPERATOR)}
    assert len({span.id for span in told.spans}) == 3


def test_a_claimed_pod_is_adopted():
    told = Told()
    told.see(100, trace_of())
    told.make(120, "job_adopted")
    told.pod(150)
    told.pod(160, running=True)
    assert told.told == [("adopt Job", 100, 120)]


def test_what_has_no_trace_or_a_malformed_one_is_told_of_nothing():
    told = Told()
    for text in ("", "3/x", "my words", trace_of()[:-1]):
        told.see(100, text)
        told.make(120)
        told.pod(150, running=True)
    assert told.spans == []


def test_pods_of_another_run_and_of_a_sub_agent_are_none_of_it():
    told = Told()
    told.see(100, trace_of())
    told.make(120)
    told.pod(130, run=2, running=True)
    told.pod(140, subagent="tg-42-r3-k1", running=True)
    assert [span.name for span in told.spans] == ["create Job"]


def test_the_next_run_has_its_own_trace_and_one_that_is_begun_is_not_begun_again():
    told = Told()
    told.see(100, trace_of(), phase="Running")  # an operator that takes over
    told.make(120)
    assert told.spans == []
    told.see(200, trace_of(4))
    told.make(220)
    assert told.told == [("create Job", 200, 220)]
    assert told.spans[0].attributes == {"openclaw.run": 4}


def test_what_is_followed_has_a_bound():
    told = Told()
    for number in range(traces.MOST_STARTS + 1):
        told.see(100, trace_of(), name=f"tg-{number}")
    told.make(120, name="tg-0")
    assert told.spans == []
    told.make(120, name="tg-1")
    assert len(told.spans) == 1


async def test_what_stands_on_a_thread_leads_from_its_event_to_its_job():
    told, world = Told(), World()
    world.add_class()
    with listening(told.traces.take):
        raw = build_raw_thread()
        raw["metadata"]["annotations"] = {
            names.ANNOTATION_TRACE: write_run_trace(raw["spec"]["run"], PARENT),
            "kubectl.kubernetes.io/last-applied-configuration": "x" * 10_000,
        }
        world.add(names.AGENT_THREADS, raw)
        await world.context.threads.reconcile(OF_WORLD)
    assert [span.name for span in told.spans] == ["create Job"]
    record = world.context.view.threads.get(OF_WORLD).value
    assert record.trace == raw["metadata"]["annotations"][names.ANNOTATION_TRACE]
    assert b"last-applied" not in record.packed


@pytest.mark.parametrize(
    ("said", "wanted", "kept"), [(3, 3, True), (3, 4, False), (3, 33, False), (33, 3, False), (3, None, False)]
)
def test_a_trace_counts_for_the_run_that_it_names_alone(said, wanted, kept):
    """That of a run before stands on where the newest run is none of the share that is told."""
    raw = build_raw_thread(run=wanted)
    raw["metadata"] |= {"annotations": {names.ANNOTATION_TRACE: trace_of(said)}, "resourceVersion": "1", "uid": "u"}
    assert read_thread_record(raw).trace == (trace_of(said) if kept else "")
