from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from agent_kube.tracing.export import open_exporter, telling
from agent_kube.tracing.settings import load_tracing
from agent_kube.tracing.spans import OPERATOR, RUNNER, Span
from agent_kube.tracing.steps import is_heard, listening, note_step
from tests.support.eventually import eventually
from tests.support.otlp import collecting

TRACE, ROOT = 0xABC, 0x11
ROOT_SPAN = Span("root", TRACE, ROOT, 0, 1000, 5000, attributes={"openclaw.turn": 7})
CHILD = Span("child", TRACE, 0x12, ROOT, 2000, 3000, RUNNER, client=True, failed="503", attributes={"a": True})


async def test_spans_arrive_as_they_were_told(tmp_path):
    headers, counted = tmp_path / "headers", Counter()
    headers.write_text("authorization: Bearer key\n")
    async with collecting() as collector:
        settings = load_tracing(endpoint=collector.url, headers_file=headers, instance="gateway-1")
        exporter = open_exporter(settings, lambda result, spans: counted.update({result: spans}))
        exporter.put(ROOT_SPAN)
        exporter.put(CHILD)
        exporter.put(Span("odd", TRACE, 0x13, ROOT, 9000, 8000, OPERATOR))
        await asyncio.to_thread(exporter.close)
        seen = collector.of(f"{TRACE:032x}")
        assert collector.headers[0]["authorization"] == "Bearer key"
    root, child, odd = seen["root"], seen["child"], seen["odd"]
    assert (root.service, root.parent, root.begin, root.end) == ("openclaw-gateway", "", 1000, 5000)
    assert root.attributes == {"openclaw.turn": 7}
    assert (child.service, child.parent, child.kind, child.status) == ("openclaw-runner", f"{ROOT:016x}", 3, 2)
    assert child.attributes == {"a": True, "error.type": "503"}
    assert (odd.service, odd.begin, odd.end) == ("openclaw-operator", 9000, 9000)
    assert counted == {"exported": 3}


async def test_a_collector_that_refuses_is_counted_and_holds_nobody():
    counted = Counter()
    async with collecting() as collector:
        collector.status = 400
        exporter = open_exporter(load_tracing(endpoint=collector.url), lambda r, n: counted.update({r: n}))
        begun = time.thread_time()
        for number in range(10_000):  # more than wait at once
            exporter.put(Span("s", TRACE, number + 1, 0, 1, 2))
        assert time.thread_time() - begun < 2
        await asyncio.to_thread(exporter.close)
        await eventually(lambda: counted["failed"] + counted["full"] == 10_000)
    assert counted["failed"] >= 512
    assert counted["exported"] == 0


def test_without_a_collector_nobody_listens():
    with telling(load_tracing(), lambda *_: None, lambda _: pytest.fail("made")) as traces:
        assert traces is None
        assert not is_heard()


async def test_a_trace_that_fails_is_counted_and_ends_nothing(caplog):
    counted = Counter()

    class Broken:
        def __init__(self, put):
            self.put = put

        def take(self, step):
            self.put(Span(step.ids["missing"], 1, 1, 0, 1, 2))

    async with collecting() as collector:
        settings = load_tracing(endpoint=collector.url)
        with telling(settings, lambda result, spans: counted.update({result: spans}), Broken):
            note_step("any")
    assert counted == {"broken": 1}
    assert "trace_failed" in caplog.text
    assert not is_heard()


def test_steps_reach_who_listens_and_nobody_else():
    heard = []
    with listening(heard.append):
        note_step("one", turn=1)
    note_step("two", turn=1)
    assert [(step.name, step.ids) for step in heard] == [("one", {"turn": 1})]
