from __future__ import annotations

import json
from typing import get_args

import pytest

from agent_contract import wire
from agent_contract.terms import Timeouts

RUNNER = [
    wire.Hello(run=3, versions={"pi": "1.6.0"}, turns_seen=[1, 2], acked=7, ready=True),
    wire.Ready(timings={"pi_ready": 1.25}),
    wire.TurnTimes(turn=4, sent=9.5, marks={"given": 1.25}),
    wire.EventFrame(seq=1, turn=4, event=wire.TurnStarted()),
    wire.EventFrame(seq=2, turn=4, event=wire.Text(message=0, offset=3, text="ä\n😀")),
    wire.EventFrame(seq=3, turn=4, event=wire.Thinking()),
    wire.EventFrame(seq=4, turn=4, event=wire.ToolStarted(call="c1", tool="bash", summary="ls")),
    wire.EventFrame(seq=5, turn=4, event=wire.ToolEnded(call="c1", tool="bash", error=True)),
    wire.EventFrame(seq=6, turn=4, event=wire.MessageDone(message=0, text="all")),
    wire.EventFrame(seq=7, turn=4, event=wire.MessageReplaced(message=0)),
    wire.EventFrame(seq=8, turn=4, event=wire.Retrying(attempt=1, max_attempts=3, delay_ms=200, error="529")),
    wire.EventFrame(seq=9, turn=4, event=wire.Compacting()),
    wire.EventFrame(seq=10, turn=4, event=wire.TurnSettled()),
    wire.EventFrame(seq=11, turn=4, event=wire.Failed(reason="timeout", error="too long")),
    wire.Entries(seq=12, lines=['{"id":"a"}']),
    wire.Leave(seq=13, reason="idle"),
]
GATEWAY = [
    wire.Welcome(thread="tg-1", session_id="s", session_lines=4, acked=2, timeouts=Timeouts(turn=5)),
    wire.Turn(id=1, text="hello"),
    wire.Abort(turn=1),
    wire.Ack(seq=9),
    wire.Look(id="look-1", what="changes"),
    wire.Stay(),
    wire.Goodbye(),
    wire.Refused(reason="an older run"),
    wire.Shutdown(reason="stopped", grace_seconds=3),
]


def ids(frame):
    return frame.event.kind if isinstance(frame, wire.EventFrame) else frame.type


@pytest.mark.parametrize("frame", RUNNER, ids=ids)
def test_what_a_runner_sends_is_read_back(frame):
    assert wire.decode_runner(wire.encode(frame)) == frame


@pytest.mark.parametrize("frame", GATEWAY, ids=ids)
def test_what_the_gateway_sends_is_read_back(frame):
    assert wire.decode_gateway(wire.encode(frame).encode()) == frame


def test_names_are_camel_case_on_the_wire():
    assert json.loads(wire.encode(wire.Hello(run=1, turns_seen=[2])))["turnsSeen"] == [2]


@pytest.mark.parametrize("decode", [wire.decode_runner, wire.decode_gateway])
@pytest.mark.parametrize(
    "raw", [{"type": "of_tomorrow", "x": 1}, {"x": 1}, {"type": 7}, {"type": ["hello"]}, {"type": {}}]
)
def test_an_unknown_type_is_nothing(decode, raw):
    assert decode(json.dumps(raw)) is None


def test_an_unknown_kind_of_event_is_nothing():
    assert wire.decode_runner(json.dumps({"type": "event", "seq": 1, "turn": 1, "event": {"kind": "new"}})) is None


def test_the_other_sides_frames_are_nothing():
    assert wire.decode_runner(wire.encode(wire.Goodbye())) is None
    assert wire.decode_gateway(wire.encode(wire.Leave(seq=1, reason="idle"))) is None


def test_unknown_fields_are_left_out():
    assert wire.decode_gateway('{"type":"ack","seq":3,"more":true}') == wire.Ack(seq=3)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("not json", "not JSON"),
        ("[1]", "not a JSON object"),
        ("null", "not a JSON object"),
        (b"\xff\xfe", "not JSON"),
        ('{"type":"hello"}', "run: missing"),
        ('{"type":"entries","seq":"secret words","lines":[]}', "seq: int_parsing"),
        ("[" * 50_000, "not JSON"),
    ],
)
def test_a_broken_frame_is_refused_without_its_contents(data, words):
    with pytest.raises(wire.FrameError) as caught:
        wire.decode_runner(data)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("union", "known"), [(wire.RunnerFrame, wire._RUNNER_TYPES), (wire.GatewayFrame, wire._GATEWAY_TYPES)]
)
def test_each_frame_that_there_is_is_known_by_its_type(union, known):
    """One that is not named there would be passed over as one of a newer release, without a word."""
    assert {model.model_fields["type"].default for model in get_args(get_args(union)[0])} == known
