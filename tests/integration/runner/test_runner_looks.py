"""What somebody wants to see of the workspace, while the agent is at work and while it rests."""

from __future__ import annotations

import json

from agent_contract import wire
from agent_gateway.diffs.report import read_report
from tests.support.eventually import eventually
from tests.support.runner_talk import begin

LONG = {"turn": 600, "idle": 600, "run": 600, "grace": 40}
MADE = "git init -q -b main . && git -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m first && echo one > a.txt"


async def look(gateway, look_id, what):
    await gateway.send(wire.Look(id=look_id, what=what))
    return await eventually(lambda: gateway.looks.get(look_id))


async def test_repositories_are_looked_at_during_a_turn_and_after_it(gateway, make_runner):
    runner = make_runner(timeouts=LONG)
    await begin(gateway, runner, f"bash: {MADE}")
    assert isinstance((await gateway.ended(1))[-1], wire.TurnSettled)
    report = read_report(await look(gateway, "look-1", "changes"))
    assert [(one.path, one.added) for one in report.files] == [("a.txt", 1)]
    assert report.bases == ("",)
    await gateway.send(wire.Turn(id=2, text="bash: sleep 600"))
    await eventually(lambda: [e for e in gateway.events(2) if isinstance(e, wire.ToolStarted)])
    told = json.loads(await look(gateway, "look-2", "branches"))
    assert [branch["name"] for branch in told["repositories"][0]["branches"]] == ["main"]
    await gateway.send(wire.Abort(turn=2))
    assert isinstance((await gateway.ended(2))[-1], wire.Failed)


async def test_a_workspace_without_repositories_is_answered_with_nothing(gateway, make_runner):
    await begin(gateway, make_runner(timeouts=LONG), "hello")
    await gateway.ended(1)
    await gateway.send(wire.Look(id="look-1", what="changes"))
    assert await eventually(lambda: "look-1" in gateway.looks)
    assert gateway.looks["look-1"] == b""
