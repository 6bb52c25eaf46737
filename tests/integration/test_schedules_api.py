"""AgentSchedules on a real API server, with the role that the chart gives the gateway; what cannot be meant is refused there."""

from __future__ import annotations

import asyncio
import json
import urllib.error
from datetime import UTC, datetime

import pytest

from agent_contract import names
from agent_contract.agentschedule import AgentScheduleSpec, AgentScheduleStatus, DueTime
from agent_contract.conditions import Condition
from agent_gateway.resources.agentschedules import AgentSchedules
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.collection import NameTaken
from tests.support.chart_parts import install_gateway, open_as_gateway

pytestmark = pytest.mark.apiserver
GOOD = {"threadRef": {"name": "tg-42"}, "cron": "0 9 * * 1-5", "timeZone": "Europe/Berlin", "prompt": "Look."}
SPEC = AgentScheduleSpec.model_validate(GOOD)


@pytest.fixture
def namespace(apiserver):
    return install_gateway(apiserver, "scheduled", "rbac")


@pytest.fixture
async def resources(apiserver, namespace):
    async with open_as_gateway(apiserver, namespace) as client:
        yield AgentSchedules(client, namespace, Changes(), lambda: None)


def refuse(apiserver, namespace, spec):
    """Return what is said against a spec; empty where it is taken."""
    path = f"/apis/{names.API_VERSION}/namespaces/{namespace}/agentschedules?dryRun=All"
    body = {"apiVersion": names.API_VERSION, "kind": "AgentSchedule", "metadata": {"name": "probe"}, "spec": spec}
    try:
        apiserver.call("POST", path, body)
    except urllib.error.HTTPError as error:
        with error:
            return str(json.loads(error.read())["message"])
    return ""


def without(*fields, **more):
    return {key: value for key, value in {**GOOD, **more}.items() if key not in fields}


def test_what_cannot_be_meant_is_refused_in_words(apiserver, namespace):
    for spec, words in [
        (GOOD, ""),
        (without("timeZone", cron="@daily"), ""),
        (without("cron", "timeZone", at="2026-12-24T18:00:00Z"), ""),
        (without("cron", "timeZone"), "set either cron (again and again) or at (once)"),
        (without("timeZone", at="2026-12-24T18:00:00Z"), "set either cron"),
        (without(cron="0 9 * *"), "cron needs five fields"),
        (without(cron="0 0 9 * * *"), "cron needs five fields"),
        (without(cron="at nine"), "cron needs five fields"),
        (without(timeZone="Europe/Ber lin"), "timeZone must be a name such as Europe/Berlin"),
        (without("cron", at="2026-12-24T18:00:00Z"), "timeZone goes with cron"),
        (without("prompt"), "spec.prompt: Required value"),
        (without(threadRef={"name": "Tg-42"}), "spec.threadRef.name"),
        (without(concurrencyPolicy="Maybe"), "concurrencyPolicy"),
        (without(failedTurnsHistoryLimit=11), "failedTurnsHistoryLimit"),
    ]:
        said = refuse(apiserver, namespace, spec)
        assert words in said if words else not said, (spec, said)


async def test_one_from_the_chat_is_made_once_held_told_and_deleted(apiserver, namespace, resources):
    made = await resources.create("tg-42-s7", 7, SPEC)
    assert (made.label, made.generation, made.spec) == ("7", 1, SPEC)
    assert (await resources.create("tg-42-s7", 7, SPEC)).uid == made.uid, "its answer was lost"
    with pytest.raises(NameTaken):
        await resources.create("tg-42-s7", 8, SPEC)
    held = await resources.suspend("tg-42-s7", suspended=True)
    assert (held.spec.suspend, held.generation) == (True, 2)
    now = datetime(2026, 1, 2, 9, tzinfo=UTC)
    condition = Condition(type="Accepted", status="True", reason="Accepted", last_transition_time=now)
    status = AgentScheduleStatus(
        observed_generation=2, next_at=now, last_at=now, recent=[DueTime(due_at=now, outcome="Succeeded", ended_at=now)], conditions=[condition]
    )  # fmt: skip
    await resources.tell("tg-42-s7", status)
    told = await resources.get("tg-42-s7")
    assert (told.last_at, told.generation) == (now, 2), "a status is no change of what is wanted"
    await resources.tell("tg-42-s7", status.model_copy(update={"next_at": None}))
    path = f"/apis/{names.API_VERSION}/namespaces/{namespace}/agentschedules/tg-42-s7"
    assert "nextAt" not in apiserver.call("GET", path)["status"]
    await resources.delete("tg-42-s7", "another")
    assert await resources.get("tg-42-s7") is not None, "another one's name is left alone"
    await asyncio.gather(resources.delete("tg-42-s7", made.uid), resources.delete("tg-42-s7", made.uid))
    assert await resources.get("tg-42-s7") is None
    assert await resources.suspend("tg-42-s7", suspended=True) is None
    await resources.tell("tg-42-s7", status)


def test_its_thread_cannot_change(apiserver, namespace):
    path = f"/apis/{names.API_VERSION}/namespaces/{namespace}/agentschedules"
    body = {"apiVersion": names.API_VERSION, "kind": "AgentSchedule", "metadata": {"name": "fixed"}, "spec": GOOD}
    made = apiserver.call("POST", path, body)
    made["spec"]["threadRef"]["name"] = "tg-43"
    with pytest.raises(urllib.error.HTTPError) as error:
        apiserver.call("PUT", f"{path}/fixed", made)
    with error.value:
        assert "threadRef cannot be changed" in json.loads(error.value.read())["message"]
