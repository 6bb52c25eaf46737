"""NetworkPolicies as nftables rules."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from dev.cluster.netpol import Pod, matches, read_pod, render

NAMESPACES = {"a": {"kubernetes.io/metadata.name": "a"}, "b": {"kubernetes.io/metadata.name": "b"}}
AGENT = Pod("a", "10.244.0.5", {"app": "agent"})
GATEWAY = Pod("b", "10.244.0.6", {"app": "gateway"}, {"runners": 8080})
PODS = [AGENT, GATEWAY]


def policy(namespace="a", selector=None, **spec):
    return {"metadata": {"namespace": namespace, "name": "p"}, "spec": {"podSelector": selector or {}, **spec}}


def chain(text, name):
    lines = text.splitlines()
    start = lines.index(f"  chain {name} {{") + 1
    return [line.strip() for line in lines[start : lines.index("  }", start)]]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "agent"}}, True),
        ({"matchLabels": {"app": "other"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["agent"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["agent"]}]}, False),
        ({"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["y"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_selectors_choose_as_the_api_says(selector, expected):
    assert matches(selector, {"app": "agent"}) is expected


def test_a_pod_that_no_policy_chooses_has_no_chain():
    text = render([policy(selector={"matchLabels": {"app": "agent"}}, policyTypes=["Ingress"])], PODS, NAMESPACES)
    assert "in_10_244_0_5" in text
    assert "10_244_0_6" not in text


def test_egress_to_a_named_port_of_another_namespace():
    to = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "b"}}, "podSelector": {}}]
    egress = [{"to": to, "ports": [{"protocol": "TCP", "port": "runners"}]}]
    text = render([policy(policyTypes=["Egress"], egress=egress)], PODS, NAMESPACES)
    assert chain(text, "out_10_244_0_5") == ["ip daddr { 10.244.0.6 } tcp dport 8080 return", "counter drop"]


def test_a_block_with_exceptions_and_a_range_of_ports():
    block = {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "169.254.0.0/16"]}
    egress = [{"to": [{"ipBlock": block}, {"ipBlock": {"cidr": "2000::/3"}}], "ports": [{"port": 80, "endPort": 90}]}]
    text = render([policy(policyTypes=["Egress"], egress=egress)], PODS, NAMESPACES)
    assert chain(text, "out_10_244_0_5")[0] == (
        "meta nfproto ipv4 ip daddr != { 10.0.0.0/8, 169.254.0.0/16 } tcp dport 80-90 return"
    )


def test_no_rule_is_nothing_and_an_empty_rule_is_everything():
    nothing = render([policy(policyTypes=["Ingress"])], PODS, NAMESPACES)
    assert chain(nothing, "in_10_244_0_5") == ["counter drop"]
    everything = render([policy(ingress=[{}])], PODS, NAMESPACES)
    assert chain(everything, "in_10_244_0_5") == ["return", "counter drop"]


def test_egress_counts_where_the_types_are_not_named_but_egress_is():
    text = render([policy(egress=[])], PODS, NAMESPACES)
    assert "out_10_244_0_5" in text
    assert "in_10_244_0_5" in text


def test_pods_reach_the_node_by_no_other_family():
    assert 'iifname "veth*" meta nfproto ipv6 drop' in chain(render([], PODS, NAMESPACES), "input")


def test_reading_a_pod():
    raw = {
        "metadata": {"namespace": "a", "name": "x", "labels": {"app": "agent"}},
        "spec": {"containers": [{"ports": [{"name": "http", "containerPort": 80}]}]},
        "status": {"phase": "Running"},
    }
    assert read_pod(raw) is None
    assert read_pod(raw, {("a", "x"): "10.244.0.9"}) == Pod("a", "10.244.0.9", {"app": "agent"}, {"http": 80})
    raw["status"]["podIP"] = "10.244.0.7"
    assert read_pod(raw).ip == "10.244.0.7"
    assert read_pod(raw, {("a", "x"): "10.244.0.9"}).ip == "10.244.0.9", "its sandbox was made anew"
    raw["status"]["phase"] = "Succeeded"
    assert read_pod(raw) is None


@pytest.mark.skipif(shutil.which("nft") is None or os.geteuid() != 0, reason="checking needs nft and root")
def test_nft_takes_the_table():
    block = {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "10.96.0.0/16"]}
    policies = [
        policy(policyTypes=["Egress"], egress=[{"to": [{"ipBlock": block}]}]),
        policy("b", ingress=[{"from": [{"namespaceSelector": {}}], "ports": [{"port": "runners"}]}]),
    ]
    text = render(policies, PODS, NAMESPACES)
    done = subprocess.run(["nft", "-c", "-f", "-"], input=text, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
