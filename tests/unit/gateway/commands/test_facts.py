"""What the cluster says is read within a bound, and the last known answer serves where it says nothing."""

from __future__ import annotations

import asyncio
import time

from agent_contract.agentclass import AgentClass
from agent_gateway.commands import facts
from agent_gateway.commands.facts import FactReader
from agent_gateway.kube import KubeError


class Cluster:
    """Classes that are played: an answer, a refusal or silence."""

    def __init__(self):
        self.answers, self.asked = [], 0

    def cached(self, _name):
        return None

    async def agent_class(self, _name):
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            await asyncio.Event().wait()
        return answer


def build(name):
    return AgentClass.model_validate({"spec": {"model": {"name": name}}})


async def test_a_cluster_that_is_silent_costs_one_wait_and_the_last_answer_serves():
    cluster, now = Cluster(), [0.0]
    reader = FactReader(cluster, seconds=0.05, clock=lambda: now[0])
    cluster.answers = [build("glm")]
    assert (await reader.read("tg-42")).found_class.spec.model.name == "glm"
    begun = time.monotonic()
    found = [await reader.read("tg-42") for _ in range(20)]
    assert time.monotonic() - begun < 0.5
    assert {facts.found_class.spec.model.name for facts in found} == {"glm"}
    assert cluster.asked == 2
    now[0] += facts.REST_SECONDS + 1
    cluster.answers = [build("kimi")]
    assert (await reader.read("tg-42")).found_class.spec.model.name == "kimi"


async def test_what_was_never_read_is_unknown_and_no_default():
    cluster = Cluster()
    cluster.answers = [KubeError(503, "Unavailable", "no")]
    assert (await FactReader(cluster, seconds=0.05).read("tg-42")).found_class is None


async def test_classes_that_are_remembered_are_bounded(monkeypatch):
    monkeypatch.setattr(facts, "MOST_CLASSES", 3)
    cluster = Cluster()
    reader = FactReader(cluster)
    for number in range(10):
        cluster.answers = [build("glm")]
        await reader._read_class(f"class-{number}")
    assert list(reader._known) == ["class-7", "class-8", "class-9"]
