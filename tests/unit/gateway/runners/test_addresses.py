"""A token is believed from the address of its own pod alone, and asked about so many times."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.runners.addresses import normalize
from agent_gateway.runners.identity import WRONG, Authenticator
from agent_gateway.runners.pods import find_addresses
from agent_gateway.runners.tokens import Denied
from tests.support.runners import HERE, NAMESPACE, FakeKube, make_token
from tests.unit.gateway.runners.test_auth import GOOD, Clock, Runs, make_run

THERE = "10.9.0.7"


@pytest.fixture
def kube():
    kube = FakeKube()
    kube.add_pod("tg-42", 1, "pod-1", token="good", uid="uid-1")
    return kube


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def known(kube, clock):
    return Authenticator(kube, Runs(), namespace=NAMESPACE, clock=clock)


async def status_of(known, token, address):
    try:
        await known.identify(token, address)
    except Denied as denied:
        return denied.status
    return 200


async def test_a_stolen_token_is_denied_first_and_later(known):
    assert await status_of(known, GOOD, THERE) == 403
    assert await status_of(known, GOOD, HERE) == 200
    assert await status_of(known, GOOD, THERE) == 403


async def test_where_addresses_are_hidden_they_are_not_looked_at(kube):
    known = Authenticator(kube, Runs(), namespace=NAMESPACE, by_address=False)
    assert await status_of(known, GOOD, THERE) == 200


@pytest.mark.parametrize(
    ("told", "address"),
    [("10.9.0.7", "::ffff:10.9.0.7"), ("fd00:0:0::0007", "fd00::7"), ("fe80::1", "fe80::1%eth0"), ("odd", "odd")],
)
def test_an_address_has_one_form(told, address):
    assert normalize(told) == normalize(address)


@pytest.mark.parametrize(
    ("status", "addresses"),
    [
        ({"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]}, {"10.0.0.1", "fd00::1"}),
        ({"podIP": "10.0.0.1"}, {"10.0.0.1"}),
        ({"podIPs": None}, set()),
        (None, set()),
    ],
)
def test_a_pod_may_have_two_addresses_or_none_yet(status, addresses):
    assert find_addresses({"status": status}) == addresses


async def test_a_pod_whose_address_is_not_told_yet_is_where_it_called_from_first(kube, known, clock):
    kube.pods["pod-1"]["status"] = {"phase": "Running"}
    assert await status_of(known, GOOD, THERE) == 200
    assert await status_of(known, GOOD, HERE) == 403
    clock.now = 6
    assert await status_of(known, GOOD, THERE) == 200
    kube.pods["pod-1"]["status"] = {"phase": "Running", "podIP": HERE}
    clock.now = 12
    assert await status_of(known, GOOD, THERE) == 403
    assert await status_of(known, GOOD, HERE) == 200


async def test_wrong_tokens_of_an_address_are_asked_about_so_many_times(kube, known, clock):
    found = [await status_of(known, make_token(f"wrong-{number}"), THERE) for number in range(300)]
    assert found.count(401) == WRONG.burst
    assert set(found) == {401, 429}
    assert kube.calls == WRONG.burst
    assert await status_of(known, GOOD, HERE) == 200
    clock.now = 60
    found = [await status_of(known, make_token(f"later-{number}"), THERE) for number in range(300)]
    assert found.count(401) == 5


async def test_a_token_that_cannot_be_good_is_not_asked_about(kube, known):
    for token in ("opaque", make_token("a", exp=1), make_token("a", aud=["x"]), make_token("a", sub="x")):
        assert await status_of(known, token, HERE) in {401, 403}
    assert kube.calls == 0


class SlowKube(FakeKube):
    def __init__(self):
        super().__init__()
        self.open = asyncio.Event()
        self.reviews = 0

    async def request(self, method, path, *, body=None):
        self.reviews += path.endswith("tokenreviews")
        await self.open.wait()
        return await super().request(method, path, body=body)


async def test_no_address_takes_all_the_places_of_those_that_are_asked_about():
    kube = SlowKube()
    kube.add_pod("tg-42", 1, "pod-1", token="good", uid="uid-1")
    known = Authenticator(kube, Runs(make_run()), namespace=NAMESPACE)
    floods = [asyncio.create_task(status_of(known, make_token(f"wrong-{n}"), THERE)) for n in range(30)]
    own = [asyncio.create_task(status_of(known, GOOD, HERE)) for _ in range(30)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert kube.reviews <= 3
    kube.open.set()
    assert set(await asyncio.gather(*own)) == {200}
    assert set(await asyncio.gather(*floods)) == {401, 429}
    assert kube.reviews <= WRONG.burst + 2
