"""An attack from inside without a pod: its token is a runner's of the tests."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from dev.attack.inside import http
from dev.attack.inside.base import ATTACKS, Pod
from dev.attack.inside.wires import Lease
from tests.support.runners import bearer

_ATTACK_SECONDS = 240.0
_TIMES = 2
"""By which what an attack waits for may be later here: a connection that nobody reads meanwhile stands for fifteen seconds."""
TOKEN = bearer("token-1")["Authorization"].partition(" ")[2]


@dataclass(frozen=True, slots=True)
class Attacker(Pod):
    """An attacker whose token is known."""

    @property
    def token(self):
        return TOKEN


def take_time(monkeypatch):
    """Let attacks take their time.

    How long others wait, and what is over within seconds, is judged on the cluster: here it tells how busy the machine is.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith("dev.attack.inside") and hasattr(module, "SLOW_SECONDS"):
            monkeypatch.setattr(module, "SLOW_SECONDS", 60.0)
    for name, one in ATTACKS.items():
        monkeypatch.setitem(ATTACKS, name, replace(one, seconds=max(one.seconds, _ATTACK_SECONDS)))
    monkeypatch.setattr(http, "CONNECT_SECONDS", 60.0)
    monkeypatch.setitem(http.ask.__kwdefaults__, "seconds", 60.0)
    find = Lease.find
    monkeypatch.setattr(Lease, "find", lambda lease, *kinds, seconds=5.0: find(lease, *kinds, seconds=_TIMES * seconds))
