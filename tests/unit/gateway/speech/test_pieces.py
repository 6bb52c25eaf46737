"""Speech is cut into pieces where it is quiet."""

from __future__ import annotations

import io
import shutil
import wave
from array import array
from pathlib import Path

import pytest

from agent_gateway.speech.decoding import PROGRAM, decode
from agent_gateway.speech.pieces import RATE, build_wav, cut_pieces
from agent_gateway.speech.problems import NotHeard, Trouble

VOICE = (Path(__file__).parents[3] / "data" / "voice.ogg").read_bytes()
"""35 s of a tone, with rests from 13.0 to 13.4 s and from 27.0 to 27.4 s."""
needs_opusdec = pytest.mark.skipif(not shutil.which(PROGRAM), reason="needs Debian's package opus-tools")


def speak(*parts):
    samples = array("h")
    for seconds, level in parts:
        samples.extend([level, -level] * int(seconds * RATE / 2))
    return samples


def lengths(samples, longest=29.0):
    pieces = list(cut_pieces(samples, longest))
    assert array("h", b"".join(p.tobytes() for p in pieces)) == samples, "nothing is lost"
    return [round(len(p) / RATE, 2) for p in pieces]


def test_a_piece_ends_in_a_rest_of_its_last_seconds():
    first, second = lengths(speak((20, 9000), (0.4, 0), (6.6, 9000), (0.4, 10), (8, 9000)))
    assert 27.0 < first < 27.4
    assert first + second == pytest.approx(35.4, abs=0.02)
    assert lengths(speak((28, 9000), (0.1, 0), (0.2, 9000), (0.1, 0), (9, 9000)))[0] > 28.3, "the later of two rests"


def test_without_a_rest_pieces_are_as_long_as_they_may_be():
    found = lengths(speak((100, 9000)))
    assert all(length <= 29.0 for length in found)
    assert len(found) == 4
    assert lengths(speak((29, 1))) == [29.0]
    assert lengths(array("h")) == []


def test_a_piece_is_a_wav_file():
    with wave.open(io.BytesIO(build_wav(speak((1, 5))))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth(), file.getnframes()) == (RATE, 1, 2, RATE)


@needs_opusdec
async def test_opus_is_decoded():
    samples = await decode(VOICE, 600)
    assert len(samples) / RATE == pytest.approx(35, abs=0.1)
    first, _ = lengths(samples)
    assert 27.0 < first < 27.4


@needs_opusdec
@pytest.mark.parametrize("recording", [b"", b"no ogg", VOICE[:40], b"\0" * 3_000_000])
async def test_what_is_no_recording_is_refused(recording):
    with pytest.raises(NotHeard) as caught:
        await decode(recording, 600)
    assert caught.value.trouble is Trouble.UNREADABLE


@needs_opusdec
async def test_a_recording_that_is_longer_than_was_said_is_refused():
    with pytest.raises(NotHeard) as caught:
        await decode(VOICE, 10)
    assert caught.value.trouble is Trouble.TOO_LONG
