"""The attacks on what agents reach over the gateway that need no pod: each can be tried here, and none gets outside of the rules."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

import pytest

from agent_gateway.resources.reading import read_class
from dev.attack.archive import hide
from dev.attack.inside import services, toolservers
from dev.attack.inside.__main__ import load
from dev.attack.inside.base import ATTACKS, Facts, Result
from dev.attack.inside.doing import perform
from dev.attack.order import REACH
from dev.attack.reached import judge_asked, judge_said, make_repositories
from dev.attack.system import REACHES
from tests.support.attacker import Attacker, take_time
from tests.support.beside import KEYS, Beside
from tests.support.eventually import eventually
from tests.support.git_server import KEY, serving
from tests.support.runners import FakeResources, running_port

pytestmark = pytest.mark.postgres
load()
LONG = {
    "service-child",
    "service-endless",
    "service-stolen",
    "service-flood",
    "pull-bodies",
    "pull-flood",
    "tools-answers",
    "tools-large",
}
"""They need a sub-agent, another address or much time: `make attack` does them."""
TRIED = [
    *(name for name, one in sorted(ATTACKS.items()) if one.group in REACH and name not in LONG),
    "look-marks", "look-unasked",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch):
    take_time(monkeypatch)


@pytest.fixture(scope="module")
def forge_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forge")
    make_repositories(folder)
    return folder


@pytest.fixture
async def world(store, forge_folder, tmp_path):
    """The port of a pod whose class is the attackers', and what it reaches."""
    beside, resources = Beside(forge_folder), FakeResources()
    resources.found_class = read_class({"spec": REACHES})
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(beside.take))
        said = []
        for name, key in {**KEYS, "hub": KEY}.items():
            (tmp_path / name).write_text(key)
            more = {"forge": "github", "url": url} if name == "hub" else {"kind": "http", "url": f"{url}/{name}"}
            said.append({"name": name, "tokenFile": str(tmp_path / name), **more})
        file = tmp_path / "connections.json"
        file.write_text(json.dumps(said))
        port = await stack.enter_async_context(running_port(store, connections=file, resources=resources))
        thread = await port.make_thread()
        await port.make_run(thread)
        await port.join()
        turn = await port.make_turn(thread)
        await eventually(lambda: store.turns.deliver_next(thread.id, 1))
        yield beside, port, turn.id


@pytest.mark.parametrize("name", TRIED)
async def test_an_attack_on_what_is_reached_holds(world, name, monkeypatch):
    for module in (services, toolservers):
        monkeypatch.setattr(module, "PACE_SECONDS", 0)  # this port counts no connections
    beside, port, turn = world
    beside.hub.open_pull("agent/victim", "main", "Somebody's")
    facts = Facts(
        needles=hide([*KEYS.values(), KEY]), mark="mark4711", turn=turn, neighbour={"turn": turn + 7, "thread": "tg-43", "pull": 7, "person": 43},
        addresses={"beside": "192.88.99.79", "metadata": "169.254.169.254"},
    )  # fmt: skip
    outcome = await perform(ATTACKS[name], Attacker(facts, str(port.url).rstrip("/"), "zai", "scripted"))
    assert outcome.result is Result.HELD, outcome.words
    assert judge_asked(beside.asked) == []
    assert judge_said(beside.rpc) == []
    marked = [one for one in beside.hub.pulls if "mark4711" in str(one) or one.state != "open"]
    assert marked == []
