"""What a played agent does with a prompt: the words in brackets say it."""

from __future__ import annotations

import asyncio
import io
import json
import re
from typing import TYPE_CHECKING

from agent_contract import wire
from agent_contract.names import SUBAGENT_TOOL

if TYPE_CHECKING:
    from tests.support.crash_runner import PlayedRunner

QUESTION = re.compile(r"\bq\d\b")
ASKS = re.compile(r"\[ask (\d+)\]")
CHILDREN = re.compile(r"\[children (\d+)\]")
FILE = b"the contents of a file"


async def perform(runner: PlayedRunner, turn: wire.Turn) -> None:
    """Answer one prompt: `[tool]`, `[child]`, `[children N]`, `[file]`, `[ask N]` in this order, `[hang]` until it is stopped."""
    key = (QUESTION.findall(turn.text) or ["the task"])[-1]
    runner.event(wire.TurnStarted())
    runner.entry(f"u{turn.id}", {"role": "user", "content": turn.text})
    runner.event(wire.Text(message=0, offset=0, text=f"Thinking of {key}."))
    if "[tool]" in turn.text:
        runner.event(wire.ToolStarted(call="t1", tool="bash", summary="ls"))
        runner.event(wire.ToolEnded(call="t1", tool="bash"))
        runner.entry(f"t{turn.id}", {"role": "toolResult", "toolName": "bash", "content": "done"})
    if "[child]" in turn.text:
        await _ask_child(runner, turn, f"c{turn.id}")
    if (several := CHILDREN.search(turn.text)) is not None:
        await asyncio.gather(*(_ask_child(runner, turn, f"c{turn.id}-{n}") for n in range(int(several[1]))))
    if "[file]" in turn.text:
        await runner.send_file(f"f{turn.id}", f"{key}.txt", FILE)
    chosen = [await _ask_person(runner, turn, n) for n in range(_count_asks(turn.text))]
    if "[hang]" in turn.text:
        runner.hangs = True
        await runner.aborted.wait()
        runner.hangs = False
        runner.event(wire.Failed(reason="aborted"))
        return
    answer = f"This is the answer to {key}." + (f" Chosen: {', '.join(chosen)}." if chosen else "")
    runner.event(wire.MessageDone(message=0, text=answer))
    runner.entry(f"a{turn.id}", {"role": "assistant", "content": answer})
    runner.result = answer
    runner.event(wire.TurnSettled())


def _count_asks(text: str) -> int:
    found = ASKS.search(text)
    return int(found[1]) if found else 0


async def _ask_person(runner: PlayedRunner, turn: wire.Turn, number: int) -> str:
    call = f"p{turn.id}-{number}"
    waiting = runner.decided[call] = asyncio.get_running_loop().create_future()
    runner.add(
        lambda seq: wire.Ask(
            seq=seq, turn=turn.id, id=call, kind="question", text=f"Which colour, {call}?", options=["Blue", "Red"],
            free_text=True,
        )
    )  # fmt: skip
    decision = await waiting
    runner.add(lambda seq: wire.AskClosed(seq=seq, id=call))
    return decision.text or decision.outcome


async def _ask_child(runner: PlayedRunner, turn: wire.Turn, call: str) -> None:
    runner.event(wire.ToolStarted(call=call, tool=SUBAGENT_TOOL, summary="a task"))
    runner.results[call] = asyncio.get_running_loop().create_future()
    await runner.copy_workspace(call)
    runner.add(lambda seq: wire.SubAgentAsk(seq=seq, turn=turn.id, call_id=call, task="count to ten", copied=True))
    result = await runner.results[call]
    runner.event(wire.ToolEnded(call=call, tool=SUBAGENT_TOOL, error=not result.ok))
    runner.entry(
        call,
        {
            "role": "toolResult", "toolName": SUBAGENT_TOOL, "isError": not result.ok, "content": result.text,
            "details": {"subagent": {"name": result.name}},
        },
    )  # fmt: skip


def find_pack(state: bytes) -> bytes:
    """Return the contents of a state whose one part is all of them."""
    source, found = io.BytesIO(state), b""
    while line := source.readline():
        about = json.loads(line)
        body = source.read(about["bytes"])
        found = body if about["type"] == "pack" else found
    return found
