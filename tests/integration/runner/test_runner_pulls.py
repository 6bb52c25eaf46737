"""The tools for pull requests as the real pi calls them, and the runner's patience with its gateway."""

from __future__ import annotations

from agent_contract import wire
from tests.support.runner_talk import begin, texts

ASKED = '{"repository": "acme/api", "head": "agent/fix", "title": "Fix it", "body": "It rounds."}'


async def test_a_call_is_made_again_by_its_id_until_there_is_an_answer(gateway, make_runner):
    runner = make_runner(repositories=True)
    gateway.pull_answers = [
        (503, {"error": {"message": "try again in a moment"}}), (200, {"waiting": True}), (200, {"text": "Opened #7."}),
    ]  # fmt: skip
    await begin(gateway, runner, f"tool: open_pull_request {ASKED}")
    events = await gateway.ended(1)
    assert "Tool said: Opened #7." in texts(events)[-1]
    assert len(gateway.pulls) == 3
    assert gateway.pulls[0] == gateway.pulls[1] == gateway.pulls[2]
    asked = gateway.pulls[0]
    assert asked.pop("call")
    assert asked == {
        "turn": 1, "action": "open", "repository": "acme/api", "head": "agent/fix", "base": "", "title": "Fix it",
        "body": "It rounds.", "draft": False,
    }  # fmt: skip


async def test_what_is_refused_is_the_tools_error_and_the_others_have_a_tool_too(gateway, make_runner):
    runner = make_runner(repositories=True)
    gateway.pull_answers = [(403, {"error": {"message": "acme/api may only be read by this agent."}})]
    calls = f'open_pull_request {ASKED} || pull_request {{"action": "list"}} || pull_request {{"action": "merge"}}'
    await begin(gateway, runner, f"multi: {calls}")
    events = await gateway.ended(1)
    assert sorted(one.error for one in events if isinstance(one, wire.ToolEnded)) == [False, True, True]
    assert sorted(one["action"] for one in gateway.pulls) == [
        "list",
        "open",
    ]  # pi makes the calls of one answer at once


async def test_without_repositories_there_are_no_such_tools(gateway, runner, model_requests):
    await begin(gateway, runner, "hello")
    await gateway.ended(1)
    names = {tool["function"]["name"] for tool in model_requests()[0]["body"]["tools"]}
    assert "send_file" in names
    assert not names & {"open_pull_request", "pull_request"}
