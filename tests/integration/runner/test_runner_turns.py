"""The runner with the real pi: turns, tools, retries, restored sessions."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from agent_contract import wire
from agent_gateway.models.refusals import SpentBudget, build_spent, read_spent
from agent_gateway.models.resets import with_reset
from agent_gateway.store.spending import Account, Amount, Scope
from tests.support.eventually import eventually
from tests.support.runner_talk import texts


def streamed(events):
    shown: dict[int, str] = {}
    for event in events:
        if isinstance(event, wire.MessageReplaced):
            shown[event.message] = ""
        if isinstance(event, wire.Text):
            assert event.offset == len(shown.get(event.message, ""))
            shown[event.message] = shown.get(event.message, "") + event.text
    return [shown[message] for message in sorted(shown)]


async def test_first_turn_streams_and_settles(gateway, runner):
    await runner.start()
    await gateway.ready()
    events = await gateway.ask(1, "hello there")
    assert isinstance(events[0], wire.TurnStarted)
    assert isinstance(events[-1], wire.TurnSettled)
    assert streamed(events) == texts(events) == ["Echo: hello there "]
    assert {"pi_spawned", "connected", "welcomed", "pi_ready"} <= set(gateway.readies[0].timings)


async def test_what_pi_loads_of_ours_is_not_translated_first(gateway, make_runner):
    """pi's loader reads modules of Node's own kind as they are; for any other it loads a compiler, for 0.4 s of a core."""
    runner = make_runner(repositories=True, fallbacks=[{"provider": "test", "model": "other"}])
    await runner.start()
    await gateway.ready()
    assert list(runner.tmp.iterdir()) == [runner.tmp / "jiti"]
    assert list((runner.tmp / "jiti").iterdir()) == []


async def test_entries_of_a_turn_come_before_its_end(gateway, runner):
    await runner.start()
    await gateway.ready()
    await gateway.ask(1, "hello there")
    kinds = [frame.event.kind if isinstance(frame, wire.EventFrame) else "entries" for frame in gateway.frames]
    before = gateway.frames[: kinds.index("turn_settled")]
    lines = [line for frame in before if isinstance(frame, wire.Entries) for line in frame.lines]
    assert any("hello there" in line and '"role":"user"' in line for line in lines)
    assert any('"role":"assistant"' in line for line in lines)
    assert lines == gateway.lines()


async def test_session_lines_are_what_the_file_holds(gateway, runner):
    await runner.start()
    await gateway.ready()
    await gateway.ask(1, "bash: echo häß €")
    await gateway.ask(2, "again")
    header, *lines = (runner.state / "session.jsonl").read_text().splitlines()
    assert json.loads(header)["type"] == "session"
    assert [json.loads(line) for line in gateway.lines()] == [json.loads(line) for line in lines]


async def test_tool_call_is_told_without_its_output(gateway, runner):
    await runner.start()
    await gateway.ready()
    events = await gateway.ask(1, "bash: echo se''cret; pwd; cat /proc/self/oom_score_adj")
    started = next(event for event in events if isinstance(event, wire.ToolStarted))
    ended = next(event for event in events if isinstance(event, wire.ToolEnded))
    assert (started.tool, started.call) == (ended.tool, ended.call)
    assert started.summary.startswith("echo se''cret")
    assert not ended.error
    first, second = texts(events)
    assert first == "Let me run that. "
    assert f"secret\n{runner.workspace}\n1000" in second


async def test_text_that_begins_with_a_slash_reaches_the_model(gateway, runner):
    await runner.start()
    await gateway.ready()
    events = await gateway.ask(1, "/compact please")
    assert texts(events) == ["Echo: /compact please "]


async def test_failing_attempt_is_retried_and_told(gateway, runner):
    await runner.start()
    await gateway.ready()
    events = await gateway.ask(1, "err 503 1")
    retry = next(event for event in events if isinstance(event, wire.Retrying))
    assert retry.attempt == 1
    assert "scripted failure 503" in retry.error
    assert texts(events) == ["recovered"]
    assert isinstance(events[-1], wire.TurnSettled)


async def test_limit_that_outlasts_every_try_is_told_at_once(gateway, runner):
    await runner.start()
    await gateway.ready()
    told = with_reset(b"slow down", datetime(2030, 1, 1, tzinfo=UTC), lasting=True).decode()
    events = await gateway.ask(1, f"err 429 9 {told}")
    assert not any(isinstance(event, wire.Retrying) for event in events)
    assert events[-1].error.endswith("[resets 2030-01-01T00:00:00Z]")


async def test_budget_that_is_used_up_is_an_end_and_no_retry(gateway, runner):
    await runner.start()
    await gateway.ready()
    most = Amount(5_000_000)
    told = build_spent(Account(Scope.DAY, "", date(2030, 1, 1), Amount(4_990_000, 0), most, most))
    events = await gateway.ask(1, f"err {told.status} 9 {told.message}")
    assert not any(isinstance(event, wire.Retrying) for event in events)
    assert (events[-1].reason, events[-1].status) == ("provider", 402)
    assert read_spent(events[-1].error) == SpentBudget(Scope.DAY, "$4.99", "$5.00")


async def test_cut_stream_replaces_what_was_shown(gateway, runner):
    await runner.start()
    await gateway.ready()
    events = await gateway.ask(1, "cut 1")
    replaced = next(event for event in events if isinstance(event, wire.MessageReplaced))
    assert replaced.message == 0
    assert any("part1" in event.text for event in events if isinstance(event, wire.Text))
    assert streamed(events) == texts(events) == ["whole answer"]


async def test_error_of_the_provider_comes_in_its_own_words(gateway, runner):
    await runner.start()
    await gateway.ready()
    events = await gateway.ask(1, "err 400 9 no such model: m")
    failed = events[-1]
    assert isinstance(failed, wire.Failed)
    assert failed.reason == "provider"
    assert "no such model: m" in failed.error
    assert isinstance((await gateway.ask(2, "go on"))[-1], wire.TurnSettled)


async def test_unknown_model_of_a_provider_that_pi_knows_is_left_to_the_provider(gateway, make_runner):
    runner = make_runner(provider="zai", model="no-such-model", thinking="high")
    await runner.start()
    await gateway.ready()
    assert texts(await gateway.ask(1, "hello")) == ["Echo: hello "]


async def test_stored_session_is_recalled(gateway, make_runner):
    first = make_runner()
    await first.start()
    await gateway.ready()
    await gateway.ask(1, "remember 4711")
    gateway.stored = gateway.lines()
    await first.stop()
    gateway.frames.clear()
    gateway.readies.clear()
    second = make_runner()
    await second.start()
    await gateway.ready()
    events = await gateway.ask(2, "recall")
    assert "remember 4711" in texts(events)[0]
    header = json.loads((second.state / "restored.jsonl").read_text().splitlines()[0])
    assert header["cwd"] == str(second.workspace)
    old = {json.loads(line)["id"] for line in gateway.stored}
    assert gateway.lines()
    assert not old & {json.loads(line)["id"] for line in gateway.lines()}


async def test_workspace_rules_and_instructions_reach_the_model(gateway, model_requests, make_runner):
    runner = make_runner(instructions="Speak like a pirate.")
    (runner.workspace / "AGENTS.md").write_text("Use tabs.")
    await runner.start()
    await gateway.ready()
    await gateway.ask(1, "hello")
    request = json.dumps(model_requests()[-1])
    assert "Speak like a pirate." in request
    assert "Use tabs." in request


async def test_only_the_tools_of_the_class_are_offered(gateway, model_requests, make_runner):
    runner = make_runner(tools=["read", "bash"])
    await runner.start()
    await gateway.ready()
    await gateway.ask(1, "hello")
    tools = model_requests()[-1]["body"]["tools"]
    assert sorted(tool["function"]["name"] for tool in tools) == ["bash", "read"]


async def test_rotated_token_is_used_for_the_next_model_call(gateway, runner):
    await runner.start()
    await gateway.ready()
    await gateway.ask(1, "hello")
    gateway.token = "token-2"
    runner.token.write_text("token-2")
    events = await gateway.ask(2, "hello again")
    assert isinstance(events[-1], wire.TurnSettled)
    assert gateway.model_keys[-1] == "Bearer token-2"
    await gateway.drop()
    await eventually(lambda: gateway.connected)


@pytest.mark.parametrize("api", ["openai-responses", "anthropic-messages", "google-generative-ai"])
async def test_a_model_call_shows_the_token_whatever_the_provider_speaks(gateway, make_runner, api):
    """pi shows each API a key in another way; the gateway looks at this header first."""
    runner = make_runner(provider="mine", api=api)
    await runner.start()
    await gateway.ready()
    events = await gateway.ask(1, "hello")
    assert texts(events) == ["Echo: hello "]
    assert gateway.model_keys == ["Bearer token-1"]


async def test_no_text_of_the_conversation_is_logged(gateway, runner):
    await runner.start(LOG_LEVEL="DEBUG")
    await gateway.ready()
    await gateway.ask(1, "bash: echo xyzzy")
    await gateway.ask(2, "err 400 1 plugh")
    assert "xyzzy" not in runner.log
    assert "plugh" not in runner.log
    assert "token-1" not in runner.log
    assert all(json.loads(line)["run"] == 1 for line in runner.log.splitlines())
