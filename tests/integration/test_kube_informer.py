"""Client and informer beside a real API server."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import ssl
from datetime import UTC, datetime, timedelta

import pytest

from agent_contract import names
from agent_kube.client import MERGE_PATCH, KubeClient
from agent_kube.errors import Away, Conflict, Gone, NotFound, NotServed, Refused
from agent_kube.informer import Informer
from agent_kube.known import Absent, Present
from agent_kube.source import Source
from tests.support.apiserver import PATIENT
from tests.support.eventually import eventually

pytestmark = pytest.mark.apiserver
_numbers = itertools.count(1)


class NotingClient(KubeClient):
    """Notes what it is asked for."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.pages = []
        self.watches = []
        self.bookmarks = 0

    def lists(self):
        return sum(1 for page in self.pages if page["limit"] != "1")

    async def page(self, path, params=None):
        self.pages.append(dict(params or {}))
        return await super().page(path, params)

    @contextlib.asynccontextmanager
    async def watch(self, path, params=None):
        self.watches.append(params["resourceVersion"])
        async with super().watch(path, params) as events:
            yield self._noted(events)

    async def _noted(self, events):
        async for event in events:
            self.bookmarks += event["type"] == "BOOKMARK"
            yield event


@pytest.fixture
async def client(apiserver):
    client = NotingClient(apiserver.url, ssl_context=apiserver.admin(), limits=PATIENT)
    yield client
    await client.close()


@pytest.fixture
def namespace(apiserver):
    name = f"kube-{next(_numbers)}"
    apiserver.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    return name


def build_configmap(number, value):
    return {"metadata": {"name": f"tg-{number}"}, "data": {"value": value}}


def build_agentthread(number, value):
    channel = {"type": "telegram", "bot": "tg", "botId": 1000000001, "chatId": number}
    body = {"apiVersion": names.API_VERSION, "kind": "AgentThread", "metadata": {"name": f"tg-{number}"}}
    return body | {"spec": {"channel": channel, "title": value}}


KINDS = {
    "ConfigMap": ("/api/v1/namespaces/{}/configmaps", build_configmap, lambda raw: raw["data"]["value"]),
    "AgentThread": (
        f"/apis/{names.API_VERSION}/namespaces/{{}}/{names.AGENT_THREADS}",
        build_agentthread,
        lambda raw: raw["spec"]["title"],
    ),
}


@contextlib.asynccontextmanager
async def informing(client, path, kind, read, **source):
    changes = []
    informer = Informer(client, Source(path, kind, **source), read, lambda *change: changes.append(change))
    task = asyncio.create_task(informer.run())
    try:
        yield informer, changes
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("kind", KINDS)
async def test_real_objects_are_listed_in_pages_and_watched(apiserver, client, namespace, kind):
    path, build, read = KINDS[kind]
    path = path.format(namespace)
    for number in range(1, 26):
        apiserver.call("POST", path, build(number, str(number)))
    raws = []
    async with informing(client, path, kind, lambda raw: raws.append(raw) or read(raw), page_size=10) as (
        informer,
        changes,
    ):
        await informer.wait_synced()
        assert {str(number) for number in range(1, 26)} <= set(informer.all())
        assert [set(page) for page in client.pages[:3]] == [{"limit"}, {"limit", "continue"}, {"limit", "continue"}]
        assert not any("managedFields" in raw["metadata"] for raw in raws)
        assert informer.known("none") == Absent()
        await eventually(lambda: client.watches)
        merge = {"data": {"value": "new"}} if kind == "ConfigMap" else {"spec": {"title": "new"}}
        await client.request("PATCH", f"{path}/tg-3", body=merge, content_type=MERGE_PATCH)
        await eventually(lambda: informer.known("tg-3") == Present("new"))
        apiserver.call("DELETE", f"{path}/tg-4")
        await eventually(lambda: informer.known("tg-4") == Absent())
        assert changes[-2:] == [("tg-3", "3", "new"), ("tg-4", "4", None)]


async def test_a_watch_that_ended_goes_on_where_it_stopped_without_a_list(apiserver, client, namespace):
    path, build, read = KINDS["AgentThread"]
    path = path.format(namespace)
    async with informing(client, path, "AgentThread", read, watch_seconds=1.5) as (informer, changes):
        await informer.wait_synced()
        for number in range(3):
            await eventually(lambda number=number: len(client.watches) > number)
            apiserver.call("POST", path, build(number + 1, str(number)))
        await eventually(lambda: len(client.watches) >= 4)
        await eventually(lambda: len(informer.all()) == 3)
        assert client.lists() == 1
        assert changes == [(f"tg-{number + 1}", None, str(number)) for number in range(3)]
        assert [int(version) for version in client.watches] == sorted(int(version) for version in client.watches)
        await eventually(lambda: informer.problem is None)


async def test_a_bookmark_moves_the_version_of_a_quiet_watch(apiserver, client, namespace):
    path, _, read = KINDS["AgentThread"]
    async with informing(client, path.format(namespace), "AgentThread", read, watch_seconds=4) as (informer, changes):
        await eventually(lambda: client.watches)
        apiserver.call("POST", path.format("default"), build_agentthread(5, "elsewhere"))
        await eventually(lambda: client.bookmarks)
        await eventually(lambda: int(client.watches[-1]) > int(client.watches[0]))
        assert changes == []
        assert client.lists() == 1
        await eventually(lambda: informer.age() < 10)


async def test_an_answer_from_before_the_deletion_does_not_bring_the_object_back(apiserver, client, namespace):
    path, build, read = KINDS["AgentThread"]
    path = path.format(namespace)
    async with informing(client, path, "AgentThread", read) as (informer, _):
        await eventually(lambda: client.watches)
        informer.remember(await client.request("POST", path, body=build(7, "one")))
        assert informer.known("tg-7") == Present("one")
        answer = await client.request("GET", f"{path}/tg-7")
        await client.request("DELETE", f"{path}/tg-7")
        await eventually(lambda: informer.known("tg-7") == Absent())
        informer.remember(answer)
        assert informer.known("tg-7") == Absent()
        assert await informer.get("tg-7") == Absent()
        informer.remember(await client.request("POST", path, body=build(7, "two")))
        assert informer.known("tg-7") == Present("two")


async def test_its_refusals_are_told_apart(apiserver, client, namespace):
    path, build, _ = KINDS["AgentThread"]
    path = path.format(namespace)
    made = await client.request("POST", path, body=build(7, "one"))
    with pytest.raises(Conflict) as exists:
        await client.request("POST", path, body=build(7, "one"))
    await client.request("PATCH", f"{path}/tg-7", body={"spec": {"title": "two"}}, content_type=MERGE_PATCH)
    patch = {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}, "spec": {"title": "three"}}
    with pytest.raises(Conflict) as stale:
        await client.request("PATCH", f"{path}/tg-7", body=patch, content_type=MERGE_PATCH)
    assert (exists.value.exists, stale.value.exists) == (True, False)
    with pytest.raises(NotFound, match="not found"):
        await client.request("GET", f"{path}/none")
    with pytest.raises(NotServed):
        await client.request("GET", f"/apis/{names.API_VERSION}/namespaces/{namespace}/nothings/tg-7")
    with pytest.raises(NotServed):
        await client.page(f"/apis/nobody.example.dev/v1/namespaces/{namespace}/nothings")
    with pytest.raises(Refused) as invalid:
        await client.request("POST", path, body={**build(8, "x"), "spec": {"channel": 3}})
    assert invalid.value.status == 422
    anonymous = KubeClient(apiserver.url, ssl_context=apiserver.trust(), limits=PATIENT)
    with pytest.raises(Refused) as forbidden:
        await anonymous.request("GET", path)
    assert forbidden.value.status in {401, 403}
    await anonymous.close()


async def test_a_version_that_is_no_longer_kept_is_gone(client, namespace):
    path = KINDS["AgentThread"][0].format(namespace)
    with pytest.raises(Gone):
        async with client.watch(path, {"resourceVersion": "1", "timeoutSeconds": "5"}) as events:
            await anext(events)


async def test_a_certificate_that_nobody_signed_is_not_trusted(apiserver):
    stranger = KubeClient(apiserver.url, ssl_context=ssl.create_default_context())
    with pytest.raises(Away, match="CERTIFICATE_VERIFY_FAILED"):
        await stranger.request("GET", "/version")
    await stranger.close()


async def test_its_clock_is_kept(client):
    begun = datetime.now(UTC)
    await client.request("GET", "/version")
    took = datetime.now(UTC) - begun
    before = datetime.now(UTC)
    found = client.now()
    assert before - took - timedelta(seconds=2) < found < datetime.now(UTC) + timedelta(seconds=2)
