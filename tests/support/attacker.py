"""An attack from inside without a pod: its token is a runner's of the tests."""

from __future__ import annotations

from dataclasses import dataclass

from dev.attack.inside.base import Pod
from tests.support.runners import bearer

TOKEN = bearer("token-1")["Authorization"].partition(" ")[2]


@dataclass(frozen=True, slots=True)
class Attacker(Pod):
    """An attacker whose token is known."""

    @property
    def token(self):
        return TOKEN
