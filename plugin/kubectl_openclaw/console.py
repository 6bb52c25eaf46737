"""Calls to the gateway's console, through the API server's proxy of its Service, with a token that says who asks."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote

from kubectl_openclaw.cluster import CALL_SECONDS, Answer, Cluster, check
from kubectl_openclaw.errors import Away, MissingRight, Problem, Right

HEADER: Final = "X-Openclaw-Token"
AUDIENCE: Final = "openclaw-console"
TOKEN_SECONDS: Final = 600
"""The least that Kubernetes allows."""
PATIENCE: Final = 45.0
"""For so long a gateway that is just beginning, or that does not lead, is asked again; a request has one id however often."""
PAUSE: Final = 0.5
_BOT: Final = "[a-z](?:[-a-z0-9]{0,14}[a-z0-9])?"
_CHAT: Final = re.compile(f"({_BOT})-n?[1-9][0-9]{{0,18}}")
_TOPIC: Final = re.compile(f"({_BOT})-n?[1-9][0-9]{{0,18}}-[1-9][0-9]{{0,18}}")
Account = Literal["view", "speak"]


@dataclass(frozen=True, slots=True)
class _Place:
    namespace: str
    service: str
    accounts: Mapping[str, str]


class Console:
    """The console of the release that an AgentThread belongs to.

    Args:
        cluster: The API server.
        namespace: Of the AgentThread.
        thread: Its name.
    """

    def __init__(self, cluster: Cluster, namespace: str, thread: str) -> None:
        # a topic's number, or the end of a bot's name: both can be meant
        self._bots = [match[1] for shape in (_TOPIC, _CHAT) if (match := shape.fullmatch(thread))]
        if not self._bots:
            raise Problem(f"{thread[:80]!r} is no name of an AgentThread: kubectl get agentthreads -A lists them.")
        self._cluster = cluster
        self._namespace = namespace
        self._thread = thread
        self._place: _Place | None = None
        self._tokens: dict[str, tuple[float, str]] = {}

    def read(
        self, what: str, query: Mapping[str, str] | None = None, seconds: float = CALL_SECONDS
    ) -> Mapping[str, Any]:
        """Return what the console tells of the conversation: turns, messages or why."""
        return self._call("GET", what, "view", query, None, seconds)

    def do(self, what: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Say or stop; a request that is sent again is carried out once."""
        return self._call("POST", what, "speak", None, body, CALL_SECONDS)

    def _call(
        self,
        method: str,
        what: str,
        account: Account,
        query: Mapping[str, str] | None,
        body: Mapping[str, Any] | None,
        seconds: float,
    ) -> Mapping[str, Any]:
        place = self._find()
        base = f"/api/v1/namespaces/{quote(place.namespace)}/services/{quote(place.service, safe=':')}/proxy"
        right = Right(
            "get" if method == "GET" else "create", "services/proxy", place.service, place.namespace,
            place.accounts[account],
        )  # fmt: skip
        end = time.monotonic() + PATIENCE
        while True:
            late = time.monotonic() > end
            try:
                answer = self._cluster.call(
                    method, f"{base}/v1/threads/{quote(self._thread)}/{what}", right, query=query, body=body,
                    headers={HEADER: self._read_token(account)}, seconds=seconds,
                )  # fmt: skip
            except Away:
                if late:
                    raise
            else:
                if late or not _passes(answer):
                    return _check(answer)
                if answer.body.get("reason") == "token":
                    self._tokens.pop(account, None)
            time.sleep(PAUSE)

    def _find(self) -> _Place:
        """Return where the console is. Raises MissingRight or Problem where that cannot be read, or there is none."""
        missing: MissingRight | None = None
        for bot in self._bots if self._place is None else ():
            name = f"openclaw-console-{bot}"
            right = Right("get", "configmaps", name, self._namespace, "<release>-console-view-agents")
            try:
                found = self._cluster.get(f"/api/v1/namespaces/{quote(self._namespace)}/configmaps/{name}", right)
            except MissingRight as error:
                missing = missing or error
                continue
            data = (found or {}).get("data") or {}
            if all(isinstance(data.get(key), str) for key in ("namespace", "service", "view", "speak")):
                self._place = _Place(data["namespace"], data["service"], {"view": data["view"], "speak": data["speak"]})
                break
        if self._place is None:
            raise missing or Problem(
                f"There is no ConfigMap openclaw-console-{self._bots[0]} in namespace {self._namespace}: either the conversation is "
                "in another namespace (-n), or the release has no console (console.enabled in the chart's values)."
            )
        return self._place

    def _read_token(self, account: Account) -> str:
        known = self._tokens.get(account)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        place = self._find()
        name = place.accounts[account]
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {
                "audiences": [AUDIENCE, f"{AUDIENCE}:{self._cluster.read_user()}"],
                "expirationSeconds": TOKEN_SECONDS,
            },
        }
        path = f"/api/v1/namespaces/{quote(place.namespace)}/serviceaccounts/{quote(name)}/token"
        right = Right("create", "serviceaccounts/token", name, place.namespace, name)
        answer = check(self._cluster.call("POST", path, right, body=body))
        token = str((answer.get("status") or {}).get("token", ""))
        self._tokens[account] = (time.monotonic() + TOKEN_SECONDS - 60, token)
        return token


def _passes(answer: Answer) -> bool:
    """Say whether it is worth asking again in a moment: what lies between is away, or the gateway says so."""
    if answer.body.get("reason") in {"not-leading", "away", "unasked", "console-calls", "token"}:
        return True
    return answer.status in {502, 503, 504} or (answer.of_cluster and answer.status == 500)


def _check(answer: Answer) -> Mapping[str, Any]:
    if answer.of_cluster and answer.status >= 500:
        raise Problem(
            f"The API server does not reach the gateway's console: {answer.body.get('message', '')}\n"
            "Is the gateway running? Its NetworkPolicy lets in networkPolicy.apiServerCidrs and console.from of the chart's values."
        )
    return check(answer)
