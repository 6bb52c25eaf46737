"""Answers that a provider cuts, filters or refuses, as the runner and the real pi go on with them."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_simulators.model.server import MODEL
from tests.integration.runner.test_runner_files import PNG
from tests.support.runner_talk import begin, texts


def shown(events):
    """Return what was streamed, message by message."""
    said = {}
    for event in events:
        if isinstance(event, wire.Text):
            said[event.message] = said.get(event.message, "") + event.text
    return list(said.values())


def sent(request):
    """Return what of a request is a picture, and its words."""
    parts = [
        part
        for message in request["body"]["messages"]
        for part in (message["content"] if isinstance(message["content"], list) else [message])
    ]
    return sum(part.get("type") == "image_url" for part in parts), str(request["body"]["messages"])


async def test_an_answer_that_was_cut_at_its_limit_says_so_and_is_kept(gateway, runner, model_requests):
    await begin(gateway, runner, "finish length step one: stop the writers")
    events = await gateway.ended(1)
    assert events[-1] == wire.TurnSettled(finish="length")
    assert texts(events) == ["step one: stop the writers "]
    assert len(model_requests()) == 1  # it was not asked again
    assert (await gateway.ask(2, "hello"))[-1] == wire.TurnSettled()
    assert "step one: stop the writers" in sent(model_requests()[-1])[1]
    assert "was cut at the model's output limit" in sent(model_requests()[-1])[1]


async def test_what_a_filter_refused_is_not_refused_again(gateway, runner, model_requests):
    await begin(gateway, runner, "finish content_filter half of it")
    events = await gateway.ended(1)
    assert texts(events) == ["half of it "]
    assert (events[-1].reason, events[-1].error) == ("provider", "Provider finish_reason: content_filter")
    assert (await gateway.ask(2, "hello"))[-1] == wire.TurnSettled()
    assert "half of it" not in sent(model_requests()[-1])[1]
    assert "content filter refused" in sent(model_requests()[-1])[1]


@pytest.fixture
async def seeing(gateway, make_runner, model_server):
    model_server.app[MODEL].pictures = False
    runner = make_runner(images=True)
    gateway.files = [PNG]
    await begin(gateway, runner, "look", files=[wire.TurnFile(name="p.png", media_type="image/png", size=len(PNG))])
    return gateway


async def test_a_picture_that_is_refused_is_left_out_for_good(seeing, model_requests):
    events = await seeing.ended(1)
    assert events[-1] == wire.TurnSettled(pictures=1)
    assert "look" in texts(events)[-1]
    assert [sent(request)[0] for request in model_requests()] == [1, 0]
    for turn in (2, 3):
        assert (await seeing.ask(turn, "hello"))[-1] == wire.TurnSettled()
    assert [sent(request)[0] for request in model_requests()] == [1, 0, 0, 0]


async def test_a_refusal_that_has_nothing_to_do_with_pictures_is_told(gateway, make_runner, model_requests):
    runner = make_runner(images=True)
    gateway.files = [PNG]
    files = [wire.TurnFile(name="p.png", media_type="image/png", size=len(PNG))]
    await begin(gateway, runner, "err 400 9 max_tokens is too large: 8192", files=files)
    assert (await gateway.ended(1))[-1].status == 400
    assert [sent(request)[0] for request in model_requests()] == [1]


async def test_thought_that_is_written_as_text_is_not_shown_nor_sent_again(gateway, runner, model_requests):
    await begin(gateway, runner, "think the answer is four")
    events = await gateway.ended(1)
    assert texts(events) == ["the answer is four "]
    assert shown(events) == ["the answer is four "]
    assert any(isinstance(event, wire.Thinking) for event in events)
    await gateway.ask(2, "hello")
    assert "Let me see" not in sent(model_requests()[-1])[1]


async def test_a_model_that_writes_less_at_once_is_asked_for_less(gateway, make_runner, model_requests):
    runner = make_runner(maxTokens=4096)
    await begin(gateway, runner, "hello")
    assert (await gateway.ended(1))[-1] == wire.TurnSettled()
    assert model_requests()[0]["body"]["max_completion_tokens"] == 4096


async def test_a_model_that_thinks_is_instructed_in_a_role_that_every_server_knows(
    gateway, make_runner, model_requests
):
    runner = make_runner(thinking="high")
    await begin(gateway, runner, "hello")
    assert (await gateway.ended(1))[-1] == wire.TurnSettled()
    assert [message["role"] for message in model_requests()[0]["body"]["messages"]] == ["system", "user"]


async def test_codemode_runs_its_scripts(gateway, make_runner, model_requests):
    runner = make_runner(tools=["+codemode"])
    await begin(gateway, runner, 'tool: codemode {"code":"text(String(6 * 7))"}')
    events = await gateway.ended(1)
    assert events[-1] == wire.TurnSettled()
    assert "42" in texts(events)[-1]
