from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp.test_utils import unused_port
from pydantic_core import PydanticSerializationError

from agent_contract import wire
from agent_contract.base import Wire
from agent_contract.names import ExitCode
from agent_runner.link import DENIED_FOR, LOST_AFTER, PAUSES, Link
from agent_runner.logs import Log
from agent_runner.outbox import Outbox
from agent_runner.transfers import Address
from tests.support.eventually import PATIENCE, eventually
from tests.support.runner_gateway import TestGateway


class Host:
    def __init__(self, link=None):
        self.ended = []

    def hello(self):
        return wire.Hello(run=1)

    def on_frame(self, frame):
        pass

    def on_step(self, step):
        pass

    def on_link_ended(self, code, reason):
        self.ended.append((code, reason))


class Unsayable(Wire):
    """A frame that no JSON can hold."""

    value: Any


class Clock:
    """Each look is a minute or so later."""

    def __init__(self, seconds):
        self.now = 0.0
        self.seconds = seconds

    def __call__(self):
        self.now += self.seconds
        return self.now


@pytest.fixture
def token(tmp_path):
    path = tmp_path / "token"
    path.write_text("token-1\n")
    return path


def make(url, token, clock, tmp_path, **more):
    host = Host()
    stream = (tmp_path / "log").open("w")
    return Link(Address(url, token), Outbox(), host, Log(stream=stream), clock, **more), host, stream


async def test_gateway_that_stays_away_is_given_up(token, tmp_path):
    url = f"http://127.0.0.1:{unused_port()}"
    link, host, stream = make(url, token, Clock(LOST_AFTER / 2), tmp_path)
    with stream:
        await link.run()
    assert host.ended[0][0] is ExitCode.GATEWAY_LOST


async def test_a_gateway_whose_name_is_not_resolved_is_told_apart(token, tmp_path):
    link, host, stream = make("http://gateway.invalid:8080", token, Clock(LOST_AFTER / 2), tmp_path)
    with stream:
        await link.run()
    assert host.ended[0][0] is ExitCode.NAME_UNKNOWN


async def test_pod_that_stays_denied_is_refused(token, tmp_path):
    gateway = TestGateway("another")
    await gateway.start("")
    link, host, stream = make(gateway.url, token, Clock(DENIED_FOR * 0.7), tmp_path)
    with stream:
        await link.run()
    await gateway.stop()
    code, reason = host.ended[0]
    assert code is ExitCode.REFUSED
    assert "does not accept this pod's token" in reason
    assert "token-1" not in reason


async def test_gateway_that_takes_a_connection_and_says_nothing_is_tried_again(token, tmp_path):
    taken = []
    server = await asyncio.start_server(lambda _, writer: taken.append(writer), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    link, host, stream = make(url, token, Clock(LOST_AFTER / 4), tmp_path, answer_within=0.05)
    with stream:
        await asyncio.wait_for(link.run(), PATIENCE)
    assert len(taken) > 1
    assert host.ended[0][0] is ExitCode.GATEWAY_LOST
    for writer in taken:
        writer.close()
    server.close()


async def test_a_token_that_the_kubelet_replaced_is_used_at_once(token, tmp_path):
    """It lives ten minutes, and a runner an hour."""
    gateway = TestGateway("token-2")
    await gateway.start("")
    link, _, stream = make(gateway.url, token, Clock(0.01), tmp_path)
    with stream:
        running = asyncio.create_task(link.run())
        await eventually(lambda: "403" in (tmp_path / "log").read_text() or "401" in (tmp_path / "log").read_text())
        token.write_text("token-2\n")
        await eventually(lambda: link.welcomed)
        await link.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await gateway.stop()


class Noted(float):
    """Of a pause: none of it, and how long it is."""

    def __new__(cls, _pauses):
        return super().__new__(cls)

    def __init__(self, pauses):
        self.pauses = pauses

    def __rmul__(self, pause):
        self.pauses.append(pause)
        return 0.0


async def test_a_connection_that_breaks_is_made_anew_at_once_whatever_was_before(token, tmp_path, monkeypatch):
    """An earlier outage made the pauses long; a gateway that takes over now waits for nobody."""
    pauses = []
    monkeypatch.setattr("agent_runner.link.random", SimpleNamespace(uniform=lambda *_: Noted(pauses)))
    gateway = TestGateway("token-1")
    gateway.status = 503
    await gateway.start("")
    link, _, stream = make(gateway.url, token, Clock(0.01), tmp_path)
    with stream:
        running = asyncio.create_task(link.run())
        await eventually(lambda: len(pauses) > 3)
        gateway.status = None
        await eventually(lambda: link.welcomed)
        before = len(pauses)
        await gateway.drop(reset=True)
        await eventually(lambda: len(pauses) > before)
        assert pauses[before] == PAUSES[0] < pauses[3]
        await link.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await gateway.stop()


async def test_a_fault_of_the_sender_ends_the_run_and_does_not_mute_it(token, tmp_path):
    """The connection stays, heartbeats go on: nobody would see that nothing leaves any more."""
    gateway = TestGateway("token-1")
    await gateway.start("")
    link, _, stream = make(gateway.url, token, Clock(0.01), tmp_path)
    with stream:
        running = asyncio.create_task(link.run())
        await eventually(lambda: link.welcomed)
        link.send_now(Unsayable(value=object()))
        with pytest.raises(PydanticSerializationError):
            await asyncio.wait_for(running, PATIENCE)
    assert not gateway.connected
    await gateway.stop()


def test_half_a_surrogate_pair_in_a_providers_error_can_be_sent():
    failed = wire.Failed(reason="error", error="overloaded \ud83d")
    assert "overloaded" in wire.encode(wire.EventFrame(seq=1, turn=1, event=failed))
