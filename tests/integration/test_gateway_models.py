"""`/model` over several providers, on a real Postgres."""

from __future__ import annotations

import pytest

from agent_contract.agentclass import AgentClass
from tests.integration.test_gateway_settings import ask, begin, end, over
from tests.support.desk import build_models, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres
OTHERS = {"other": ("glm", "deep/seek"), "third": ("opus",)}


async def test_the_models_of_all_providers_are_listed_and_the_choice_names_its_provider(store):
    async with running_desk(store, llm_models=("air",), others=OTHERS) as desk:
        desk.resources.resolve = build_models(("air",), OTHERS).resolve
        _, turn, _ = await begin(desk)
        await end(desk, turn)
        _, buttons = await ask(desk, "/model")
        assert list(buttons) == ["✓ zai/glm", "air", "other/glm", "deep/seek", "opus"]
        assert await press(desk, buttons["other/glm"]) == ""
        text, buttons, _ = await last_said(desk)
        assert (text, list(buttons)[2]) == ("Model: other/glm", "✓ other/glm")
        assert (await store.threads.by_name("tg-42")).model == "other/glm"
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)
        await over(desk, 1)
        await desk.say("again")
        await desk.run_wanted("tg-42", 2)
        model = desk.resources.cached("tg-42").spec.model
        assert (model.provider, model.name) == ("other", "glm")
        assert (await ask(desk, "/model deep/seek"))[0].startswith("Model: deep/seek")


async def test_the_model_of_a_class_at_another_provider_is_named_so(store):
    async with running_desk(store, llm_models=("air",), others=OTHERS) as desk:
        desk.resources.found_class = AgentClass.model_validate(
            {"spec": {"model": {"provider": "other", "name": "glm"}}}
        )
        _, buttons = await ask(desk, "/model")
        assert list(buttons) == ["✓ other/glm", "zai/glm", "air", "deep/seek", "opus"]
