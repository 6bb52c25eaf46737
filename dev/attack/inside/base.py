"""What an attack is, how it ends, and what it is given."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

TOKEN = Path("/var/run/openclaw/token")
SETTINGS = Path("/run/agent/pi/models.json")
"""Where pi finds its provider: the gateway's address, the provider's name and the model."""
SECONDS: Final = 20.0
"""That an attack may take, where it names no other time."""
_RUN: Final = re.compile(r"-r([0-9]{1,9})(?=-|$)")


class Result(StrEnum):
    """How an attack ended."""

    HELD = "held"
    OPEN = "open"
    UNTRIED = "untried"
    """It could not be tried: nothing is known of the defence."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attack ended, and what was seen or what stopped it, in a sentence."""

    result: Result
    words: str


def held(words: str) -> Outcome:
    """Say what stopped it."""
    return Outcome(Result.HELD, words)


def opened(words: str) -> Outcome:
    """Say what it got."""
    return Outcome(Result.OPEN, words)


def untried(words: str) -> Outcome:
    """Say why it could not be tried."""
    return Outcome(Result.UNTRIED, words)


def decide(is_held: bool, words: str) -> Outcome:  # the question itself
    """Return an outcome by whether the defence held."""
    return held(words) if is_held else opened(words)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the attacker is told beforehand, so that the defence does not rest on its not knowing.

    Attributes:
        needles: Each key of the installation, as hexadecimal digits backwards: the search must not find itself.
        addresses: Name → `host:port` of what is inside the cluster.
        neighbour: Name, run and turn of another conversation.
        stolen: A token of another pod, which its agent was talked into printing.
        turn: The turn that the attack runs in.
        mark: A word that may stand in no log, metric, event or resource.
        limits: What the class of this run allows.
        patience: How many times as long as on a quiet machine all may take before time is held against the defence.
    """

    needles: tuple[str, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    neighbour: Mapping[str, Any] = field(default_factory=dict)
    stolen: str = ""
    turn: int = 0
    mark: str = ""
    limits: Mapping[str, int] = field(default_factory=dict)
    patience: float = 1.0

    def find_needles(self, data: bytes) -> int:
        """Return how many of the keys stand in some bytes."""
        return sum(bytes.fromhex(needle[::-1]) in data for needle in self.needles)


@dataclass(frozen=True, slots=True)
class Pod:
    """The pod that the attack runs in."""

    facts: Facts
    url: str
    """Of the gateway."""
    provider: str
    model: str

    @property
    def host(self) -> str:
        """Return the gateway's host."""
        return self.url.partition("://")[2].partition("/")[0].rpartition(":")[0]

    @property
    def port(self) -> int:
        """Return the gateway's port."""
        return int(self.url.partition("://")[2].partition("/")[0].rpartition(":")[2])

    @property
    def token(self) -> str:
        """Return the pod's own token."""
        return TOKEN.read_text().strip()

    @property
    def run(self) -> int:
        """Return the number of this run, as the pod's name has it."""
        name = str(read_claims(self.token)["kubernetes.io"]["pod"]["name"])
        return read_run(name)


def read_run(name: str) -> int:
    """Return the number of the run in a pod's name, whose last part is anything; 1 where it has none."""
    found = _RUN.findall(name.rpartition("-")[0])
    return int(found[-1]) if found else 1


def encode_part(value: object) -> str:
    """Build a part of a token: JSON as base64 for addresses, without its padding."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def read_claims(token: str) -> dict[str, Any]:
    """Return what a token says of itself."""
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def open_pod(facts: Facts) -> Pod:
    """Return the pod that this runs in, as pi's settings describe its way to the gateway."""
    providers: dict[str, Any] = json.loads(SETTINGS.read_text())["providers"]
    name, entry = next(iter(providers.items()))
    models = entry.get("models") or [{"id": "scripted"}]
    return Pod(facts, str(entry["baseUrl"]).partition("/v1/llm")[0], name, str(models[0]["id"]))


Act = Callable[[Pod], Awaitable[Outcome] | Outcome]
Needs = Callable[[Pod], Awaitable[Outcome | None]]
"""Looks whether what an attack goes over is reached at all: without that nothing is known of what is refused. None: it is."""
Does = TypeVar("Does", bound=Act)


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack from inside.

    Attributes:
        name: Its group, a hyphen, and what it is.
        tried: What is tried, in a few words.
        act: Does it.
        seconds: That it may take.
        alone: It spoils its run (it takes the lease, or uses a limit up): it gets one of its own.
    """

    name: str
    tried: str
    act: Act
    seconds: float = SECONDS
    alone: bool = False

    @property
    def group(self) -> str:
        """Return what it belongs to."""
        return self.name.partition("-")[0]


ATTACKS: dict[str, Attack] = {}


def attack(
    name: str, tried: str, *, seconds: float = SECONDS, alone: bool = False, needs: Needs | None = None
) -> Callable[[Does], Does]:
    """Make a function an attack; one whose needs are not met is not tried."""

    def add(act: Does) -> Does:
        if name in ATTACKS:
            raise ValueError(f"two attacks are called {name}")
        ATTACKS[name] = Attack(name, tried, _after(needs, act) if needs is not None else act, seconds, alone)
        return act

    return add


def _after(needs: Needs, act: Act) -> Act:
    """Return an attack that is tried only where what it needs is there."""

    async def tried(pod: Pod) -> Outcome:
        missing = await needs(pod)
        if missing is not None:
            return missing
        found = act(pod)
        return found if isinstance(found, Outcome) else await found

    return tried
