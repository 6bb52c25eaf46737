from __future__ import annotations

import json

import pytest

from agent_contract import wire
from agent_contract.sessionlines import MAX_LINE, read_entry
from agent_runner.events import PIECE, Translator, clean, encode_entry, escape_prompt, summarize_call

SETTLED = {"type": "agent_settled", "aborted": False}


def start():
    return {"type": "message_start", "message": {"role": "assistant", "content": []}}


def delta(text):
    return {"type": "message_update", "assistantMessageEvent": {"type": "text_delta", "delta": text}}


def end(*texts, stop="stop", error=None):
    content = [{"type": "text", "text": text} for text in texts]
    message = {"role": "assistant", "content": content, "stopReason": stop, "errorMessage": error}
    return {"type": "message_end", "message": message}


def feed(translator, *events):
    return [mapped for event in events for mapped in translator.feed(event)]


def test_text_carries_its_offset_in_code_points():
    assert feed(Translator(), start(), delta("a😀"), delta("b"), end("a😀b")) == [
        wire.Text(message=0, offset=0, text="a😀"),
        wire.Text(message=0, offset=2, text="b"),
        wire.MessageDone(message=0, text="a😀b"),
    ]


def test_halves_of_a_pair_are_joined():
    events = feed(Translator(), start(), delta("x\ud83d"), delta("\ude00y"))
    assert [event.text for event in events] == ["x", "😀y"]


def test_lone_half_is_replaced():
    assert clean("a\ude00b") == "a\ufffdb"


def test_blocks_are_parted_by_an_empty_line():
    block = {"type": "message_update", "assistantMessageEvent": {"type": "text_start", "contentIndex": 2}}
    events = feed(Translator(), start(), delta("one"), block, delta("two"), end("one", "two"))
    assert "".join(event.text for event in events[:-1]) == events[-1].text == "one\n\ntwo"


def test_messages_are_counted():
    events = feed(Translator(), start(), end("a", stop="toolUse"), start(), end("b"))
    assert events == [wire.MessageDone(message=0, text="a"), wire.MessageDone(message=1, text="b")]


def test_messages_of_others_say_nothing():
    event = {"type": "message_end", "message": {"role": "toolResult", "content": []}}
    assert feed(Translator(), event) == []


def test_failed_attempt_is_replaced_by_the_next_under_the_same_number():
    translator = Translator()
    events = feed(
        translator,
        start(),
        delta("par"),
        end("par", stop="error", error="503: busy"),
        {"type": "agent_end", "willRetry": True},
        {"type": "auto_retry_start", "attempt": 1, "maxAttempts": 7, "delayMs": 2000, "errorMessage": "503: busy"},
        {"type": "agent_start"},
        start(),
        delta("whole"),
        end("whole"),
    )
    assert events == [
        wire.Text(message=0, offset=0, text="par"),
        wire.MessageReplaced(message=0),
        wire.Retrying(attempt=1, max_attempts=7, delay_ms=2000, error="503: busy"),
        wire.Text(message=0, offset=0, text="whole"),
        wire.MessageDone(message=0, text="whole"),
    ]
    assert translator.finish(SETTLED)[1].ok


def test_attempt_that_showed_nothing_is_not_replaced():
    events = feed(Translator(), start(), end(stop="error", error="429"), {"type": "agent_end", "willRetry": True})
    assert events == []


def test_last_failure_keeps_its_text_and_says_the_providers_words():
    translator = Translator()
    body = json.dumps({"error": {"message": "quota of team sk-abcdefghijklmnop is used up"}})
    feed(translator, start(), delta("par"), end("par", stop="error", error=f"429: {body}"))
    events, outcome = translator.finish(SETTLED)
    assert events == [wire.MessageDone(message=0, text="par")]
    assert (outcome.ok, outcome.reason) == (False, "provider")
    assert outcome.error == "429: quota of team [hidden] is used up"


def test_settled_without_a_message_is_the_agents_failure():
    outcome = Translator().finish(SETTLED)[1]
    assert (outcome.ok, outcome.reason) == (False, "agent")
    assert outcome.error


def test_empty_answer_is_a_failure_unless_tools_worked():
    translator = Translator()
    feed(translator, start(), end(""))
    assert not translator.finish(SETTLED)[1].ok
    feed(translator, {"type": "tool_execution_start", "toolCallId": "c", "toolName": "bash", "args": {}})
    assert translator.finish(SETTLED)[1].ok


def test_aborted_message_keeps_its_text():
    translator = Translator()
    events = feed(translator, start(), delta("par"), end("par", stop="aborted"))
    assert events[-1] == wire.MessageDone(message=0, text="par")
    assert translator.finish({"type": "agent_settled", "aborted": True})[1].aborted


def test_tools_are_told_without_output():
    events = feed(
        Translator(),
        {"type": "tool_execution_start", "toolCallId": "c", "toolName": "bash", "args": {"command": "ls\npwd"}},
        {"type": "tool_execution_end", "toolCallId": "c", "toolName": "bash", "result": "secret", "isError": True},
    )
    assert events == [
        wire.ToolStarted(call="c", tool="bash", summary="ls"),
        wire.ToolEnded(call="c", tool="bash", error=True),
    ]


@pytest.mark.parametrize(
    ("args", "summary"),
    [({"path": "a.py", "content": "x"}, "a.py"), ({"command": "x" * 90}, "x" * 79 + "…"), ({}, ""), (None, "")],
)
def test_summary(args, summary):
    assert summarize_call(args) == summary


@pytest.mark.parametrize(("text", "sent"), [("/compact", " /compact"), ("a /b", "a /b"), ("", "")])
def test_prompt_is_never_a_command_of_pi(text, sent):
    assert escape_prompt(text) == sent


def test_entry_keeps_every_character():
    entry = {"id": "1", "message": {"content": "ä\ud83d\u0000"}}
    assert json.loads(encode_entry(entry)) == entry
    encode_entry(entry).encode()


@pytest.mark.parametrize("character", ["x", '"', "\\", "\n", "ä", "\ud83d", "\x00"])
@pytest.mark.parametrize("count", [900_000, 2_000_000, 3_000_000])
def test_whatever_an_entry_holds_it_fits_a_frame(character, count):
    line = encode_entry({"type": "message", "id": "2", "message": {"role": "toolResult", "content": character * count}})
    assert len(wire.encode(wire.Entries(seq=1, lines=[line])).encode()) <= wire.MAX_FRAME_BYTES


def test_entry_beyond_a_frame_keeps_its_place():
    entry = {
        "type": "message",
        "id": "2",
        "parentId": "1",
        "message": {"role": "toolResult", "content": "x" * MAX_LINE},
    }
    line = encode_entry(entry)
    assert len(line) < 1000
    stored = json.loads(line)
    assert (stored["id"], stored["parentId"], stored["message"]["role"]) == ("2", "1", "toolResult")


def nested(depth):
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize(
    "entry",
    [
        {"message": {"role": "toolResult", "content": [], "details": [[]] * 200_000}},
        {"message": {"role": "assistant", "content": [{"type": "toolCall", "arguments": nested(200)}]}},
        {"message": {"role": "assistant", "content": [], "usage": [[]] * 200_000}},
        {"data": [[]] * 200_000},
        {"data": "x" * MAX_LINE},
    ],
    ids=["details", "nested", "of-the-message", "no-message", "long"],
)
def test_an_entry_that_no_gateway_reads_keeps_its_place(entry):
    stored = read_entry(encode_entry({"type": "message", "id": "2", "parentId": "1"} | entry))
    assert (stored["type"], stored["id"], stored["parentId"]) == ("message", "2", "1")
    assert "left out" in stored["message"]["content"][0]["text"]


def test_an_answer_that_comes_at_once_comes_in_pieces():
    answer = "ä😀" * 100_000
    *pieces, done = feed(Translator(), start(), delta(answer), end(answer))
    assert "".join(piece.text for piece in pieces) == done.text == answer
    assert [piece.offset for piece in pieces] == list(range(0, len(answer), PIECE))
    assert max(len(piece.text) for piece in pieces) == PIECE
