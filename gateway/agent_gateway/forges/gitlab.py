"""Merge requests on GitLab.

Source: GitLab's REST API v4: merge requests, notes, approvals, projects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any, Final, Literal
from urllib.parse import quote

from agent_gateway.forges.conditional import Conditional
from agent_gateway.forges.http import Exists, ForgeHttp, ForgeRefused
from agent_gateway.forges.reading import (
    place_text,
    read_dict,
    read_items,
    read_line,
    read_name,
    read_number,
    read_text,
    read_time,
    read_url,
)
from agent_gateway.forges.values import Change, Checks, NewPull, Place, Pull, Remark, Seen, State

RIGHTS: Final = {"scope": "api"}
"""A token has the rights that it was made with."""
_DRAFT: Final = "Draft: "
_NAMES: Final[Mapping[str, State]] = {"merged": "merged", "closed": "closed"}
_EVENTS: Final = {"closed": "close", "open": "reopen"}
_PIPELINES: Final[Mapping[str, str]] = {
    "success": "passed", "skipped": "passed", "manual": "passed", "failed": "failed", "canceled": "failed",
}  # fmt: skip
"""What waits for a person's press has passed all that runs by itself."""


class GitLab:
    """GitLab, theirs or one's own.

    Args:
        http: Makes the calls.
    """

    def __init__(self, http: ForgeHttp) -> None:
        self._http = http

    async def read_default(self, place: Place) -> str:
        """Return the repository's main branch."""
        reply = await self._http.call(place, "GET", _project(place), RIGHTS)
        return read_line(read_dict(reply.data).get("default_branch"))

    async def find(self, place: Place, head: str, base: str) -> list[Pull]:
        """Return the merge requests of these branches, the newest first."""
        asked = f"source_branch={quote(head, safe='')}&target_branch={quote(base, safe='')}&state=all"
        rest = f"{_project(place)}/merge_requests?{asked}&order_by=created_at&sort=desc&per_page=10"
        reply = await self._http.call(place, "GET", rest, RIGHTS)
        found = [_read_pull(place, one) for one in read_items(reply.data)]
        return [one for one in found if (one.head, one.base) == (head, base)]

    async def open(self, place: Place, new: NewPull) -> Pull:
        """Open one; Exists where there is an open one of these branches."""
        title = f"{_DRAFT}{new.title}" if new.draft else new.title
        body = {"source_branch": new.head, "target_branch": new.base, "title": title, "description": new.body}
        try:
            reply = await self._http.call(place, "POST", f"{_project(place)}/merge_requests", RIGHTS, body=body)
        except ForgeRefused as error:
            if error.status == 409:
                raise Exists(str(error), 409) from error
            raise
        return _read_pull(place, read_dict(reply.data))

    async def update(self, place: Place, number: int, change: Change) -> Pull:
        """Change one."""
        event = _EVENTS.get(change.state) if change.state is not None else None
        body = {"title": change.title, "description": change.body, "state_event": event}
        sent = {name: value for name, value in body.items() if value is not None}
        reply = await self._http.call(place, "PUT", f"{_project(place)}/merge_requests/{number}", RIGHTS, body=sent)
        return _read_pull(place, read_dict(reply.data))

    async def comment(self, place: Place, number: int, body: str) -> str:
        """Say something there; return its key."""
        rest = f"{_project(place)}/merge_requests/{number}/notes"
        reply = await self._http.call(place, "POST", rest, RIGHTS, body={"body": body})
        return f"note:{read_number(read_dict(reply.data).get('id'))}"

    async def look(self, place: Place, number: int, sha: str, etags: Mapping[str, str]) -> Seen:  # noqa: ARG002  # told with it
        """Return how one is, as far as it changed."""
        asking = Conditional(self._http, place, etags)
        own = f"{_project(place)}/merge_requests/{number}"
        data = await asking.read(own, RIGHTS)
        pull = _read_pull(place, read_dict(data)) if data is not None else None
        remarks = [
            *_read_notes(await asking.read(f"{own}/notes?sort=desc&order_by=created_at&per_page=100", RIGHTS)),
            *_read_approvals(await asking.read(f"{own}/approvals", RIGHTS)),
        ]
        return Seen(pull, pull.pipeline if pull is not None else None, tuple(remarks), asking.etags)

    async def read_checks(self, place: Place, sha: str) -> Checks | None:
        """Return the checks of a commit: its newest pipeline of each kind and branch."""
        rest = f"{_project(place)}/pipelines?sha={quote(sha, safe='')}&order_by=id&sort=desc&per_page=20"
        reply = await self._http.call(place, "GET", rest, RIGHTS)
        newest: dict[tuple[str, str], Checks] = {}
        for one in read_items(reply.data):
            newest.setdefault((read_line(one.get("source")), read_line(one.get("ref"))), _read_pipeline(one))
        return reduce(Checks.plus, newest.values(), Checks())


def _project(place: Place) -> str:
    return f"/projects/{quote(place.path, safe='')}"


def _read_pull(place: Place, data: Mapping[str, Any]) -> Pull:
    number = read_number(data.get("iid"))
    url = place.connection.url
    return Pull(
        number,
        read_url(data.get("web_url"), url, f"{url}/{place.path}/-/merge_requests/{number}"),
        read_line(data.get("title")),
        _NAMES.get(str(data.get("state")), "open"),
        read_line(data.get("source_branch")),
        read_line(data.get("target_branch")),
        read_line(data.get("sha")),
        read_time(data.get("created_at")),
        _read_pipeline(data.get("head_pipeline")),
    )


def _read_pipeline(data: Any) -> Checks:
    if not isinstance(data, dict):
        return Checks()
    match _PIPELINES.get(str(data.get("status"))):
        case "passed":
            return Checks(passed=1)
        case "failed":
            return Checks(failed=1, failing=("pipeline",))
        case _:
            return Checks(pending=1)


def _read_notes(data: Any) -> Iterator[Remark]:
    for one in read_items(data):
        if one.get("system") is True:
            continue
        position = one.get("position")
        where = position if isinstance(position, dict) else {}
        yield Remark(
            f"note:{read_number(one.get('id'))}",
            "comment",
            read_name(one.get("author"), "username"),
            read_text(one.get("body")),
            place=place_text(where.get("new_path"), where.get("new_line")),
            at=read_time(one.get("created_at")),
        )


def _read_approvals(data: Any) -> Iterator[Remark]:
    verdict: Literal["approved"] = "approved"
    for one in read_items(data.get("approved_by") if isinstance(data, dict) else None):
        user = one.get("user")
        if isinstance(user, dict):
            name = read_name(user, "username")
            yield Remark(f"approval:{read_number(user.get('id'))}", "review", name, "", verdict)
