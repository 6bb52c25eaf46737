"""Addresses and names of a cluster whose nodes have namespaces of their own; pure.

Each such cluster has a number, and with it a /24 for its machines and a /16 for its pods. The control plane is a machine
of its own, so that any node can be cut off or ended without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dev.cluster.components import Node
from dev.progress import UserError

NODES = "nodes"
"""The folder, within a cluster's, of its machines."""
CONTROL = "control"
ZONE = "topology.kubernetes.io/zone"
MOST_NODES = 8
_MOST_CLUSTERS = 60
_NAME = re.compile(r"[a-z][a-z0-9]{0,6}")


@dataclass(frozen=True, slots=True)
class Layout:
    """One cluster: its name, its folder, its number among the machine's, and how many nodes it has."""

    name: str
    folder: Path
    number: int
    count: int

    @property
    def bridge(self) -> str:
        """Return the interface that its machines hang on."""
        return f"oc-{self.name}"

    @property
    def machines(self) -> str:
        """Return the range of its machines' addresses."""
        return f"10.245.{self.number}.0/24"

    @property
    def gateway(self) -> str:
        """Return the bridge's address, by which its machines reach the world."""
        return f"10.245.{self.number}.1"

    @property
    def control(self) -> str:
        """Return the control plane's address."""
        return f"10.245.{self.number}.10"

    @property
    def pods(self) -> str:
        """Return the range of all its pods' addresses."""
        return f"10.{128 + self.number}.0.0/16"

    def nodes(self) -> list[Node]:
        """Return its nodes; they take turns at three zones."""
        return [self._node(place) for place in range(1, self.count + 1)]

    def _node(self, place: int) -> Node:
        name = f"node{place}"
        return Node(
            name=name,
            folder=self.folder / NODES / name,
            address=f"10.245.{self.number}.{10 + place}",
            zone=zone_of(place),
            pods=f"10.{128 + self.number}.{place}.0/24",
            cluster_pods=self.pods,
            cgroup=f"/{self.bridge}-{name}",
        )

    def link(self, machine: str) -> str:
        """Return the bridge's end of a machine's cable."""
        return f"oc{self.number}-{machine}"


def zone_of(place: int) -> str:
    """Return the zone of a cluster's first, second … node."""
    return f"zone-{'abc'[(place - 1) % 3]}"


def check_name(name: str) -> None:
    """Refuse a cluster's name that no interface could bear.

    Raises:
        UserError: it is too long or has other characters.
    """
    if not _NAME.fullmatch(name):
        raise UserError(f"A cluster is named by up to seven small letters and digits, a letter first, not {name!r}.")


def check_count(count: str) -> int:
    """Read how many nodes are asked for.

    Raises:
        UserError: it is no number, or too many.
    """
    if not count.isdecimal() or not 1 <= int(count) <= MOST_NODES:
        raise UserError(f"NODES is a number from 1 to {MOST_NODES}, not {count!r}.")
    return int(count)


def choose_number(taken: Iterable[int]) -> int:
    """Choose the number of a new cluster.

    Raises:
        UserError: there are too many clusters.
    """
    used = set(taken)
    for number in range(1, _MOST_CLUSTERS + 1):
        if number not in used:
            return number
    raise UserError(f"There are {_MOST_CLUSTERS} clusters on this machine. `make cluster-down CLUSTER=…` removes one.")
