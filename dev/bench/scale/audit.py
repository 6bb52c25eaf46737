"""What the API server was asked, by whom and when: read from its audit log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

_LISTS = "list"
_WATCHES = "watch"
_LEASES = "leases"


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its answer.

    Attributes:
        who: The part that asked; empty for anybody else.
        verb: As Kubernetes names it, such as `create`.
        resource: Plural and subresource, such as `agentthreads/status`; the path where it is no resource.
        name: Of the object; empty for a list.
        selected: Whether a list names a label or a field.
        code: HTTP status.
        begun: When the request had come, in seconds since the epoch.
        ended: When it was answered.
    """

    who: str
    verb: str
    resource: str
    name: str
    selected: bool
    code: int
    begun: float
    ended: float

    @property
    def is_standing(self) -> bool:
        """Say whether it is made however many runs there are: a watch, a lease, a list of all there is."""
        return self.verb == _WATCHES or self.resource == _LEASES or (self.verb == _LISTS and not self.selected)

    @property
    def is_status_write(self) -> bool:
        """Say whether it writes the status of a resource of ours."""
        return self.verb in {"update", "patch"} and self.resource.endswith("/status")

    @property
    def words(self) -> str:
        """Return verb and resource."""
        return f"{self.verb} {self.resource}"


def build_policy() -> str:
    """Return the audit policy: each answered request of ServiceAccounts and of the administrator, without bodies."""
    users = {"level": "Metadata", "userGroups": ["system:serviceaccounts", "system:masters"]}
    return json.dumps({
        "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived", "ResponseStarted"],
        "omitManagedFields": True, "rules": [users, {"level": "None"}],
    })  # fmt: skip


class AuditLog:
    """The log, read from where it was marked.

    Args:
        path: The file.
        accounts: The part by its user name.
    """

    def __init__(self, path: Path, accounts: Mapping[str, str]) -> None:
        self._path = path
        self._accounts = accounts

    def mark(self) -> int:
        """Return how long it is by now."""
        return self._path.stat().st_size if self._path.exists() else 0

    def since(self, mark: int) -> list[Call]:
        """Return the calls that were answered since a mark."""
        with self._path.open("rb") as log:
            log.seek(mark)
            lines = log.read().split(b"\n")[:-1]
        return list(read_calls((json.loads(line) for line in lines), self._accounts))


def read_calls(events: Iterable[Mapping[str, Any]], accounts: Mapping[str, str]) -> Iterable[Call]:
    """Read audit events (audit.k8s.io/v1, stage ResponseComplete)."""
    for event in events:
        target, url = event.get("objectRef") or {}, urlsplit(event["requestURI"])
        query = parse_qs(url.query)
        plural = "/".join(part for part in (target.get("resource"), target.get("subresource")) if part)
        yield Call(
            who=accounts.get(event["user"].get("username", ""), ""),
            verb=event["verb"],
            resource=plural or url.path,
            name=target.get("name", ""),
            selected=bool(query.get("labelSelector") or query.get("fieldSelector")),
            code=int((event.get("responseStatus") or {}).get("code", 0)),
            begun=_seconds(event["requestReceivedTimestamp"]),
            ended=_seconds(event["stageTimestamp"]),
        )


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
