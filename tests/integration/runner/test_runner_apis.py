"""The real pi over each kind of API that it speaks, through the real proxy, and on to another model where one is away."""

from __future__ import annotations

import contextlib
import json

import pytest

from agent_gateway.models.providers import Keys, ModelId, build_provider
from agent_gateway.store.rows import TurnState
from agent_simulators.model import create_app as create_model
from agent_simulators.model.faultspec import ModelFault
from agent_simulators.model.server import MODEL
from tests.support.eventually import LONG, eventually
from tests.support.models import KEY, serving
from tests.support.runner import RunnerProcess
from tests.support.runners import make_token, running_port

pytestmark = pytest.mark.postgres
BASES = {
    "openai-completions": "/v1", "openai-responses": "/v1", "anthropic-messages": "", "google-generative-ai": "/v1beta",
}  # fmt: skip
PATHS = {
    "openai-completions": "/v1/chat/completions",
    "openai-responses": "/v1/responses",
    "anthropic-messages": "/v1/messages",
    "google-generative-ai": "/v1beta/models/scripted:streamGenerateContent",
}


class Talk:
    """A conversation with a real runner behind the real port."""

    def __init__(self, port, thread):
        self.port, self.thread, self.updates = port, thread, 0

    async def ask(self, text):
        """Return the turn at its end, and its answer."""
        self.updates += 1
        turn = await self.port.make_turn(self.thread, update=self.updates, text=text)
        link = await eventually(self._ready, timeout=LONG)
        delivered = await eventually(lambda: self.port.store.turns.deliver_next(self.thread.id, 1))
        assert await link.send_turn(delivered)
        ended = await eventually(lambda: self._ended(turn.id), timeout=LONG)
        return ended, await self.port.store.turns.last_answer(turn.id)

    def _ready(self):
        link = self.port.deps.registry.link(self.thread.id)
        return link if link is not None and link.ready and link.connected else None

    async def _ended(self, turn_id):
        turn = await self.port.store.turns.by_id(turn_id)
        return turn if turn.state in {TurnState.DONE, TurnState.FAILED} else None


@contextlib.asynccontextmanager
async def talking(store, pi, folder, *, config=None, **more):
    async with running_port(store, key=KEY, **more) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        runner = RunnerProcess(
            folder, port.url, pi, make_token("token-1"), thread="tg-42", model="scripted", **(config or {})
        )
        await runner.start()
        try:
            yield Talk(port, thread)
        finally:
            await runner.stop()


@pytest.mark.parametrize("api", BASES)
async def test_a_turn_with_a_tool_over_each_kind_of_api(store, pi, tmp_path, api):
    app = create_model(KEY)
    async with serving(app) as url:
        settings = {"provider": "mine", "api": api, "llm_url": url + BASES[api]}
        config = {"provider": "mine", "api": api}
        async with talking(store, pi, tmp_path / "r", config=config, **settings) as talk:
            turn, answer = await talk.ask("bash: echo over the wire")
            assert turn.state is TurnState.DONE, answer
            assert "Tool said: over the wire" in answer
            assert (await talk.ask("and again"))[1].strip() == "Echo: and again"
            rows = await store.pool.fetch("SELECT * FROM usage ORDER BY id")
    asked = app[MODEL].requests
    assert {one["path"] for one in asked} == {PATHS[api]}
    assert all(one["key_right"] for one in asked)
    assert len(rows) == len(asked) == 3
    assert all(row["status"] == 200 and row["input"] > 0 and row["output"] > 0 for row in rows)
    assert make_token("token-1") not in json.dumps(asked)


async def test_another_model_answers_where_the_first_is_away_and_the_next_turn_begins_with_the_first(
    store, pi, tmp_path
):
    first, second = create_model(KEY), create_model(KEY)
    async with serving(first) as url, serving(second) as other_url:
        other = build_provider("other", other_url, Keys(KEY), api="anthropic-messages", models=["spare"])
        config = {
            "provider": "mine",
            "fallbacks": [{"provider": "other", "model": "spare", "api": "anthropic-messages"}],
        }
        more = {
            "provider": "mine",
            "llm_url": f"{url}/v1",
            "others": (other,),
            "fallbacks": (ModelId("other", "spare"),),
        }
        async with talking(store, pi, tmp_path / "r", config=config, **more) as talk:
            first[MODEL].faults.add(ModelFault(kind="error", status=503, message="overloaded", count=2))
            turn, answer = await talk.ask("hello there")
            assert turn.state is TurnState.DONE, answer
            assert answer.startswith("Echo: hello there")
            assert "Answered by spare: the usual model was not available." in answer
            turn, answer = await talk.ask("bash: echo hello")
            assert "Tool said: hello" in answer
            assert "Answered by" not in answer
    assert [one["body"]["model"] for one in second[MODEL].requests] == ["spare"]
    assert [one["body"]["model"] for one in first[MODEL].requests] == ["scripted"] * 4
