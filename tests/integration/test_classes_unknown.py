"""An AgentClass that cannot be read ends nothing, refuses nothing for good, and allows nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent_contract.agentclass import AgentClass
from agent_gateway.errors import ClassUnknown
from agent_gateway.subagents.classes import Classes
from tests.support.children import begin
from tests.support.desk import running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres
LONG = {"timeouts": {"turn": 3600, "run": 7200}, "subAgents": {"maxDepth": 0}, "workspace": {"snapshotLimit": "1Gi"}}


async def age(store, turn, seconds):
    await store.pool.execute(
        "UPDATE turns SET started_at = now() - make_interval(secs => $2) WHERE id = $1", turn.id, float(seconds)
    )


@pytest.mark.parametrize("recorded", [True, False], ids=["with its limits", "of an earlier release"])
async def test_a_turn_of_a_class_that_cannot_be_read_for_a_moment_goes_on(store, recorded):
    """One 503 after 400 s ended a turn that its class gives 3600 s."""
    async with running_desk(store) as desk:
        desk.resources.found_class = AgentClass.model_validate({"spec": LONG})
        thread, turn, _ = await begin(desk)
        if not recorded:
            await store.pool.execute("UPDATE runs SET limits = NULL")
        desk.resources.unknown_since = datetime.now(UTC)
        await age(store, turn, 400)
        for _ in range(3):
            await desk.look(thread)
        assert (await store.turns.by_id(turn.id)).state.value == "started"
        assert desk.resources.stops == []
        assert await desk.said("final") == []
        desk.resources.unknown_since = None
        await age(store, turn, 3700)
        await desk.look(thread)
        await eventually(lambda: desk.said("final"))


async def test_what_a_class_that_is_not_known_allows_is_not_known(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = AgentClass.model_validate({"spec": LONG})
        thread, _, _ = await begin(desk)
        classes = Classes(store, desk.resources)
        assert (await classes.file_terms(thread.name, thread.id)).snapshot_limit == 2**30
        desk.resources.unknown_since = datetime.now(UTC)
        assert await classes.read_terms(thread.name, None) is None
        with pytest.raises(ClassUnknown):
            await classes.file_terms(thread.name, thread.id)
