"""What an event is, from its headers and its JSON: its name, and the commit that checks have ended of. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from agent_contract.text import clean
from agent_gateway.hooks.signing import Form

_NAMED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "github": ("X-GitHub-Event",),
    "gitea": ("X-Gitea-Event", "X-Forgejo-Event", "X-GitHub-Event"),
}
_SHA: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PATH: Final = re.compile(r"[A-Za-z0-9._-]{1,100}(?:/[A-Za-z0-9._-]{1,100}){1,20}")
_MOST_NAME: Final = 100
_MOST_BRANCHES: Final = 10
_ENDED: Final = frozenset({"success", "failure", "error", "failed", "canceled", "skipped", "warning"})
_RUNS: Final = ("check_run", "check_suite", "workflow_run", "workflow_job")
"""Events of GitHub and Gitea that hold a run of something under their own name."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A commit of which some check has ended: a hint to look how it is."""

    path: str
    sha: str
    branches: tuple[str, ...] = ()


def read_event(form: Form, headers: Mapping[str, str], payload: Any) -> str:
    """Return what a sender calls an event, as `issues.opened`; empty where it does not say."""
    data = payload if isinstance(payload, dict) else {}
    name: Any
    if form in _NAMED_BY:
        name, more = next((found for one in _NAMED_BY[form] if (found := headers.get(one))), ""), data.get("action")
    elif form == "gitlab":
        attributes = data.get("object_attributes")
        known = attributes if isinstance(attributes, dict) else {}
        name, more = data.get("object_kind") or data.get("event_name"), known.get("action") or known.get("status")
    else:
        name, more = data.get("type"), None
    return ".".join(_clean(part) for part in (name, more) if isinstance(part, str) and part)


def read_checked(form: Form, event: str, payload: Any) -> Checked | None:
    """Return the commit of which a forge says that a check has ended; None for any other event."""
    data = payload if isinstance(payload, dict) else {}
    kind = event.partition(".")[0]
    if form == "gitlab":
        attributes = _read(data, "object_attributes")
        if kind != "pipeline" or attributes.get("status") not in _ENDED:
            return None
        return _build(_read(data, "project").get("path_with_namespace"), attributes.get("sha"), [attributes.get("ref")])
    path = _read(data, "repository").get("full_name")
    if kind == "status":
        state = data.get("state")
        branches = data.get("branches")
        named = (
            [one.get("name") for one in branches[:_MOST_BRANCHES] if isinstance(one, dict)]
            if isinstance(branches, list)
            else []
        )
        return _build(path, data.get("sha"), named) if state in _ENDED else None
    if kind in _RUNS and data.get("action") == "completed":
        run = _read(data, kind)
        return _build(path, run.get("head_sha"), list(_find_branches(run)))
    return None


def _find_branches(run: Mapping[str, Any]) -> Iterator[Any]:
    yield run.get("head_branch")
    yield _read(run, "check_suite").get("head_branch")


def _build(path: Any, sha: Any, branches: list[Any]) -> Checked | None:
    if (
        not (isinstance(path, str) and isinstance(sha, str))
        or _SHA.fullmatch(sha) is None
        or _PATH.fullmatch(path) is None
    ):
        return None
    if not all(part.strip(".") for part in path.split("/")):
        return None  # it would lead elsewhere in an address
    named = [one for one in branches if isinstance(one, str) and 0 < len(one) <= 250]  # as git's names are
    return Checked(path, sha, tuple(named))


def _read(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _clean(text: str) -> str:
    return "".join(sign for sign in clean(text[:_MOST_NAME]) if sign.isalnum() or sign in "_-./: ").strip()
