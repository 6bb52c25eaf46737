"""What a frame may cost whoever reads it."""

from __future__ import annotations

import json
import time
from typing import get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from agent_contract import wire
from agent_contract.frames import MAX_LINES

MOST_MILLISECONDS = 250
"""Of the worst below: ten times what it takes here, and a tenth of what it took without bounds."""
MANY = ",".join(["[]"] * 2_600_000)


def timed(data):
    begun = time.thread_time()
    try:
        found = wire.decode_runner(data)
    except wire.FrameError as error:
        found = error
    return found, (time.thread_time() - begun) * 1000


@pytest.mark.parametrize(
    "data",
    [
        f'{{"type":"applause","x":[{MANY}]}}',
        f'{{"type":"entries","seq":1,"lines":[{MANY}]}}',
        f'{{"type":"entries","seq":1,"lines":[],"x":[{MANY}]}}',
        f'{{"type":"entries","type":"applause","seq":1,"lines":[],"x":[{MANY}]}}',
        '{"type":"entries","seq":1,"lines":[' + ",".join(['"a"'] * 2_000_000) + "]}",
        '{"type":"entries","seq":1,"lines":[' + ",".join(["1"] * 30_000) + "]}",
        '{"type":"hello","run":1,"versions":{' + ",".join(f'"secret{i}":{i}' for i in range(4000)) + "}}",
        '{"type":"hello","run":1,"turnsSeen":[' + ",".join(['"secret"'] * 7000) + "]}",
        '{"type":"hello","run":1,"versions":{"a":"' + "b" * 7_600_000 + '"}}',
        '{"type":"event","seq":1,"turn":1,"event":{"kind":"failed","reason":"provider","error":"'
        + " " * 70_000
        + '"}}',
        '{"type":"event","seq":1,"turn":1,"event":{"kind":"text","message":0,"offset":0,"text":"a","x":['
        + MANY
        + "]}}",
    ],
    ids=range(11),
)
def test_what_is_no_frame_is_refused_in_few_words_and_little_time(data):
    wire.decode_runner('{"type":"hello","run":1}')
    error, milliseconds = timed(data)
    assert isinstance(error, wire.FrameError)
    assert len(str(error)) <= wire.MAX_WORDS
    assert "secret" not in str(error)
    assert milliseconds < MOST_MILLISECONDS


@pytest.mark.parametrize(
    "text", ["\ud83d" * 900_000, "\x00" * 900_000, "a\ud83d" * 500_000, "😀" * 1_000_000, "ä" * 3_000_000]
)
def test_large_text_is_read_in_little_time(text):
    event = {"kind": "message_done", "message": 0, "text": text}
    frame = {"type": "event", "seq": 1, "turn": 1, "event": event}
    read, milliseconds = timed(json.dumps(frame, separators=(",", ":"), ensure_ascii="\ud83d" in text))
    assert len(read.event.text) == min(len(text), 1_000_000)
    read.event.text.encode()
    assert milliseconds < MOST_MILLISECONDS


@pytest.mark.parametrize(
    "frame",
    [
        wire.Entries(seq=2**53, lines=["x" * 6_000_000, '{"id":"ä\\u0000"}', ""]),
        wire.Entries(seq=1, lines=["é" * 200] * MAX_LINES),
        wire.EventFrame(seq=1, turn=2, event=wire.Text(message=3, offset=4, text='"\\\n' * 20_000)),
        wire.EventFrame(seq=1, turn=2, event=wire.MessageDone(message=3, text="😀" * 1_000_000)),
    ],
    ids=["lines", "many-lines", "text", "whole"],
)
def test_a_large_frame_is_read_back_as_it_was_written(frame):
    data = wire.encode(frame)
    assert len(data) > wire.SMALL_FRAME
    assert wire.decode_runner(data) == frame


@pytest.mark.parametrize(
    "data", ['"lines":["' + "x" * 70_000, '"lines":["' + "x" * 70_000 + '"', '"lines":[' + " " * 70_000]
)
def test_a_large_frame_that_ends_too_early_is_refused(data):
    with pytest.raises(wire.FrameError):
        wire.decode_runner('{"type":"entries","seq":1,' + data)


@pytest.mark.parametrize("number", [-1, 2**53 + 1, 1.5, "many"])
def test_numbers_have_a_least_and_a_most(number):
    with pytest.raises(wire.FrameError, match=r"entries\.seq"):
        wire.decode_runner(json.dumps({"type": "entries", "seq": number, "lines": []}))


def test_a_hello_of_a_talkative_runner_is_read_as_its_last_turns_and_first_versions():
    raw = {
        "type": "hello",
        "run": 1,
        "turnsSeen": list(range(3000)),
        "versions": {f"v{i}": "1" * 99 for i in range(50)},
    }
    read = wire.decode_runner(json.dumps(raw))
    assert read.turns_seen == list(range(2000, 3000))
    assert len(read.versions) == 8
    assert {len(version) for version in read.versions.values()} == {64}


@pytest.mark.parametrize("seconds", ["NaN", "Infinity", "-1"])
def test_timings_are_numbers_of_seconds(seconds):
    with pytest.raises(wire.FrameError, match=r"ready\.timings"):
        wire.decode_runner('{"type":"ready","timings":{"secret":' + seconds + "}}")


def test_too_many_lines_are_refused():
    with pytest.raises(wire.FrameError, match=r"entries\.lines: too_long"):
        wire.decode_runner(json.dumps({"type": "entries", "seq": 1, "lines": ["a"] * (MAX_LINES + 1)}))


def _models():
    unions = (wire.RunnerFrame, wire.GatewayFrame, wire.Event)
    found = [model for union in unions for model in get_args(get_args(union)[0])]
    seen = []
    while found:
        model = found.pop()
        if model not in seen:
            seen.append(model)
            found += [part for f in model.model_fields.values() for part in _inside(f.annotation)]
    return seen


def _inside(annotation):
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for part in get_args(annotation) for model in _inside(part)]


def _without_bound(schema, at):
    """Yield where a JSON schema lets a value be as large as it likes."""
    kind = schema.get("type")
    least = {"string": ("maxLength", "pattern", "enum", "const"), "array": ("maxItems",), "integer": ("maximum",)}
    least |= {"number": ("maximum",)}
    if kind in least and not any(word in schema for word in least[kind]):
        yield f"{at}: {kind}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict) and "maxProperties" not in schema:
        yield f"{at}: object"
    for part in ("items", "additionalProperties"):
        if isinstance(schema.get(part), dict):
            yield from _without_bound(schema[part], f"{at}.{part}")
    for option in schema.get("anyOf", []):
        yield from _without_bound(option, at)


@pytest.mark.parametrize("model", _models(), ids=lambda model: model.__name__)
def test_every_string_list_and_number_of_the_wire_has_a_bound(model):
    model.model_rebuild()
    properties = model.model_json_schema().get("properties", {})
    assert [word for name, schema in properties.items() for word in _without_bound(schema, name)] == []
    assert all(isinstance(field, FieldInfo) for field in model.model_fields.values())
