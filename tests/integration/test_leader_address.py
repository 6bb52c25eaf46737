"""The leader's address in the chart's EndpointSlices, on a real API server and with the role that the chart gives."""

from __future__ import annotations

import pytest

from agent_gateway.config import load_config
from agent_gateway.errors import ConfigError, LeadershipLost
from agent_gateway.resources.leaderaddress import LeaderAddress, build_address
from agent_gateway.store.transaction import Fence
from agent_kube.errors import KubeError
from tests.conftest import BOT_ID
from tests.support.chart_parts import SLICES, install_gateway, open_as_gateway

pytestmark = pytest.mark.apiserver


@pytest.fixture
def namespace(apiserver):
    return install_gateway(apiserver, "address", "rbac", "service", **{"gateway.replicas": "2"})


@pytest.fixture
async def client(apiserver, namespace):
    async with open_as_gateway(apiserver, namespace) as client:
        yield client


def leader(client, namespace, epoch, addresses, *, service="oc-gateway", check=lambda: None):
    fence = Fence(BOT_ID, epoch) if epoch else None
    return LeaderAddress(client, namespace, service, f"pod-{epoch}", addresses, check=check, fence=lambda: fence)


def standing(apiserver, namespace, family="ipv4"):
    found = apiserver.call("GET", f"{SLICES}/namespaces/{namespace}/endpointslices/oc-gateway-{family}")
    return [a for e in found.get("endpoints") or [] for a in e["addresses"]], found["metadata"]["resourceVersion"]


async def test_a_leader_puts_its_addresses_there_and_its_successor_replaces_them(apiserver, namespace, client):
    assert standing(apiserver, namespace)[0] == []
    first = leader(client, namespace, 3, ["10.0.0.3", "fd00::3"])
    await first.put("ipv4")
    await first.put("ipv6")
    assert standing(apiserver, namespace)[0] == ["10.0.0.3"]
    assert standing(apiserver, namespace, "ipv6")[0] == ["fd00::3"]
    second = leader(client, namespace, 4, ["10.0.0.4"])
    await second.put("ipv4")
    await second.put("ipv6")
    assert standing(apiserver, namespace)[0] == ["10.0.0.4"]
    assert standing(apiserver, namespace, "ipv6")[0] == []


async def test_an_address_that_stands_costs_a_look_and_one_that_was_taken_away_comes_back(apiserver, namespace, client):
    address = leader(client, namespace, 3, ["10.0.0.3"])
    await address.put("ipv4")
    _, version = standing(apiserver, namespace)
    await address.put("ipv4")
    assert standing(apiserver, namespace)[1] == version
    path = f"{SLICES}/namespaces/{namespace}/endpointslices/oc-gateway-ipv4"
    apiserver.call("PUT", path, {**apiserver.call("GET", path), "endpoints": []})
    await address.put("ipv4")
    assert standing(apiserver, namespace)[0] == ["10.0.0.3"]


async def test_a_former_leader_that_comes_back_late_changes_nothing(apiserver, namespace, client):
    await leader(client, namespace, 4, ["10.0.0.4"]).put("ipv4")
    with pytest.raises(LeadershipLost, match="another gateway leads"):
        await leader(client, namespace, 3, ["10.0.0.3"]).put("ipv4")
    assert standing(apiserver, namespace)[0] == ["10.0.0.4"]


async def test_a_former_leader_that_stops_between_look_and_write_changes_nothing(apiserver, namespace, client):
    """Frozen there, it is another's when it writes."""
    successor = leader(client, namespace, 4, ["10.0.0.4"])

    class Frozen:
        async def request(self, method, path, **more):
            if method == "PATCH" and not await self.replaced():
                await successor.put("ipv4")
            return await client.request(method, path, **more)

        async def replaced(self):
            return standing(apiserver, namespace)[0] == ["10.0.0.4"]

    with pytest.raises(LeadershipLost):
        await leader(Frozen(), namespace, 3, ["10.0.0.3"]).put("ipv4")
    assert standing(apiserver, namespace)[0] == ["10.0.0.4"]


async def test_nothing_is_written_without_the_lead(apiserver, namespace, client):
    with pytest.raises(LeadershipLost):
        await leader(client, namespace, None, ["10.0.0.3"]).put("ipv4")
    assert standing(apiserver, namespace)[0] == []


async def test_a_slice_that_is_gone_is_told_with_what_to_do(namespace, client, apiserver):
    apiserver.call("DELETE", f"{SLICES}/namespaces/{namespace}/endpointslices/oc-gateway-ipv4")
    with pytest.raises(KubeError, match="helm upgrade"):
        await leader(client, namespace, 3, ["10.0.0.3"]).put("ipv4")


async def test_the_role_reaches_these_slices_and_no_other(namespace, client):
    for service in ("oc-postgres", "oc-demo-telegram"):
        with pytest.raises(KubeError) as refused:
            await leader(client, namespace, 3, ["10.0.0.3"], service=service).put("ipv4")
        assert refused.value.status == 403


def test_a_gateway_without_its_own_address_is_refused_and_one_alone_needs_none():
    assert build_address(load_config(), None, check=lambda: None, fence=lambda: None) is None
    with pytest.raises(ConfigError, match="POD_IPS"):
        build_address(load_config(leader_service="oc-gateway"), None, check=lambda: None, fence=lambda: None)
