from __future__ import annotations

import asyncio
import json
import os

import pytest

from agent_runner.launch import Process
from agent_runner.pi import Pi
from agent_runner.pilines import MAX_LINE, TOO_LONG
from tests.support.eventually import eventually


class Pipes:
    """The ends that a pi process would hold."""

    def __init__(self, on_event=None):
        self.stdin, ours_in = os.pipe()
        ours_out, self.stdout = os.pipe()
        ours_err, self.stderr = os.pipe()
        for fd in (ours_in, ours_out, ours_err, self.stdin, self.stdout):
            os.set_blocking(fd, False)
        self.events = []
        self.broken = []
        self.dialogs = []
        self.pi = Pi(
            Process(1, ours_in, ours_out, ours_err, 0.0),
            on_event or self.events.append,
            self.broken.append,
            lambda _, request: self.dialogs.append(request),
        )

    async def say(self, data):
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self.stdout, view) :]
            except BlockingIOError:
                await asyncio.sleep(0)

    def heard(self):
        try:
            return [json.loads(line) for line in os.read(self.stdin, 1 << 20).splitlines()]
        except BlockingIOError:
            return []

    def close(self):
        for fd in (self.stdin, self.stdout, self.stderr):
            os.close(fd)
        self.pi.close()


async def test_line_of_megabytes_is_one_event():
    pipes = Pipes()
    big = {"type": "tool_execution_end", "result": "x" * 3_000_000}
    await pipes.say(json.dumps(big).encode() + b"\n" + b'{"type":"agent_settled"}\n')
    await eventually(lambda: len(pipes.events) == 2)
    assert pipes.events[0] == big
    pipes.close()


async def test_answers_are_matched_and_given_in_order():
    pipes = Pipes()
    order = []
    pipes.pi.call("get_state", lambda answer: order.append(answer["n"]))
    pipes.pi.call("prompt", lambda answer: order.append(answer["n"]), message="hi")
    first, second = pipes.heard()
    assert (second["type"], second["message"]) == ("prompt", "hi")
    for n, asked in ((2, second), (1, first)):
        await pipes.say(json.dumps({"type": "response", "id": asked["id"], "n": n}).encode() + b"\n")
    await eventually(lambda: order == [2, 1])
    pipes.close()


async def test_paused_reader_reads_nothing_until_it_resumes():
    pipes = Pipes()
    pipes.pi.pause()
    await pipes.say(b'{"type":"agent_start"}\n')
    for _ in range(5):
        await asyncio.sleep(0)
    assert pipes.events == []
    pipes.pi.resume()
    await eventually(lambda: pipes.events)
    pipes.close()


async def test_what_was_written_before_the_end_is_taken():
    pipes = Pipes()
    pipes.pi.pause()
    await pipes.say(b'{"type":"agent_start"}\n{"type":"half')
    os.write(pipes.stderr, b"out of disk\n")
    pipes.close()
    assert pipes.events == [{"type": "agent_start"}]
    assert pipes.pi.stderr == "out of disk"


async def test_output_that_is_no_rpc_is_told_once():
    pipes = Pipes()
    await pipes.say(b"hello\n" * 1000 + b'{"type":"agent_start"}\n')
    await eventually(lambda: pipes.broken)
    pipes.close()
    assert len(pipes.broken) == 1
    assert pipes.events == []


async def test_a_dialog_is_told_and_answered():
    pipes = Pipes()
    await pipes.say(b'{"type":"extension_ui_request","id":"e","method":"input"}\n')
    await eventually(lambda: pipes.dialogs)
    assert pipes.dialogs == [{"type": "extension_ui_request", "id": "e", "method": "input"}]
    pipes.pi.respond("e", cancelled=True)
    answer = await eventually(pipes.heard)
    assert answer == [{"type": "extension_ui_response", "id": "e", "cancelled": True}]
    pipes.close()


async def test_long_prompt_is_written_as_pi_reads():
    pipes = Pipes()
    pipes.pi.call("prompt", message="x" * 500_000)
    got = b""
    while not got.endswith(b"\n"):
        try:
            got += os.read(pipes.stdin, 1 << 20)
        except BlockingIOError:
            await asyncio.sleep(0)
    assert len(json.loads(got)["message"]) == 500_000
    pipes.close()


REPEATED = b'"messages":["' + b"x" * 3_000_000 + b'"]'


@pytest.mark.parametrize("again", [True, False])
async def test_the_end_of_a_run_is_known_without_what_it_repeats(again):
    pipes = Pipes()
    end = json.dumps({"willRetry": again}, separators=(",", ":")).encode()[1:]
    await pipes.say(b'{"type":"agent_end",' + REPEATED + b"," + end + b'\n{"type":"agent_settled"}\n')
    await eventually(lambda: len(pipes.events) == 2)
    assert pipes.events == [{"type": "agent_end", "willRetry": again}, {"type": "agent_settled"}]
    pipes.close()


async def test_a_line_that_is_too_long_ends_nothing_but_itself():
    pipes = Pipes()
    answers = []
    pipes.pi.call("get_entries", answers.append)
    [asked] = pipes.heard()
    head = json.dumps({"id": asked["id"], "type": "response", "command": "get_entries"}, separators=(",", ":")).encode()
    call = b'{"type":"tool_execution_end","toolCallId":"c1","toolName":"read",'
    long = b'"x":"' + b"x" * MAX_LINE + b'"'
    await pipes.say(head[:-1] + b"," + long + b"}\n")
    await pipes.say(call + long + b',"isError":true,"durationMs":10}\n')
    await pipes.say(b'{"type":"else",' + long + b"}\n")
    await pipes.say(b'{"type":"agent_settled"}\n')
    await eventually(lambda: len(pipes.events) == 2)
    assert [(answer["success"], answer["error"]) for answer in answers] == [(False, TOO_LONG)]
    end = {"type": "tool_execution_end", "toolCallId": "c1", "toolName": "read", "isError": True}
    assert pipes.events == [end, {"type": "agent_settled"}]
    assert pipes.broken == []
    pipes.close()
