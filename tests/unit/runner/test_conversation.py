"""Session lines on their way from pi to the outbox."""

from __future__ import annotations

import json

from agent_contract import wire
from agent_runner.conversation import Conversation
from agent_runner.outbox import Outbox
from agent_runner.pilines import MAX_LINE
from tests.support.eventually import eventually
from tests.unit.runner.test_pi import Pipes


def entry(number):
    parent = f"e{number - 1}" if number > 1 else None
    return {"type": "message", "id": f"e{number}", "parentId": parent, "message": {"role": "user", "content": "x"}}


async def answer(pipes, command, **data):
    heard = []
    await eventually(lambda: heard.extend(pipes.heard()) or any(one["type"] == command for one in heard))
    asked = [one for one in heard if one["type"] == command][-1]
    said = {"id": asked["id"], "type": "response", "command": command, "success": True, **data}
    await pipes.say(json.dumps(said, separators=(",", ":")).encode() + b"\n")
    return asked


async def test_lines_that_are_too_long_for_one_answer_are_read_from_the_file(tmp_path):
    path, outbox, told = tmp_path / "session.jsonl", Outbox(), []
    path.write_text("".join(json.dumps(line) + "\n" for line in ({"type": "session"}, *map(entry, range(1, 5)))))
    conversation = Conversation(outbox, told.append, str(path))
    pipes = Pipes(conversation.on_event)
    conversation.attach(pipes.pi, behind=False)
    await answer(pipes, "get_state")
    await pipes.say(b'{"type":"compaction_end"}\n')
    asked = await answer(pipes, "get_entries", data={"entries": [entry(1)]})
    assert "since" not in asked
    await pipes.say(b'{"type":"compaction_end"}\n')
    asked = await answer(pipes, "get_entries", data={"entries": [{"x": "x" * (MAX_LINE + (1 << 20))}]})
    assert asked["since"] == "e1"
    await eventually(lambda: conversation.last_entry == "e4")
    lines = []
    while isinstance(frame := outbox.take(0), wire.Entries):
        lines += frame.lines
    assert [json.loads(line)["id"] for line in lines] == ["e1", "e2", "e3", "e4"]
    pipes.close()
