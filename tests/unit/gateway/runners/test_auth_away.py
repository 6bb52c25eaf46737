"""Who is known already, while the API server hangs."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.runners.identity import AWAY_SECONDS, CACHE_SECONDS, Authenticator
from agent_gateway.runners.tokens import Denied
from agent_gateway.store.claims import WarmPod
from agent_kube.errors import Away
from tests.support.eventually import PATIENCE, eventually
from tests.support.runners import CLASS_UID, HERE, NAMESPACE, FakeKube, make_token
from tests.unit.gateway.runners.test_auth import JOB, Clock, Runs

MANY = 40
"""More than are asked about at a time."""


class HangingKube(FakeKube):
    """Answers only while it is let."""

    def __init__(self):
        super().__init__()
        self.answers = asyncio.Event()
        self.answers.set()

    async def request(self, method, path, *, body=None):
        await self.answers.wait()
        return await super().request(method, path, body=body)


@pytest.fixture
def kube():
    kube = HangingKube()
    for number in range(MANY):
        kube.add_pod("tg-42", 1, f"pod-{number}", token=f"token-{number}", job=JOB)
    return kube


async def _ask_all(known):
    return await asyncio.gather(*(known.identify(make_token(f"token-{n}"), HERE) for n in range(MANY)))


async def test_whoever_is_known_does_not_wait_for_an_api_server_that_hangs(kube, monkeypatch):
    """Every model call and every file of every run would, eight at a time."""
    clock = Clock()
    known = Authenticator(kube, Runs(), namespace=NAMESPACE, clock=clock)
    first = await _ask_all(known)
    kube.answers.clear()
    clock.now = CACHE_SECONDS
    assert await asyncio.wait_for(_ask_all(known), PATIENCE) == first
    with monkeypatch.context() as patched:
        patched.setattr("agent_gateway.runners.identity.PATIENCE_SECONDS", 10 * PATIENCE)
        assert (
            await asyncio.wait_for(_ask_all(known), PATIENCE) == first
        )  # asked behind it: not waited for a second time
    clock.now = AWAY_SECONDS + CACHE_SECONDS
    with pytest.raises(TimeoutError):  # so long nobody is believed
        await asyncio.wait_for(known.identify(make_token("token-1"), HERE), 0.6)


async def test_the_answer_that_came_late_counts(kube):
    clock = Clock()
    known = Authenticator(kube, Runs(), namespace=NAMESPACE, clock=clock)
    await _ask_all(known)
    kube.answers.clear()
    clock.now = CACHE_SECONDS
    await known.identify(make_token("token-1"), HERE)
    del kube.tokens[make_token("token-1")]
    kube.answers.set()

    async def is_denied():
        try:
            await known.identify(make_token("token-1"), HERE)
        except Denied as denied:
            return denied.status == 401
        return False

    await eventually(is_denied)


class NobodysPods(Runs):
    """No pod was ever claimed."""

    @property
    def claims(self):
        return self

    async def of_pod(self, _uid):
        return None


async def test_a_pod_that_waits_is_not_turned_away_because_its_class_was_not_read_yet(kube):
    """Its runner would end, and all of the pool with it."""
    known = []

    def find_uid(_name):
        if not known:
            raise Away("The AgentClass default cannot be read now.", None, "Unknown")
        return known[0]

    kube.add_warm_pod(1, token="warm")
    authenticator = Authenticator(kube, NobodysPods(), namespace=NAMESPACE, class_uid=find_uid, clock=Clock())
    for _ in range(MANY):
        with pytest.raises(Denied) as caught:
            await authenticator.meet(make_token("warm"), HERE)
        assert caught.value.status == 503
    known.append(CLASS_UID)
    assert isinstance(await authenticator.meet(make_token("warm"), HERE), WarmPod)
