"""The tool that searches as the real pi calls it, and the runner's patience with its gateway."""

from __future__ import annotations

from agent_contract import wire
from tests.support.runner_talk import begin, texts


async def test_a_search_is_asked_again_by_its_id_until_there_is_an_answer(gateway, make_runner):
    runner = make_runner()
    gateway.pull_answers = [(503, {"error": {"message": "in a moment"}}), (200, {"text": "3 messages."})]
    await begin(gateway, runner, 'tool: search_history {"query": "retry bug", "place": "chat", "since": "2026-11-01"}')
    events = await gateway.ended(1)
    assert "Tool said: 3 messages." in texts(events)[-1]
    first, second = gateway.pulls
    assert first == second
    assert first.pop("call")
    assert first == {
        "action": "search", "query": "retry bug", "place": "chat", "speaker": "anybody", "since": "2026-11-01", "until": "",
        "page": 1, "note": "", "scope": "conversation",
    }  # fmt: skip


async def test_what_is_none_or_refused_is_the_tools_error(gateway, make_runner):
    runner = make_runner()
    gateway.pull_answers = [(400, {"error": {"message": "A day is none: write it as 2026-11-01."}})]
    asked = '{"query": "a", "since": "2026-02-31"}', '{"query": ""}', '{"query": "a", "place": "everywhere"}'
    await begin(gateway, runner, "multi: " + " || ".join(f"search_history {one}" for one in asked))
    events = await gateway.ended(1)
    assert [one.error for one in events if isinstance(one, wire.ToolEnded)] == [True, True, True]
    assert len(gateway.pulls) == 1
