from __future__ import annotations

import json
import random
import time
from typing import Annotated

import pytest
from pydantic import ValidationError

from agent_contract import text, wire
from agent_contract.base import Wire
from agent_contract.text import CUT, Cleaned, clean, strip_controls

ODD = [
    "\x00",
    "\ud83d",
    "\ude00",
    "\ud800",
    "\udfff",
    "\ufeff",
    "\ufffe",
    "\ufffd",
    "😀",
    "ä",
    "a",
    '"',
    "\\",
    "\n",
    "\x7f",
]


def odd_texts():
    chance = random.Random(7)
    return ["".join(chance.choices(ODD, k=chance.randint(0, 12))) for _ in range(3000)]


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("", ""),
        ("plain", "plain"),
        ("a\x00b", "a�b"),
        ("\x00", "�"),
        ("a\ud83d", "a�"),
        ("\ude00b", "�b"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d\ud83d\ude00", "�😀"),
        ("\ufeffä\x01\x7f", "\ufeffä\x01\x7f"),
    ],
)
def test_what_cannot_be_stored_is_replaced_and_the_rest_kept(raw, cleaned):
    assert clean(raw) == cleaned


def test_it_takes_no_shortcut_that_changes_what_comes_out():
    for raw in odd_texts():
        whole = raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        assert clean(raw) == whole.replace("\x00", "�"), ascii(raw)


def test_cleaned_text_is_utf8_without_nul_and_stays_as_it_is():
    for raw in odd_texts():
        cleaned = clean(raw, 5)
        assert b"\x00" not in cleaned.encode()
        assert len(cleaned) <= 5
        assert clean(cleaned, 5) == cleaned


@pytest.mark.parametrize(("raw", "kept"), [("abcd", "abcd"), ("abcde", "abc…"), ("😀" * 5, "😀😀😀…")])
def test_a_long_text_is_cut_with_a_mark(raw, kept):
    assert clean(raw, 4) == kept


class Sample(Wire):
    words: text.Message | None = None
    task: Annotated[str, Cleaned(5, least=1, cut=False)] = "x"


def test_a_field_is_cleaned_when_it_is_read_and_cut():
    assert Sample(words="a\x00" + "b" * 3000).words == "a�" + "b" * 2045 + CUT
    assert Sample.model_validate_json('{"words": "a\\u0000\\ud83d\\ude00"}').words == "a�😀"


def test_a_field_is_cleaned_when_it_is_written_without_having_been_read():
    copied = Sample().model_copy(update={"words": "\ud83d\x00" + "b" * 3000})
    written = copied.to_dict()["words"]
    assert (written[:3], len(written)) == ("��b", 2048)
    assert json.loads(copied.model_dump_json())["words"] == written


def test_what_stands_in_a_resource_holds_nothing_that_a_terminal_obeys():
    told = "\x1b]0;owned\x07\x1b[31mred\x1b[0m\x9b2J\x08"
    assert Sample(words=told).words == "red"
    assert Sample().model_copy(update={"words": told}).to_dict()["words"] == "red"


@pytest.mark.parametrize("task", ["", "123456"])
def test_what_must_not_be_cut_is_refused_out_of_its_bounds(task):
    with pytest.raises(ValidationError):
        Sample(task=task)
    assert Sample(task="1\x0034").task == "1�34"


@pytest.mark.parametrize("value", [7, [], {}])
def test_what_is_no_text_is_still_refused(value):
    with pytest.raises(ValidationError):
        Sample(words=value)


EVENTS = [
    {"kind": "text", "message": 0, "offset": 0, "text": "a\x00\ud83d"},
    {"kind": "tool_started", "call": "a\x00\ud83d", "tool": "a\x00\ud83d", "summary": "a\x00\ud83d"},
    {"kind": "tool_ended", "call": "a\x00\ud83d", "tool": "a\x00\ud83d"},
    {"kind": "message_done", "message": 0, "text": "a\x00\ud83d"},
    {"kind": "retrying", "attempt": 1, "maxAttempts": 2, "delayMs": 3, "error": "a\x00\ud83d"},
    {"kind": "notice", "text": "a\x00\ud83d"},
    {"kind": "failed", "reason": "provider", "error": "a\x00\ud83d"},
]
FRAMES = [
    *({"type": "event", "seq": 1, "turn": 1, "event": event} for event in EVENTS),
    {"type": "hello", "run": 1, "versions": {"a\x00\ud83d": "a\x00\ud83d"}},
    {"type": "ready", "timings": {"a\x00\ud83d": 1.5}, "filesProblem": "a\x00\ud83d"},
    {"type": "entries", "seq": 1, "lines": ['{"id":"a\x00\ud83d"}']},
    {"type": "subagent", "seq": 1, "turn": 1, "callId": "c", "task": "a\x00\ud83d"},
]


@pytest.mark.parametrize("raw", FRAMES, ids=lambda raw: raw.get("event", {}).get("kind") or raw["type"])
def test_every_text_of_a_runners_frame_is_cleaned(raw):
    read = wire.decode_runner(json.dumps(raw))
    sent = json.dumps(raw).replace("\\u0000", "\\ufffd").replace("\\ud83d", "\\ufffd")
    assert "\\ufffd" in sent
    written = json.loads(wire.encode(read))
    assert {key: written[key] for key in raw} | {"event": None} == json.loads(sent) | {"event": None}
    if "event" in raw:
        assert {key: written["event"][key] for key in raw["event"]} == json.loads(sent)["event"]


def test_a_session_line_keeps_its_escapes_and_stays_json():
    line = '{"id":"a","text":"\\u0000 \\ud83d"}'
    (read,) = wire.decode_runner(json.dumps({"type": "entries", "seq": 1, "lines": [line]})).lines
    assert read == line
    (read,) = wire.decode_runner(json.dumps({"type": "entries", "seq": 1, "lines": ['{"id":"a\x00"}']})).lines
    assert json.loads(read) == {"id": "a�"}


@pytest.mark.parametrize("frame", [wire.Notice(text="x" * 501), wire.Ready(files_problem="x" * 501)])
def test_a_sentence_that_is_too_long_is_cut_and_its_frame_read(frame):
    words = frame.text if isinstance(frame, wire.Notice) else frame.files_problem
    assert words == "x" * 499 + CUT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m and \x1b[1;38;5;9mmore\x1b[m", "red and more"),
        ("\x1b]0;a title\x07text \x1b]8;;https://x.y\x1b\\link", "text link"),
        ("a\x1b(Bb\x1b=c\x1b7d", "abcd"),
        ("50 %\r\n\r100 %\rdone\tok\n", "50 %\n\n100 %\ndone\tok\n"),
        ("bell\x07 back\x08 del\x7f c1\x85\x9b31m", "bell back del c1"),
        ("cut \x1b[3", "cut "),
        ("cut \x1b", "cut "),
        ("\x1b]0;never ends", "0;never ends"),
        ("plain [31m stays", "plain [31m stays"),
        ("日本語 ❤️\u200d🔥", "日本語 ❤️\u200d🔥"),
    ],
)
def test_what_steers_a_terminal_is_not_shown(text, shown):
    assert strip_controls(text) == shown
    assert strip_controls(shown) == shown


@pytest.mark.parametrize("text", ["\x1b[" * 200_000, "\x1b]" * 200_000, "\x1b]" + "x" * 400_000, "\x1bP\x1b" * 100_000])
def test_escapes_without_end_are_read_at_once(text):
    began = time.thread_time()
    strip_controls(text)
    assert time.thread_time() - began < 1
