"""The attacks on the runners' port that need no pod: each can be tried here, and none but those named open succeeds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from agent_contract import wire
from agent_gateway.runners.front import DEFAULTS
from agent_simulators.model import create_app as create_model
from dev.attack.inside.__main__ import load
from dev.attack.inside.base import ATTACKS, Facts, Result
from dev.attack.inside.doing import perform
from dev.attack.report import THREAT_MODEL, read_open
from tests.support.attacker import Attacker, take_time
from tests.support.models import KEY, holding, serving

ALONE = replace(DEFAULTS, connections=DEFAULTS.connections + 4)
"""What a pod may, and the other one's connections beside it: here both have one address."""
pytestmark = pytest.mark.postgres
load()
OPEN = read_open(THREAT_MODEL.read_text())
TRIED = [
    name for name, one in sorted(ATTACKS.items())
    if one.group in {"http", "ws", "llm", "store"}
    and name not in {"llm-outside-turn", "ws-stop-ignored", "ws-stays", "ws-silent", "llm-rate", "http-slow-headers"}
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Local(Attacker):
    """An attacker whose run is known, too."""

    @property
    def run(self):
        return 1


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch):
    take_time(monkeypatch)


@pytest.fixture
async def port(store):
    async with serving(create_model(KEY)) as model, holding(store, f"{model}/v1", key=KEY, limits=ALONE) as port:
        yield port


@pytest.mark.parametrize("name", TRIED)
async def test_an_attack_on_the_port_holds(port, name):
    other = await port.make_thread(43, "tg-43")
    await port.make_run(other, 1, pod="pod-other", token="token-other")
    runner = await port.join("token-other")
    await runner.get(wire.Welcome)
    facts = Facts(mark="mark4711", turn=1, neighbour={"turn": 7, "thread": "tg-43", "run": 1},
                  limits={"snapshot": 256 << 20}, addresses={})  # fmt: skip
    outcome = await perform(ATTACKS[name], Local(facts, str(port.url).rstrip("/"), "zai", "scripted"))
    assert outcome.result is (Result.OPEN if name in OPEN else Result.HELD), outcome.words
