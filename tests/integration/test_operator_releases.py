"""Two releases that share a namespace of agents: each takes its own bot's."""

from __future__ import annotations

import pytest

from agent_contract import names
from tests.support.eventually import LONG, eventually, eventually_sync
from tests.support.operating import Operator, prepare_namespace

pytestmark = pytest.mark.apiserver
NAMESPACE = "releases"
BOTS = ("tg", "tg-x")


@pytest.fixture(scope="module")
def operators(apiserver, tmp_path_factory):
    folder = tmp_path_factory.mktemp("releases")
    kubeconfig = prepare_namespace(apiserver, NAMESPACE, folder)
    path = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}/{names.AGENT_CLASSES}"
    meta = {"name": "default"}
    apiserver.call("POST", path, {"apiVersion": names.API_VERSION, "kind": "AgentClass", "metadata": meta})
    made = []
    for bot in BOTS:
        settings = {"OPERATOR_BOT": bot, "OPERATOR_RELEASE": bot, "OPERATOR_AGENT_IMAGE": f"{bot}:1"}
        made.append(Operator(kubeconfig, NAMESPACE, folder / f"{bot}.log", **settings))
        made[-1].start()
    for operator in made:
        eventually_sync(lambda operator=operator: operator.get("readyz")[0] == 200, timeout=LONG)
    yield made
    for operator in made:
        operator.stop()


async def make(agents, plural, name, labels=None, **spec):
    kind = "AgentThread" if plural == names.AGENT_THREADS else "SubAgent"
    body = {
        "apiVersion": names.API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "labels": labels or {}},
        "spec": spec,
    }
    path = agents.threads.replace(names.AGENT_THREADS, plural)
    return (await agents.client.request("POST", path, body=body))["metadata"]


async def image_of(agents, meta):
    """Wait for the Job of a resource and return its image."""
    job = names.build_job_name(meta["name"], meta["uid"], 1)
    found = await eventually(lambda: agents.find(f"{agents.jobs}/{job}"))
    return found["spec"]["template"]["spec"]["containers"][0]["image"]


async def test_each_begins_the_runs_of_its_own_bot_and_of_their_sub_agents(operators, agents):
    for chat in range(1, 6):  # whichever were first would take some of the other's
        for bot in BOTS:
            channel = {"bot": bot, "botId": 1, "chatId": chat}
            name = names.build_thread_name(bot, chat, None)
            thread = await make(agents, names.AGENT_THREADS, name, channel=channel, run=1)
            assert await image_of(agents, thread) == f"{bot}:1"
            child = await make(
                agents, names.SUB_AGENTS, f"{name}-r1-k1", {names.LABEL_THREAD: name}, task="count",
                parent={"kind": "AgentThread", "name": name, "uid": thread["uid"], "callId": "c"},
            )  # fmt: skip
            assert await image_of(agents, child) == f"{bot}:1"
    byhand = await make(agents, names.SUB_AGENTS, "by-hand", {names.LABEL_BOT: "tg-x"}, task="count")
    assert await image_of(agents, byhand) == "tg-x:1"


async def test_a_class_is_not_written_again_and_again_by_both(operators, agents):
    path = f"{agents.classes}/default"

    async def told():
        return (await agents.find(path)).get("status", {}).get("conditions")

    await eventually(told)
    version = (await agents.find(path))["metadata"]["resourceVersion"]
    for operator in operators:
        before = operator.metric("openclaw_operator_reconciles_total")
        name = names.build_thread_name("tg-x" if operator is operators[1] else "tg", 99, None)
        await make(agents, names.AGENT_THREADS, name, channel={"bot": name[:-3], "botId": 1, "chatId": 99})
        await eventually(lambda op=operator, was=before: op.metric("openclaw_operator_reconciles_total") > was)
    assert (await agents.find(path))["metadata"]["resourceVersion"] == version
