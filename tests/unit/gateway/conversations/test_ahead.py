"""Who is told to the operator as next in line, and when."""

from __future__ import annotations

import asyncio
import contextlib

from agent_gateway.conversations.ahead import LineTeller, find_changes
from agent_gateway.conversations.slotqueue import SlotQueue
from agent_gateway.resources.reading import read_class
from agent_kube.errors import Away
from tests.support.eventually import eventually


def build_class(name="default", ahead=1, in_line=None):
    spec, status = {"warmPool": {"ahead": ahead}}, {} if in_line is None else {"inLine": in_line}
    return read_class({"metadata": {"name": name}, "spec": spec, "status": status})


class Line:
    """The slots, as far as they are asked."""

    def __init__(self):
        self.queue = SlotQueue()

    @property
    def line_changed(self):
        return self.queue.changed

    def find_next(self, most):
        return self.queue.find_classes(most, 0.0)


class PlayedClasses:
    """Keeps what is written."""

    def __init__(self, *classes):
        self.found = {one.name: one for one in classes}
        self.written = []
        self.faults = []

    def all(self):
        return list(self.found.values())

    async def tell_line(self, name, in_line):
        if self.faults:
            raise self.faults.pop()
        self.written.append((name, in_line))
        self.found[name] = build_class(name, self.found[name].ahead, in_line)


def found(classes, line):
    return [(one.name, in_line) for one, in_line in find_changes(classes, line)]


def test_a_class_is_told_as_many_as_it_starts_pods_for():
    line = ["default", "large", "default", "default"]
    assert found([build_class(ahead=2), build_class("large")], line) == [("default", 2), ("large", 1)]
    assert found([build_class(ahead=0), build_class("other")], line) == []


def test_what_stands_is_not_written_again():
    assert found([build_class(in_line=1)], ["default"]) == []
    assert found([build_class(in_line=1)], []) == [("default", 0)]
    assert found([build_class(ahead=0, in_line=1)], ["default"]) == [("default", 0)]


def test_the_line_knows_the_classes_of_those_who_are_next():
    queue = SlotQueue()
    assert queue.find_classes(10, 0.0) == []
    for thread, class_name in ((3, "c"), (1, "a"), (2, "b")):
        queue.join(thread, thread, thread, 0.0, class_name=class_name)
    assert queue.find_classes(2, 0.0) == ["a", "b"]


def test_whoever_is_given_another_class_while_they_wait_is_told_as_of_that():
    queue = SlotQueue()
    queue.join(1, 1, 1, 0.0)
    queue.changed.clear()
    queue.join(1, 1, 1, 0.0, class_name="large")
    assert queue.find_classes(10, 0.0) == ["large"]
    assert queue.changed.is_set()


def test_whoever_left_with_a_pod_counts_until_the_operator_knows_whose_it_is():
    """It would delete a pod that nobody seems to want."""
    queue = SlotQueue()
    for thread, class_name in ((1, "a"), (2, "b"), (3, "b")):
        queue.join(thread, thread, thread, 0.0, class_name=class_name)
    queue.changed.clear()
    queue.leave_with_pod(1)
    assert not queue.changed.is_set()  # what the classes are told is the same
    assert (queue.find_classes(1, 0.0), queue.order(0.0), len(queue)) == (["a", "b"], [2, 3], 2)
    queue.leave(1)  # each look at a thread that does not wait lets it leave
    assert queue.find_classes(2, 0.0) == ["a", "b", "b"]
    queue.settle(1)
    assert queue.changed.is_set()
    assert queue.find_classes(2, 0.0) == ["b", "b"]


def test_whoever_had_a_pod_at_once_was_never_in_line():
    queue = SlotQueue()
    queue.leave_with_pod(1)
    queue.settle(1)
    assert queue.find_classes(10, 0.0) == []
    assert not queue.changed.is_set()


def test_that_somebody_comes_or_goes_is_told_once():
    queue = SlotQueue()
    queue.leave(1)
    assert not queue.changed.is_set()
    for change in (lambda: queue.join(1, 1, 1, 0.0), lambda: queue.leave(1)):
        change()
        assert queue.changed.is_set()
        queue.changed.clear()
        queue.leave(1) if not len(queue) else queue.join(1, 1, 1, 0.0)
        assert not queue.changed.is_set()


async def test_it_follows_the_line_and_goes_on_after_a_refusal():
    line, classes = Line(), PlayedClasses(build_class())
    classes.faults = [Away("The API server does not answer.", None, "Away")]
    task = asyncio.create_task(LineTeller(line, classes, lambda: None, settle=0).run())
    try:
        line.queue.join(1, 1, 1, 0.0)
        await eventually(lambda: not classes.faults)
        line.queue.join(2, 2, 2, 0.0, class_name="other")  # nobody's pod waits for that, but the line moved
        await eventually(lambda: classes.written == [("default", 1)])
        line.queue.leave(1)
        await eventually(lambda: classes.written == [("default", 1), ("default", 0)])
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
