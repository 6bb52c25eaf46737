"""Two providers of different kinds in one conversation: chosen by people, and gone on with where the first is away."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import NAME, NAMESPACE, now_ms
from tests.support.chat import buttons, wait

KEY = "demo-key-of-the-scripted-model"


@pytest.fixture(scope="module")
def two(system):
    """Install the release with a second provider: the scripted model, spoken to as Anthropic's messages."""
    second = {
        "name": "second", "api": "anthropic-messages", "apiKey": KEY, "models": ["spare"],
        "baseUrl": f"http://{NAME}-demo-model.{NAMESPACE}.svc:8082",
    }  # fmt: skip
    system.release.install({**system.values, "llm": {"providers": [second]}})
    system.make_class("with-spare", fallbackModels=[{"provider": "second", "name": "spare"}])
    yield system
    system.release.install(system.values)


def asked(system, since):
    """Return path and model of each call."""
    return [(one["path"], one["body"]["model"]) for one in system.requests(since) if "model" in one["body"]]


@pytest.mark.timeout(1800, func_only=False)
def test_people_choose_a_model_of_another_provider(two, chat):
    chat.ask("bash: echo the first", "Tool said: the first")
    told = chat.ask("/model", "Model: scripted")
    assert buttons(told) == ["✓ scripted", "spare"]
    chat.press(told["message_id"], "spare")
    chat.wait_for("Model: spare", told["message_id"] - 1)
    since = now_ms()
    chat.ask("bash: echo the second", "Tool said: the second")
    assert asked(two, since) == [("/v1/messages", "spare")] * 2
    spec = wait(lambda: two.thread(chat.thread)["spec"].get("model"), "the model that was chosen in the AgentThread")
    assert (spec["provider"], spec["name"]) == ("second", "spare")


@pytest.mark.timeout(1800, func_only=False)
def test_another_model_answers_where_the_first_is_away_and_the_next_turn_begins_with_the_first(two, chat):
    two.make_thread(chat, "with-spare")
    chat.ask("hello", "Echo: hello")
    since = now_ms()
    two.model.post("/sim/faults", {"kind": "error", "status": 503, "message": "overloaded", "count": 2})
    answer = chat.ask("are you there", "Answered by spare: the usual model was not available.")
    assert "Echo: are you there" in answer["text"]
    assert asked(two, since) == [("/v1/chat/completions", "scripted")] * 2 + [("/v1/messages", "spare")]
    since = now_ms()
    answer = chat.ask("and now", "Echo: and now")
    assert "Answered by" not in answer["text"]
    wait(lambda: asked(two, since) == [("/v1/chat/completions", "scripted")], "the first model to be asked again")
