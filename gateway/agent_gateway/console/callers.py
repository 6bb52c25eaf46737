"""Who calls the console: a token of one of its two ServiceAccounts, proved by the API server, that names a person."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from agent_contract import names
from agent_contract.text import clean
from agent_gateway.console.refused import Refused
from agent_gateway.console.settings import ConsoleSettings
from agent_gateway.rates import Bucket, Buckets, Rate
from agent_gateway.runners.ports import Kube
from agent_gateway.runners.tokens import LEEWAY_SECONDS, MAX_TOKEN, Denied, read_claims
from agent_kube.errors import KubeError

K = TypeVar("K")
V = TypeVar("V")
KNOWN_SECONDS: Final = 60.0
"""For so long a token is believed that the API server accepted."""
MOST_KNOWN: Final = 256
MOST_PEOPLE: Final = 1024
MOST_PERSON: Final = 256
"""Characters of a person's name."""
WRONG: Final = Rate(10 / 60, 20)
"""Tokens that the API server did not accept, of an address, and of each person known who is named from there.

Beyond that no new one of these is asked about; tokens that were accepted once go on. A wrong token names whom it likes, so
that neither a name alone nor an address alone shuts anybody out.
"""
STRANGERS: Final = Rate(1, 200)
"""Likewise of all together who name nobody known: whoever reaches the port past the API server may say any address."""
_MOST_ADDRESS: Final = 64
_REVIEWS_AT_ONCE: Final = 4
_REVIEW: Final = "/apis/authentication.k8s.io/v1/tokenreviews"
_POD: Final = "authentication.kubernetes.io/pod-name"
_CREDENTIAL: Final = "authentication.kubernetes.io/credential-id"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls.

    Attributes:
        person: As the API server knows them.
        may_speak: They may do more than read.
        credential: Of their token, as the API server's audit names it; empty where it gives none an id.
    """

    person: str
    may_speak: bool
    credential: str


def read_person(claims: Mapping[str, Any]) -> str:
    """Return whom a token names: in its one audience that begins so. Nothing is proved by that.

    Raises:
        Refused: it names nobody, or several.
    """
    meant = claims.get("aud")
    found = [one for one in meant if isinstance(one, str)] if isinstance(meant, list) else []
    people = [one.removeprefix(names.CONSOLE_PERSON) for one in found if one.startswith(names.CONSOLE_PERSON)]
    if names.CONSOLE_AUDIENCE not in found or len(people) != 1 or not 0 < len(people[0]) <= MOST_PERSON:
        raise Refused("token")
    return clean(people[0])


def check_status(status: Mapping[str, Any], account: str) -> str:
    """Let through only what the API server says is the account's own; return the token's id.

    Raises:
        Refused: it is not, or it is bound to a pod.
    """
    user = status.get("user")
    if (
        status.get("authenticated") is not True
        or names.CONSOLE_AUDIENCE not in (status.get("audiences") or [])
        or not isinstance(user, dict)
        or user.get("username") != account
    ):
        raise Refused("token")
    extra = user.get("extra") or {}
    if extra.get(_POD):
        raise Refused("pod")
    found = extra.get(_CREDENTIAL) or [""]
    return str(found[0])[:128]


@dataclass(frozen=True, slots=True)
class _Known:
    """Whose an accepted token is, and until when that is believed unasked, on the monotonic clock."""

    until: float
    caller: Caller


class Callers:
    """Tells who calls.

    Args:
        kube: The Kubernetes API.
        settings: Whose tokens are taken.
        clock: Seconds that never go back.
        now: Seconds since the epoch.
    """

    def __init__(
        self,
        kube: Kube,
        settings: ConsoleSettings,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._kube = kube
        self._speaks = {settings.view: False, settings.speak: True}
        self._clock = clock
        self._now = now
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._people: OrderedDict[str, None] = OrderedDict()
        """Those a token of whom was accepted, the latest last."""
        self._wrong: Buckets[tuple[str, str]] = Buckets(WRONG, clock)
        self._strangers = Bucket(STRANGERS, clock)
        self._reviews = asyncio.Semaphore(_REVIEWS_AT_ONCE)

    async def identify(self, token: str, address: str = "") -> Caller:
        """Return who bears a token.

        Args:
            token: What is shown.
            address: Where they call from, as the API server says; empty where it does not.

        Raises:
            Refused: it is none that is taken here, or nobody could be asked.
        """
        if not token or len(token) > MAX_TOKEN or not token.isascii():
            raise Refused("token")
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is not None and self._clock() < known.until:
            return known.caller
        person, account, ends = self._read(token)
        counts = self._find_counts(person, address[:_MOST_ADDRESS])
        async with self._reviews:
            if digest not in self._known and not all(one.has() for one in counts):
                raise Refused("tokens")
            try:
                caller = Caller(person, self._speaks[account], await self._ask(token, account, counts))
            except Refused as refused:
                if refused.reason != "unasked":
                    self._known.pop(digest, None)
                raise
        believed = min(KNOWN_SECONDS, max(0.0, ends - self._now()))
        _note(self._known, digest, _Known(self._clock() + believed, caller), MOST_KNOWN)
        _note(self._people, person, None, MOST_PEOPLE)
        return caller

    def _find_counts(self, person: str, address: str) -> Sequence[Bucket]:
        """Return what a wrong token of an address counts in."""
        if person in self._people:
            return (self._wrong.of((address, person)),)
        return self._wrong.of((address, "")), self._strangers

    def _read(self, token: str) -> tuple[str, str, float]:
        """Return whom a token names, whose it claims to be, and when it ends: most wrong ones end here."""
        try:
            claims = read_claims(token)
        except Denied as error:
            raise Refused("token") from error
        account, ends = claims.get("sub"), claims.get("exp")
        if not isinstance(account, str) or account not in self._speaks or not isinstance(ends, int | float):
            raise Refused("token")
        if ends < self._now() - LEEWAY_SECONDS:
            raise Refused("token")
        return read_person(claims), account, float(ends)

    async def _ask(self, token: str, account: str, counts: Sequence[Bucket]) -> str:
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [names.CONSOLE_AUDIENCE]},
        }
        try:
            answer = await self._kube.request("POST", _REVIEW, body=body)
        except KubeError as error:
            raise Refused("unasked") from error
        status = answer.get("status")
        try:
            return check_status(status if isinstance(status, dict) else {}, account)
        except Refused:
            for one in counts:
                one.take()
            raise


def _note(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
