from __future__ import annotations

import asyncio

import pytest
from aiohttp.test_utils import unused_port

from agent_contract import wire
from agent_contract.names import ExitCode
from agent_runner.link import DENIED_FOR, LOST_AFTER, Address, Link
from agent_runner.logs import Log
from agent_runner.outbox import Outbox
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
        await asyncio.wait_for(link.run(), 10)
    assert len(taken) > 1
    assert host.ended[0][0] is ExitCode.GATEWAY_LOST
    for writer in taken:
        writer.close()
    server.close()
