"""Traces of messages, from a gateway that is a process to a collector, over its death too."""

from __future__ import annotations

import itertools

import pytest

from agent_contract import names, wire
from agent_gateway.tracing.genai import CONVERSATION
from agent_kube.tracing.spans import RUNNER, read_run_trace
from tests.support.crash_world import running_world
from tests.support.crash_zygote import Zygote
from tests.support.eventually import eventually
from tests.support.otlp import collecting

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(900)]
ROOT = "invoke_agent pi"
WAY = (
    "store update", "dispatch update", "begin run", "write AgentThread", "start pod", "wait for agent", "deliver turn",
    "show first text",
    "finish turn", "send answer",
)  # fmt: skip


@pytest.fixture
async def zygote():
    found = Zygote()
    await found.start()
    yield found
    await found.close()


def roots(collector):
    return [span for span in collector.spans if span.name == ROOT]


def answers(world):
    messages = world.cloud.chats[world.chat].messages.values() if world.chat in world.cloud.chats else ()
    return [m["text"] for m in messages if m["from"]["is_bot"] and "This is the answer" in (m.get("text") or "")]


async def test_a_message_is_one_trace_without_a_word_of_anybody(postgres, zygote):
    async with (
        collecting() as collector,
        running_world(zygote, postgres, TRACING_ENDPOINT=collector.url, TRACING_INSTANCE="gateway-0") as world,
    ):
        await world.say("q1 [tool] what is my SECRETWORD")
        await eventually(lambda: roots(collector), timeout=180)
        (root,) = roots(collector)
        await eventually(lambda: {*WAY, "execute_tool bash"} <= set(collector.of(root.trace)))
        seen = collector.of(root.trace)
        written = world.api.objects[names.AGENT_THREADS, world.thread]["metadata"]["annotations"]
    assert root.attributes[CONVERSATION] == world.thread
    assert root.attributes["openclaw.start"] == "cold"
    _, parent = read_run_trace(written[names.ANNOTATION_TRACE])
    assert f"{parent.trace:032x}" == root.trace
    assert f"{parent.span:016x}" == seen["start pod"].id
    assert {span.trace for span in collector.spans} == {root.trace}
    for span in seen.values():
        assert root.begin <= span.begin <= span.end
    way = itertools.pairwise(WAY[:7])
    gaps = [(before, after) for before, after in way if seen[after].begin > seen[before].end]
    assert gaps == [], "what is done one after the other leaves no time untold"
    for word in (b"SECRETWORD", b"Thinking of", b"This is the answer"):
        assert word not in collector.raw


async def test_a_gateway_that_takes_over_goes_on_with_the_trace_of_the_one_that_was_killed(postgres, zygote):
    async with (
        collecting() as collector, running_world(zygote, postgres, TRACING_ENDPOINT=collector.url) as world,
    ):  # fmt: skip
        await world.say("q1 [hang]")
        await eventually(lambda: any(span.name == "deliver turn" for span in collector.spans), timeout=180)
        (runner,) = world.operator.live()
        for turn, begun in ((runner.turn + 1, 1.0), (runner.turn, 2.0)):  # of another turn it can say nothing
            marks = {"given": begun, "prompted": begun + 0.5, "its own words": 1.0}
            await runner.say(wire.TurnTimes(turn=turn, sent=9.0, marks=marks))
        await eventually(lambda: any(span.name == "take prompt" for span in collector.spans), timeout=180)
        world.kill()
        await eventually(lambda: world.starts == 2, timeout=180)
        await world.say("/stop")
        await eventually(lambda: roots(collector), timeout=180)
        (root,) = roots(collector)
    assert {span.trace for span in collector.spans} == {root.trace}
    told = [span for span in collector.spans if span.service == RUNNER]
    assert [span.name for span in told] == ["take prompt"]
    assert {span.parent for span in collector.spans if span.name == "deliver turn"} == {root.id}
    assert root.attributes["openclaw.state"] == "failed"


async def test_a_collector_that_is_away_keeps_no_answer_back(postgres, zygote):
    async with running_world(zygote, postgres, TRACING_ENDPOINT="http://127.0.0.1:9") as world:
        await world.say("q1")
        await eventually(lambda: answers(world), timeout=180)
        assert world.exits == []
