"""Pull requests on GitHub.

Source: GitHub's REST API of 2022-11-28: pulls, pulls/reviews, pulls/comments, issues/comments, checks/runs, commits/statuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal
from urllib.parse import quote

from agent_gateway.forges.conditional import Conditional
from agent_gateway.forges.http import Exists, ForgeHttp, ForgeRefused
from agent_gateway.forges.reading import (
    count_checks,
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

WRITE: Final = {"contents": "read", "metadata": "read", "pull_requests": "write"}
"""Of a token that opens: to compare the branches their contents are read."""
READ: Final = {"metadata": "read", "pull_requests": "read"}
CHECKS: Final = {"checks": "read", "metadata": "read", "statuses": "read"}
_PASSED: Final = frozenset({"success", "neutral", "skipped"})
_STATES: Final[Mapping[str, str]] = {"success": "passed", "failure": "failed", "error": "failed"}
_VERDICTS: Final[Mapping[str, Literal["approved", "changes"]]] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes",
}
_FULL: Final = 100
_PAGE: Final = f"per_page={_FULL}"
_DRAFTS: Final = ("PENDING",)
"""Reviews that nobody sees but who writes them."""


class GitHub:
    """GitHub, and GitHub Enterprise Server.

    Args:
        http: Makes the calls.
    """

    def __init__(self, http: ForgeHttp) -> None:
        self._http = http

    async def read_default(self, place: Place) -> str:
        """Return the repository's main branch."""
        reply = await self._http.call(place, "GET", f"/repos/{place.path}", READ)
        return read_line(read_dict(reply.data).get("default_branch"))

    async def find(self, place: Place, head: str, base: str) -> list[Pull]:
        """Return the pull requests of these branches, the newest first."""
        owner = place.path.partition("/")[0]
        asked = f"state=all&head={quote(f'{owner}:{head}', safe='')}&base={quote(base, safe='')}"
        rest = f"/repos/{place.path}/pulls?{asked}&sort=created&direction=desc&per_page=10"
        reply = await self._http.call(place, "GET", rest, READ)
        found = [_read_pull(place, one) for one in read_items(reply.data)]
        return [one for one in found if (one.head, one.base) == (head, base)]

    async def open(self, place: Place, new: NewPull) -> Pull:
        """Open one; Exists where there is an open one of these branches."""
        body = {"title": new.title, "head": new.head, "base": new.base, "body": new.body, "draft": new.draft}
        try:
            reply = await self._http.call(place, "POST", f"/repos/{place.path}/pulls", WRITE, body=body)
        except ForgeRefused as error:
            if error.status == 422 and "already exists" in str(error):
                raise Exists(str(error), 422) from error
            raise
        return _read_pull(place, read_dict(reply.data))

    async def update(self, place: Place, number: int, change: Change) -> Pull:
        """Change one."""
        body = {"title": change.title, "body": change.body, "state": change.state}
        sent = {name: value for name, value in body.items() if value is not None}
        reply = await self._http.call(place, "PATCH", f"/repos/{place.path}/pulls/{number}", WRITE, body=sent)
        return _read_pull(place, read_dict(reply.data))

    async def comment(self, place: Place, number: int, body: str) -> str:
        """Say something there; return its key."""
        rest = f"/repos/{place.path}/issues/{number}/comments"
        reply = await self._http.call(place, "POST", rest, WRITE, body={"body": body})
        return f"comment:{read_number(read_dict(reply.data).get('id'))}"

    async def look(self, place: Place, number: int, sha: str, etags: Mapping[str, str]) -> Seen:
        """Return how one is, as far as it changed."""
        asking = Conditional(self._http, place, etags)
        own = f"/repos/{place.path}/pulls/{number}"
        data = await asking.read(own, READ)
        pull = _read_pull(place, read_dict(data)) if data is not None else None
        remarks = [
            *_read_reviews(await asking.read_newest(f"{own}/reviews?{_PAGE}", READ, _FULL)),
            *_read_comments(await asking.read(f"{own}/comments?{_PAGE}&sort=created&direction=desc", READ), "line"),
            *_read_comments(
                await asking.read_newest(f"/repos/{place.path}/issues/{number}/comments?{_PAGE}", READ, _FULL),
                "comment",
            ),
        ]
        checks = await self._read_checks(asking, place, pull.sha if pull is not None else sha)
        return Seen(pull, checks, tuple(remarks), asking.etags)

    async def read_checks(self, place: Place, sha: str) -> Checks | None:
        """Return the checks of a commit."""
        return await self._read_checks(Conditional(self._http, place, {}), place, sha)

    async def _read_checks(self, asking: Conditional, place: Place, sha: str) -> Checks | None:
        """Return the checks of a commit, of both kinds together; None where neither changed or may be read."""
        if not sha:
            return None
        own = f"/repos/{place.path}/commits/{quote(sha, safe='')}"
        rests = (f"{own}/check-runs?{_PAGE}", f"{own}/status?{_PAGE}")
        try:
            runs, statuses = await asking.read_together(rests, CHECKS)
        except ForgeRefused as error:
            if error.status in (401, 403, 404):  # an App without the right to read them
                return None
            raise
        if runs is None or statuses is None:
            return None
        return count_checks(_list_runs(runs)).plus(count_checks(_list_statuses(statuses)))


def _read_pull(place: Place, data: Mapping[str, Any]) -> Pull:
    number = read_number(data.get("number"))
    head, base = data.get("head"), data.get("base")
    merged = bool(data.get("merged")) or read_time(data.get("merged_at")) is not None
    state: State = "merged" if merged else "closed" if data.get("state") == "closed" else "open"
    connection = place.connection
    return Pull(
        number,
        read_url(data.get("html_url"), connection.url, f"{connection.url}/{place.path}/pull/{number}"),
        read_line(data.get("title")),
        state,
        read_name(head, "ref"),
        read_name(base, "ref"),
        read_name(head, "sha"),
        read_time(data.get("created_at")),
    )


def _read_reviews(data: Any) -> Iterator[Remark]:
    for one in read_items(data):
        state, text = one.get("state"), read_text(one.get("body"))
        verdict = _VERDICTS.get(state) if isinstance(state, str) else None
        if state in _DRAFTS or (verdict is None and not text.strip()):
            continue  # its comments are told one by one
        yield Remark(
            f"review:{read_number(one.get('id'))}", "review", read_name(one.get("user")), text, verdict or "",
            at=read_time(one.get("submitted_at")),
        )  # fmt: skip


def _read_comments(data: Any, kind: str) -> Iterator[Remark]:
    for one in read_items(data):
        line = one.get("line") or one.get("original_line")
        yield Remark(
            f"{kind}:{read_number(one.get('id'))}", "comment", read_name(one.get("user")), read_text(one.get("body")),
            place=place_text(one.get("path"), line), at=read_time(one.get("created_at")),
        )  # fmt: skip


def _list_runs(data: Any) -> Iterator[tuple[str, str]]:
    for one in read_items(read_dict(data).get("check_runs")):
        done = one.get("status") == "completed"
        state = "pending" if not done else "passed" if one.get("conclusion") in _PASSED else "failed"
        yield read_line(one.get("name"), 100), state


def _list_statuses(data: Any) -> Iterator[tuple[str, str]]:
    for one in read_items(read_dict(data).get("statuses")):
        yield read_line(one.get("context"), 100), _STATES.get(str(one.get("state")), "pending")
