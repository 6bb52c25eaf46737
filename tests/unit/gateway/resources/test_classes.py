"""An AgentClass that cannot be read is as it was last known, never as the defaults."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.kube import KubeError
from agent_gateway.resources import agentthreads
from agent_gateway.resources.agentthreads import AgentThreads


class PlayedKube:
    """An API server that answers with what it is given, for each request the next."""

    def __init__(self, *answers):
        self.answers = list(answers)

    async def request(self, method, path):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            await asyncio.Event().wait()
        return answer


NONE_ALLOWED = {"spec": {"subAgents": {"maxDepth": 0}}}
BUSY = KubeError(503, "ServiceUnavailable", "busy")
UNREACHABLE = KubeError(None, "Unreachable", "no")
INVALID = {"spec": {"subAgents": {"maxDepth": -1}}}


@pytest.fixture(autouse=True)
def _always_asked(monkeypatch):
    monkeypatch.setattr(agentthreads, "_CLASS_SECONDS", 0.0)
    monkeypatch.setattr(agentthreads, "_CLASS_WAIT_SECONDS", 0.05)


@pytest.mark.parametrize("fault", [BUSY, UNREACHABLE, INVALID, None], ids=["503", "unreachable", "invalid", "hangs"])
async def test_a_class_that_cannot_be_read_now_is_as_it_was(fault):
    threads = AgentThreads(PlayedKube(NONE_ALLOWED, fault, fault), "agents", "tg", lambda _: None)
    for _ in range(3):
        assert (await threads.find_class("default")).spec.sub_agents.max_depth == 0


@pytest.mark.parametrize("fault", [BUSY, UNREACHABLE, INVALID, None], ids=["503", "unreachable", "invalid", "hangs"])
async def test_a_class_that_was_never_read_is_not_known_until_it_is(fault):
    threads = AgentThreads(PlayedKube(fault, NONE_ALLOWED), "agents", "tg", lambda _: None)
    assert await threads.find_class("default") is None
    assert (await threads.find_class("default")).spec.sub_agents.max_depth == 0


async def test_a_class_that_does_not_exist_says_nothing():
    threads = AgentThreads(PlayedKube(NONE_ALLOWED, KubeError(404, "NotFound", "no")), "agents", "tg", lambda _: None)
    await threads.find_class("default")
    assert await threads.find_class("default") is None
