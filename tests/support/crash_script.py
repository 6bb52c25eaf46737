"""What a played agent does with a prompt: the words in brackets say it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from agent_contract import wire
from agent_contract.names import SUBAGENT_TOOL

if TYPE_CHECKING:
    from tests.support.crash_runner import PlayedRunner

QUESTION = re.compile(r"\bq\d\b")
FILE = b"the contents of a file"


async def perform(runner: PlayedRunner, turn: wire.Turn) -> None:
    """Answer one prompt: `[tool]`, `[child]`, `[file]` in this order, `[hang]` until somebody stops it."""
    key = (QUESTION.findall(turn.text) or ["the task"])[-1]
    runner.event(wire.TurnStarted())
    runner.entry(f"u{turn.id}", {"role": "user", "content": turn.text})
    runner.event(wire.Text(message=0, offset=0, text=f"Thinking of {key}."))
    if "[tool]" in turn.text:
        runner.event(wire.ToolStarted(call="t1", tool="bash", summary="ls"))
        runner.event(wire.ToolEnded(call="t1", tool="bash"))
        runner.entry(f"t{turn.id}", {"role": "toolResult", "toolName": "bash", "content": "done"})
    if "[child]" in turn.text:
        await _ask_child(runner, turn)
    if "[file]" in turn.text:
        await runner.send_file(f"f{turn.id}", f"{key}.txt", FILE)
    if "[hang]" in turn.text:
        await runner.aborted.wait()
        runner.event(wire.Failed(reason="aborted"))
        return
    answer = f"This is the answer to {key}."
    runner.event(wire.MessageDone(message=0, text=answer))
    runner.entry(f"a{turn.id}", {"role": "assistant", "content": answer})
    runner.result = answer
    runner.event(wire.TurnSettled())


async def _ask_child(runner: PlayedRunner, turn: wire.Turn) -> None:
    call = f"c{turn.id}"
    runner.event(wire.ToolStarted(call=call, tool=SUBAGENT_TOOL, summary="a task"))
    runner.results[call] = asyncio.get_running_loop().create_future()
    await runner.copy_workspace(call)
    runner.add(lambda seq: wire.SubAgentAsk(seq=seq, turn=turn.id, call_id=call, task="count to ten", copied=True))
    result = await runner.results[call]
    runner.event(wire.ToolEnded(call=call, tool=SUBAGENT_TOOL, error=not result.ok))
    runner.entry(
        f"c{turn.id}",
        {
            "role": "toolResult", "toolName": SUBAGENT_TOOL, "isError": not result.ok, "content": result.text,
            "details": {"subagent": {"name": result.name}},
        },
    )  # fmt: skip
