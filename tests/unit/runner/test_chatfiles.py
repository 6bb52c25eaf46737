from __future__ import annotations

import asyncio

import pytest

from agent_contract import wire
from agent_runner.chatfiles import PATIENCE, ChatFiles, find_image_type
from agent_runner.link import Address, Link
from agent_runner.logs import Log
from agent_runner.outbox import Outbox
from tests.support.eventually import eventually
from tests.support.runner_gateway import TestGateway


class Host:
    def hello(self):
        return wire.Hello(run=1)

    def on_frame(self, frame):
        pass

    def on_step(self, step):
        pass

    def on_link_ended(self, code, reason):
        pass


@pytest.fixture
async def gateway():
    gateway = TestGateway()
    await gateway.start("")
    yield gateway
    await gateway.stop()


@pytest.fixture
async def files(gateway, tmp_path):
    (tmp_path / "token").write_text("token-1\n")
    with (tmp_path / "log").open("w") as stream:
        log = Log(stream=stream)
        link = Link(Address(gateway.url, tmp_path / "token"), Outbox(), Host(), log)
        running = asyncio.create_task(link.run())
        await eventually(lambda: gateway.connected)
        yield ChatFiles(link, str(tmp_path), log, pause=0)
        await link.close()
        await running


async def test_what_cannot_be_had_for_long_takes_the_time_of_one_file(gateway, files):
    gateway.files = [(503, "Telegram is out of reach.")] * 3
    fetched = await files.fetch(1, [wire.TurnFile(name=name) for name in "abc"])
    assert fetched.problems == tuple(f"{name} could not be fetched: Telegram is out of reach." for name in "abc")
    assert gateway.asked == PATIENCE + 2


async def test_the_others_come_though_one_cannot_be_had(gateway, files, tmp_path):
    gateway.files = [(503, "Not now."), b"here"]
    fetched = await files.fetch(1, [wire.TurnFile(name="a"), wire.TurnFile(name="b")])
    assert fetched.problems == ("a could not be fetched: Not now.",)
    assert (tmp_path / "inbox" / "b").read_bytes() == b"here"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"<svg xmlns=", None),
        (b"\x1f\x8b", None),
        (b"", None),
    ],
)
def test_an_image_is_known_by_its_first_bytes(data, kind):
    assert find_image_type(data) == kind
