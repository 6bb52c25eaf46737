from __future__ import annotations

import pytest

from agent_contract import wire
from agent_runner.chatfiles import PATIENCE, ChatFiles, Problem
from agent_runner.logs import Log
from agent_runner.pictures import find_image_type
from agent_runner.transfers import Address, Transfers
from tests.support.runner_gateway import TestGateway


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
        transfers = Transfers(Address(gateway.url, tmp_path / "token"))
        yield ChatFiles(transfers, str(tmp_path), log, pause=0)


async def test_what_cannot_be_had_for_long_takes_the_time_of_one_file(gateway, files):
    gateway.files = [(503, "Telegram is out of reach.")] * 3
    fetched = await files.fetch(1, [wire.TurnFile(name=name) for name in "abc"])
    assert fetched.problems == tuple(Problem(name, "Telegram is out of reach.") for name in "abc")
    assert gateway.asked == PATIENCE + 2


async def test_the_others_come_though_one_cannot_be_had(gateway, files, tmp_path):
    gateway.files = [(503, "Not now."), b"here"]
    fetched = await files.fetch(1, [wire.TurnFile(name="a"), wire.TurnFile(name="b")])
    assert fetched.problems == (Problem("a", "Not now."),)
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


@pytest.mark.parametrize("what", ["link", "file"])
async def test_an_inbox_that_leads_elsewhere_is_replaced(gateway, files, tmp_path, what):
    away = tmp_path / "away"
    away.mkdir()
    if what == "link":
        (tmp_path / "inbox").symlink_to(away)
    else:
        (tmp_path / "inbox").write_text("none")
    gateway.files = [b"here"]
    fetched = await files.fetch(1, [wire.TurnFile(name="a")])
    assert fetched.problems == ()
    assert (tmp_path / "inbox" / "a").read_bytes() == b"here"
    assert not (tmp_path / "inbox").is_symlink()
    assert list(away.iterdir()) == []
