"""NetworkPolicies as one nftables table; pure.

With the `ptp` CNI plugin each packet of a pod passes the node's forward hook (or, to the node itself, input), after
kube-proxy has chosen a Service's endpoint. What the node itself begins (probes, port-forward) is not filtered, as on any
cluster. IPv4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

TABLE = "devnetpol"
_Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pod:
    """What policies ask of a pod."""

    namespace: str
    ip: str
    labels: Mapping[str, str]
    named_ports: Mapping[str, int] = field(default_factory=dict)


def read_pod(pod: _Json, early: Mapping[tuple[str, str], str] = {}) -> Pod | None:
    """Read a pod as the API gives it; None while it has no address of its own, or has ended.

    `early` holds addresses, by namespace and name, that the API server does not know yet, or still knows otherwise.
    """
    metadata = pod["metadata"]
    ip = early.get((metadata["namespace"], metadata["name"])) or pod.get("status", {}).get("podIP")
    ended = pod.get("status", {}).get("phase") in {"Succeeded", "Failed"}
    if not ip or ended or pod["spec"].get("hostNetwork"):
        return None
    ports = [p for c in pod["spec"]["containers"] for p in c.get("ports", [])]
    named = {p["name"]: int(p["containerPort"]) for p in ports if "name" in p}
    return Pod(pod["metadata"]["namespace"], ip, pod["metadata"].get("labels", {}), named)


def matches(selector: _Json | None, labels: Mapping[str, str]) -> bool:
    """Say whether a label selector chooses these labels; an empty selector chooses all, an absent one none."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(_matches_expression(e, labels) for e in selector.get("matchExpressions", []))


def _matches_expression(expression: _Json, labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values", [])
    match expression["operator"]:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case operator:
            raise ValueError(f"unknown operator {operator}")


def render(policies: Iterable[_Json], pods: Sequence[Pod], namespaces: Mapping[str, Mapping[str, str]]) -> str:
    """Return the whole table as an nft script that replaces the old one at once."""
    rules: dict[tuple[str, str], list[str]] = {}
    for policy in policies:
        _add_policy(rules, policy, pods, namespaces)
    text = [f"table inet {TABLE}", f"delete table inet {TABLE}", f"table inet {TABLE} {{"]
    for (way, ip), lines in sorted(rules.items()):
        text += [f"  chain {_chain(way, ip)} {{", *(f"    {line}" for line in dict.fromkeys(lines))]
        text += ["    counter drop", "  }"]
    for hook, ways in (("forward", (("out", "saddr"), ("in", "daddr"))), ("input", (("out", "saddr"),))):
        text += [f"  chain {hook} {{", f"    type filter hook {hook} priority 10; policy accept;"]
        text.append("    ct state established,related accept")
        if hook == "input":
            # pods have link-local addresses too, and the node listens on them: rules for IPv4 alone would be no rules
            text.append('    iifname "veth*" meta nfproto ipv6 drop')
        for way, side in ways:
            jumps = [f"{ip} : jump {_chain(w, ip)}" for (w, ip) in sorted(rules) if w == way]
            if jumps:
                text.append(f"    ip {side} vmap {{ {', '.join(jumps)} }}")
        text.append("  }")
    return "\n".join([*text, "}", ""])


def _chain(way: str, ip: str) -> str:
    return f"{way}_{ip.replace('.', '_')}"


def _add_policy(
    rules: dict[tuple[str, str], list[str]],
    policy: _Json,
    pods: Sequence[Pod],
    namespaces: Mapping[str, Mapping[str, str]],
) -> None:
    namespace, spec = policy["metadata"]["namespace"], policy["spec"]
    types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if "egress" in spec else [])]
    for pod in pods:
        if pod.namespace != namespace or not matches(spec.get("podSelector", {}), pod.labels):
            continue
        for kind, way, key, side in (("Ingress", "in", "from", "saddr"), ("Egress", "out", "to", "daddr")):
            if kind not in types:
                continue
            lines = rules.setdefault((way, pod.ip), [])
            for rule in spec.get(kind.lower(), []):
                targets = [pod] if way == "in" else pods
                peers = _peers(rule.get(key), namespace, pods, namespaces, side)
                lines += [f"{a} {b} return".strip() for a in peers for b in _ports(rule.get("ports"), targets)]


def _peers(
    peers: Sequence[_Json] | None,
    namespace: str,
    pods: Sequence[Pod],
    namespaces: Mapping[str, Mapping[str, str]],
    side: str,
) -> list[str]:
    """Return nft matches for a from/to list; an empty text matches everything."""
    if not peers:
        return [""]
    found = []
    for peer in peers:
        if "ipBlock" in peer:
            if ":" not in peer["ipBlock"]["cidr"]:
                found.append(_block(peer["ipBlock"], side))
            continue
        chosen = {namespace}
        if "namespaceSelector" in peer:
            chosen = {n for n, labels in namespaces.items() if matches(peer["namespaceSelector"], labels)}
        ips = {p.ip for p in pods if p.namespace in chosen and matches(peer.get("podSelector", {}), p.labels)}
        if ips:
            found.append(f"ip {side} {{ {', '.join(sorted(ips))} }}")
    return found


def _block(block: _Json, side: str) -> str:
    # 0.0.0.0/0 is written as the family alone: nft refuses it inside some sets
    allowed = "meta nfproto ipv4" if block["cidr"] == "0.0.0.0/0" else f"ip {side} {block['cidr']}"
    excepted = [e for e in block.get("except", []) if ":" not in e]
    return allowed + (f" ip {side} != {{ {', '.join(excepted)} }}" if excepted else "")


def _ports(ports: Sequence[_Json] | None, targets: Sequence[Pod]) -> list[str]:
    if not ports:
        return [""]
    found = []
    for port in ports:
        protocol, number = port.get("protocol", "TCP").lower(), port.get("port")
        if number is None:
            found.append(f"meta l4proto {protocol}")
        elif isinstance(number, int):
            last = f"-{port['endPort']}" if "endPort" in port else ""
            found.append(f"{protocol} dport {number}{last}")
        else:
            numbers = {t.named_ports[number] for t in targets if number in t.named_ports}
            found += [f"{protocol} dport {n}" for n in sorted(numbers)]
    return found
