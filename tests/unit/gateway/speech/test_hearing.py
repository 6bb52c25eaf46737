"""Voice messages become text, against the simulated service over real HTTP."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.models.providers import Keys
from agent_gateway.speech.decoding import PROGRAM
from agent_gateway.speech.hearing import AT_ONCE, Hearing, Limits
from agent_gateway.speech.problems import NotHeard, Trouble
from agent_gateway.speech.service import Service
from agent_gateway.telegram.errors import Ambiguous, RefusalKind, Refused
from agent_gateway.telegram.inbound.incoming import Spoken
from agent_simulators.model import create_app

VOICE = (Path(__file__).parents[3] / "data" / "voice.ogg").read_bytes()
SAID = b"OggS says: Why does the build fail?\0 rest"
SPOKEN = Spoken("f1", 12)


class Files:
    """Telegram's files: one, or a failure."""

    def __init__(self, data=SAID, problem=None):
        self.data, self.problem = data, problem

    async def open_file(self, _file_id):
        if self.problem is not None:
            raise self.problem
        for start in range(0, len(self.data), 1 << 16):
            yield self.data[start : start + (1 << 16)]


@pytest.fixture
async def model():
    async with TestClient(TestServer(create_app("right"))) as client:
        yield client


@pytest.fixture
def service(model):
    base = str(model.make_url("/v1"))
    return Service("mine", base, "small", Keys("right"), takes_language=True, takes_prompt=True, wav=False)


def hearing(service, files=None, **limits):
    return Hearing(service, files or Files(), Limits(**limits), pause=0)


async def requests(model):
    return [r["body"] for r in await (await model.get("/sim/requests")).json()]


async def trouble(hearing, spoken=SPOKEN):
    with pytest.raises(NotHeard) as caught:
        await hearing.hear(spoken, "de")
    return caught.value.trouble


async def test_a_voice_message_is_sent_as_it_came(model, service):
    assert await hearing(service).hear(SPOKEN, "pt-br") == "Why does the build fail?"
    assert await requests(model) == [{"file": "voice.ogg", "model": "small", "language": "pt", "bytes": len(SAID)}]
    await hearing(service, language="de").hear(SPOKEN, "pt-br")
    assert (await requests(model))[-1]["language"] == "de"


async def test_only_what_the_service_takes_is_sent(model, service):
    await model.post("/sim/settings", json={"speech": {"wav_only": False}})
    await hearing(dataclasses.replace(service, takes_language=False)).hear(SPOKEN, "de")
    assert "language" not in (await requests(model))[-1]


@pytest.mark.skipif(not shutil.which(PROGRAM), reason="needs Debian's package opus-tools")
async def test_where_the_service_takes_short_wav_alone_it_gets_pieces(model, service):
    await model.post("/sim/settings", json={"speech": {"wav_only": True}})
    glm = dataclasses.replace(service, wav=True, takes_language=False)
    words = await hearing(glm, Files(VOICE)).hear(Spoken("f1", 35), "de")
    first, second = (float(part.split()[0]) for part in words.split(" of speech. "))
    assert 27.0 < first < 27.4
    assert first + second == pytest.approx(35, abs=0.2)
    asked = await requests(model)
    assert [r["file"] for r in asked] == ["voice.wav", "voice.wav"]
    assert [r.get("prompt") for r in asked] == [None, f"{first} seconds of speech."], "what was said before it"
    assert await trouble(hearing(glm, Files(b"no ogg"))) is Trouble.UNREADABLE


@pytest.mark.parametrize(
    ("fault", "expected", "calls"),
    [
        ({"status": 429}, Trouble.BUSY, 2),
        ({"status": 503}, Trouble.AWAY, 2),
        ({"kind": "cut"}, Trouble.AWAY, 2),
        ({"status": 401}, Trouble.REFUSED, 1),
        ({"status": 402}, Trouble.REFUSED, 1),
        ({"status": 404}, Trouble.AWAY, 1),
        ({"status": 413}, Trouble.UNREADABLE, 1),
    ],
)
async def test_failures_have_a_name_and_what_may_pass_is_tried_twice(model, service, fault, expected, calls):
    await model.post("/sim/faults", json={"target": "speech", "count": 5, **fault})
    assert await trouble(hearing(service)) is expected
    assert len(await requests(model)) == calls
    await model.delete("/sim/faults")
    await model.post("/sim/faults", json={"target": "speech", "count": 1, **fault})
    if calls == 2:
        assert await hearing(service).hear(SPOKEN, "de") == "Why does the build fail?"


async def test_a_service_that_is_silent_is_not_waited_for(model, service):
    await model.post("/sim/faults", json={"target": "speech", "kind": "silence", "count": 5})
    assert await trouble(hearing(service, timeout=0.1)) is Trouble.AWAY


async def test_a_wrong_key_is_refused(model, service):
    assert await trouble(hearing(dataclasses.replace(service, keys=Keys("wrong")))) is Trouble.REFUSED


@pytest.mark.parametrize(
    ("files", "spoken", "expected"),
    [
        (Files(), Spoken("f1", 601), Trouble.TOO_LONG),
        (Files(), Spoken("f1", 3, video=True), Trouble.VIDEO),
        (Files(b"OggS"), SPOKEN, Trouble.SILENT),
        (Files(b"\0" * 20_000_001), SPOKEN, Trouble.TOO_LONG),
        (Files(problem=Refused(RefusalKind.NOT_FOUND, "gone")), SPOKEN, Trouble.UNREADABLE),
        (Files(problem=Ambiguous("away")), SPOKEN, Trouble.AWAY),
    ],
)
async def test_what_cannot_be_heard_costs_no_call(model, service, files, spoken, expected):
    assert await trouble(hearing(service, files), spoken) is expected
    assert len(await requests(model)) == (expected is Trouble.SILENT)


async def test_one_that_waits_for_others_waits_no_longer_than_its_bound(service):
    hung = asyncio.Event()

    class Hanging(Files):
        async def open_file(self, _file_id):
            await hung.wait()
            yield SAID

    ears = hearing(service, Hanging(), timeout=0.2)
    first = [asyncio.create_task(trouble(ears)) for _ in range(AT_ONCE)]
    await asyncio.sleep(0)
    assert await trouble(ears) is Trouble.BUSY
    assert not any(one.done() for one in first)
    assert await asyncio.gather(*first) == [Trouble.AWAY] * AT_ONCE
    hung.set()
    assert await hearing(service).hear(SPOKEN, "de") == await ears.hear(SPOKEN, "de")  # no slot is lost


async def test_without_a_service_nothing_is_fetched():
    assert await trouble(Hearing(None, Files(problem=AssertionError()), Limits())) is Trouble.OFF


async def test_no_failure_tells_what_was_said(model, service):
    await model.post("/sim/faults", json={"target": "speech", "status": 400, "message": "private words"})
    with pytest.raises(NotHeard) as caught:
        await hearing(service).hear(SPOKEN, "de")
    assert "private" not in repr(caught.value) + str(caught.value)
