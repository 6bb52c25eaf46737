"""Which part the chart's network policies let reach which."""

from __future__ import annotations

import ipaddress

import pytest

from tests.support.chart import render

PARTS = ("gateway", "operator", "postgres", "demo-telegram", "demo-model")
REAL = ("telegram.botToken=1:x", "llm.apiKey=k")


def policies(*settings, namespace="openclaw", demo=True):
    objects = render(*settings, namespace=namespace, demo=demo)
    return {name.removeprefix("oc-"): d["spec"] for (kind, name), d in objects.items() if kind == "NetworkPolicy"}


def ports(rules):
    return {port["port"] for rule in rules for port in rule.get("ports", [])}


def from_parts(spec):
    """Return who may come in, by component, and on which ports."""
    return {
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"]: ports([rule])
        for rule in spec.get("ingress", [])
        for peer in rule["from"]
    }


@pytest.mark.parametrize("part", PARTS)
def test_every_part_has_a_policy_in_both_directions(part):
    spec = policies()[part]
    assert spec["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == part
    assert spec["policyTypes"] == ["Ingress", "Egress"]


def test_who_reaches_whom():
    found = policies()
    assert {part: from_parts(found[part]) for part in PARTS} == {
        "gateway": {"agent": {8080}, "test": {9090}},
        "operator": {"test": {8080}},
        "postgres": {"gateway": {5432}},
        "demo-telegram": {"gateway": {8081}},
        "demo-model": {"gateway": {8082}},
    }
    for closed in ("postgres", "demo-telegram", "demo-model"):
        assert "egress" not in found[closed]
    assert ports(found["operator"]["egress"]) == {53, 443, 6443}
    assert ports(found["gateway"]["egress"]) == {53, 443, 6443, 5432, 8081, 8082}


def test_whatever_runs_where_agents_are_begins_with_nothing():
    assert policies()["nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_an_agent_without_the_internet_reaches_the_gateway_alone():
    (rule,) = policies()["agents"]["egress"]
    assert ports([rule]) == {8080}
    (peer,) = rule["to"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "openclaw"}


def test_the_internet_is_a_list_of_ports_and_dns():
    dns, public = policies()["agents-internet"]["egress"]
    assert {(p["protocol"], p["port"]) for p in dns["ports"]} == {("UDP", 53), ("TCP", 53)}
    (labels,) = dns["to"][0]["podSelector"]["matchExpressions"]
    assert (labels["key"], set(labels["values"])) == ("k8s-app", {"kube-dns", "node-local-dns"})
    assert dns["to"][1]["ipBlock"] == {"cidr": "169.254.20.10/32"}
    assert {(p["protocol"], p["port"]) for p in public["ports"]} == {("TCP", 80), ("TCP", 443)}
    _, wide = policies("networkPolicy.internetPorts={80,443,22}")["agents-internet"]["egress"]
    assert ports([wide]) == {80, 443, 22}
    assert "ports" not in policies("networkPolicy.internetPorts=null")["agents-internet"]["egress"][1]


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "127.0.0.1", "224.0.0.1",
        "2002:a00:1::1", "2001::1", "2001:db8::1", "3fff::1", "fd00::1", "fe80::1", "::1", "64:ff9b::a00:1",
        "203.0.114.9", "2a01:4f8::7",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_left_out(address):
    blocked = "networkPolicy.blockedCidrs={203.0.114.0/24,2a01:4f8::/32,fd12::/16}"
    _, public = policies(blocked)["agents-internet"]["egress"]
    asked = ipaddress.ip_address(address)
    for peer in public["to"]:
        block = ipaddress.ip_network(peer["ipBlock"]["cidr"])
        excepted = [ipaddress.ip_network(e) for e in peer["ipBlock"]["except"]]
        assert all(e.subnet_of(block) for e in excepted if e.version == block.version)
        assert asked not in block or any(asked in e for e in excepted)


def test_a_public_address_is_reached():
    _, public = policies()["agents-internet"]["egress"]
    for address, peer in zip(("1.1.1.1", "2606:4700::1111"), public["to"], strict=True):
        asked = ipaddress.ip_address(address)
        assert asked in ipaddress.ip_network(peer["ipBlock"]["cidr"])
        assert not any(asked in ipaddress.ip_network(e) for e in peer["ipBlock"]["except"])


def public_blocks(*settings):
    """Return the rules for addresses, as (network, exceptions, ports)."""
    for rule in policies(*settings)["agents-internet"]["egress"][1:]:
        for peer in rule["to"]:
            block = peer["ipBlock"]
            yield (
                ipaddress.ip_network(block["cidr"]), [ipaddress.ip_network(e) for e in block.get("except", [])],
                ports([rule]),
            )  # fmt: skip


def is_reached(address, port, *settings):
    asked = ipaddress.ip_address(address)
    return any(
        asked in block and port in open_ports and not any(asked in e for e in excepted)
        for block, excepted, open_ports in public_blocks(*settings)
    )


def test_names_are_asked_where_a_value_says():
    openshift = (
        "networkPolicy.dns[0].namespaceSelector.matchLabels.team=dns", "networkPolicy.dns[1].ipBlock.cidr=10.0.0.10/32",
        "networkPolicy.dnsPorts={53,5353}",
    )  # fmt: skip
    found = policies(*openshift)
    dns = found["agents-internet"]["egress"][0]
    assert dns["to"] == [
        {"namespaceSelector": {"matchLabels": {"team": "dns"}}}, {"ipBlock": {"cidr": "10.0.0.10/32"}}
    ]  # fmt: skip
    assert {(p["protocol"], p["port"]) for p in dns["ports"]} == {
        ("UDP", 53), ("TCP", 53), ("UDP", 5353), ("TCP", 5353)
    }  # fmt: skip
    for part in ("gateway", "operator"):
        assert {53, 5353} <= ports(found[part]["egress"]), part


def test_an_address_of_ones_own_is_reached_where_a_value_allows_it():
    allowed = ("networkPolicy.allowedCidrs[0].cidr=10.20.0.5/32", "networkPolicy.allowedCidrs[0].ports={3128}")
    assert is_reached("10.20.0.5", 3128, *allowed)
    assert not is_reached("10.20.0.5", 443, *allowed)
    assert not is_reached("10.20.0.6", 3128, *allowed)
    assert is_reached("fd00::9", 443, "networkPolicy.allowedCidrs[0].cidr=fd00::/64")


@pytest.mark.parametrize("address", ["203.0.113.7", "198.51.99.7", "2a05::7"])
def test_the_api_server_is_not_reached_where_only_the_values_name_it(address):
    assert not is_reached(address, 443, "networkPolicy.apiServerCidrs={198.51.99.7/32,2a05::7/128}")
    assert address.startswith("203") or is_reached(address, 443)


def test_by_nat64_the_same_is_reached_as_by_ipv4():
    settings = ("networkPolicy.nat64=true", "networkPolicy.blockedCidrs={8.8.4.0/24}")
    for address in ("1.1.1.1", "8.8.8.8", "10.1.2.3", "192.168.1.1", "169.254.169.254", "8.8.4.4", "127.0.0.1"):
        mapped = ipaddress.IPv6Address(int(ipaddress.ip_address("64:ff9b::")) + int(ipaddress.ip_address(address)))
        assert is_reached(str(mapped), 443, *settings) == is_reached(address, 443, *settings), address
        assert not is_reached(str(mapped), 443)


def test_exceptions_lie_within_what_they_are_taken_from():
    for block, excepted, _ in public_blocks("networkPolicy.nat64=true", "networkPolicy.blockedCidrs={fd00::/8}"):
        assert all(e.version == block.version and e.subnet_of(block) for e in excepted)


def test_metrics_are_read_from_where_a_value_says():
    peer = "networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.team=watch"
    for part in ("gateway", "operator"):
        assert not [p for p in _metrics_peers(policies(), part) if "namespaceSelector" in p]
        assert {"namespaceSelector": {"matchLabels": {"team": "watch"}}} in _metrics_peers(policies(peer), part)


def _metrics_peers(found, part):
    return [peer for rule in found[part].get("ingress", []) if ports([rule]) == {9090} for peer in rule["from"]]


@pytest.mark.parametrize(
    ("setting", "port"),
    [
        ("llm.baseUrl=http://llm.internal:8000/v1", 8000),
        ("llm.baseUrl=http://llm.internal/v1", 80),
        ("telegram.apiBase=http://bots.internal:8081", 8081),
        ("speech.baseUrl=https://ears.internal:9443/v1", 9443),
        ("database.url=postgresql://u:p%40x@db.internal:6432/x?sslmode=require", 6432),
        ("database.url=postgresql://u:p@db.internal/x", 5432),
        ("database.url=postgresql://u:p@db-1.internal:7001\\,db-2.internal:7001/x", 7001),
        ("database.existingSecret.name=own", 5432),
        ("proxy.https=http://proxy.internal:3128", 3128),
        ("networkPolicy.gatewayPorts={7777}", 7777),
        ("connections[0].name=x,connections[0].url=https://x.example:8081", 8081),
        (
            "connections[0].name=x,connections[0].kind=http,connections[0].url=https://x.example,connections[0].hosts={cdn.example:8443}",
            8443,
        ),
    ],
)
def test_the_gateway_reaches_what_the_values_name_but_nothing_link_local(setting, port):
    egress = policies(*REAL, setting, demo=False)["gateway"]["egress"]
    (rule,) = [r for r in egress if ports([r]) == {port}]
    excepted = [e for peer in rule["to"] if "ipBlock" in peer for e in peer["ipBlock"]["except"]]
    assert "169.254.0.0/16" in excepted


def test_addresses_on_the_usual_port_need_no_rule():
    egress = policies(*REAL, "llm.baseUrl=https://api.example/v1", demo=False)["gateway"]["egress"]
    assert ports(egress) == {53, 443, 6443, 5432}


def test_the_simulated_telegram_brings_updates_where_a_webhook_is_set():
    egress = policies("telegram.webhook.url=http://oc-gateway-webhook.openclaw.svc/t")["demo-telegram"]["egress"]
    assert ports(egress) == {53, 8081}


def test_a_webhook_is_not_reached_from_where_agents_are():
    spec = policies(*REAL, "telegram.webhook.url=https://bot.example/t", demo=False)["gateway-webhook"]
    (peer,) = spec["ingress"][0]["from"]
    (expression,) = peer["namespaceSelector"]["matchExpressions"]
    assert (expression["operator"], expression["values"]) == ("NotIn", ["openclaw-agents"])


def test_without_policies_none_are_made():
    assert policies("networkPolicy.enabled=false") == {}
