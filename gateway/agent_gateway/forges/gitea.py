"""Pull requests on Gitea and Forgejo.

Source: Gitea's API of 1.24 (its `swagger.v1.json`): repository, issue.
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

RIGHTS: Final = {"write:repository": "", "write:issue": ""}
"""A token has the rights that it was made with."""
_DRAFT: Final = "WIP: "
_STATES: Final[Mapping[str, str]] = {
    "success": "passed", "warning": "passed", "skipped": "passed", "failure": "failed", "error": "failed",
}  # fmt: skip
_VERDICTS: Final[Mapping[str, Literal["approved", "changes"]]] = {"APPROVED": "approved", "REQUEST_CHANGES": "changes"}
_UNSAID: Final = ("PENDING", "REQUEST_REVIEW")
"""Reviews that nobody sees yet, or that are only asked for."""
_FULL: Final = 50
"""Reviews of a page."""
_MOST_REVIEWS: Final = 20
"""Reviews of a look whose comments are read: each is a call of its own."""


class Gitea:
    """Gitea, and Forgejo.

    Args:
        http: Makes the calls.
    """

    def __init__(self, http: ForgeHttp) -> None:
        self._http = http

    async def read_default(self, place: Place) -> str:
        """Return the repository's main branch."""
        reply = await self._http.call(place, "GET", f"/repos/{place.path}", RIGHTS)
        return read_line(read_dict(reply.data).get("default_branch"))

    async def find(self, place: Place, head: str, base: str) -> list[Pull]:
        """Return the pull requests of these branches, the newest first.

        The list cannot be asked by branch: of a repository with more than fifty newer ones, the open one is asked for by name.
        """
        rest = f"/repos/{place.path}/pulls?state=all&sort=newest&limit=50"
        reply = await self._http.call(place, "GET", rest, RIGHTS)
        found = [_read_pull(place, one) for one in read_items(reply.data)]
        fitting = [one for one in found if (one.head, one.base) == (head, base)]
        if any(one.state == "open" for one in fitting) or len(found) < 50:
            return fitting
        try:
            rest = f"/repos/{place.path}/pulls/{quote(base, safe='')}/{quote(head, safe='')}"
            named = await self._http.call(place, "GET", rest, RIGHTS)
        except ForgeRefused as error:
            if error.status == 404:
                return fitting
            raise
        return [*fitting, _read_pull(place, read_dict(named.data))]

    async def open(self, place: Place, new: NewPull) -> Pull:
        """Open one; Exists where there is an open one of these branches."""
        title = f"{_DRAFT}{new.title}" if new.draft else new.title
        body = {"head": new.head, "base": new.base, "title": title, "body": new.body}
        try:
            reply = await self._http.call(place, "POST", f"/repos/{place.path}/pulls", RIGHTS, body=body)
        except ForgeRefused as error:
            if error.status == 409:
                raise Exists(str(error), 409) from error
            raise
        return _read_pull(place, read_dict(reply.data))

    async def update(self, place: Place, number: int, change: Change) -> Pull:
        """Change one."""
        body = {"title": change.title, "body": change.body, "state": change.state}
        sent = {name: value for name, value in body.items() if value is not None}
        reply = await self._http.call(place, "PATCH", f"/repos/{place.path}/pulls/{number}", RIGHTS, body=sent)
        return _read_pull(place, read_dict(reply.data))

    async def comment(self, place: Place, number: int, body: str) -> str:
        """Say something there; return its key."""
        rest = f"/repos/{place.path}/issues/{number}/comments"
        reply = await self._http.call(place, "POST", rest, RIGHTS, body={"body": body})
        return f"comment:{read_number(read_dict(reply.data).get('id'))}"

    async def look(self, place: Place, number: int, sha: str, etags: Mapping[str, str]) -> Seen:
        """Return how one is, as far as it changed."""
        asking = Conditional(self._http, place, etags)
        own = f"/repos/{place.path}/pulls/{number}"
        data = await asking.read(own, RIGHTS)
        pull = _read_pull(place, read_dict(data)) if data is not None else None
        reviews = await asking.read_newest(f"{own}/reviews?limit={_FULL}", RIGHTS, _FULL)
        remarks = [*_read_reviews(reviews), *await self._read_lines(place, own, reviews)]
        comments = await asking.read(f"/repos/{place.path}/issues/{number}/comments", RIGHTS)
        remarks += _read_comments(comments, "comment")
        checks = await self._read_checks(asking, place, pull.sha if pull is not None else sha)
        return Seen(pull, checks, tuple(remarks), asking.etags)

    async def _read_lines(self, place: Place, own: str, reviews: Any) -> list[Remark]:
        """Return the comments of the newest reviews."""
        found: list[Remark] = []
        for one in list(read_items(reviews))[-_MOST_REVIEWS:]:
            if one.get("comments_count") and one.get("state") not in _UNSAID:
                number = read_number(one.get("id"))
                reply = await self._http.call(place, "GET", f"{own}/reviews/{number}/comments", RIGHTS)
                found += _read_comments(reply.data, "line")
        return found

    async def read_checks(self, place: Place, sha: str) -> Checks | None:
        """Return the checks of a commit."""
        return await self._read_checks(Conditional(self._http, place, {}), place, sha)

    async def _read_checks(self, asking: Conditional, place: Place, sha: str) -> Checks | None:
        if not sha:
            return None
        data = await asking.read(f"/repos/{place.path}/commits/{quote(sha, safe='')}/status", RIGHTS)
        return count_checks(_list_statuses(data)) if data is not None else None


def _read_pull(place: Place, data: Mapping[str, Any]) -> Pull:
    number = read_number(data.get("number"))
    url = place.connection.url
    state: State = "merged" if data.get("merged") is True else "closed" if data.get("state") == "closed" else "open"
    return Pull(
        number,
        read_url(data.get("html_url"), url, f"{url}/{place.path}/pulls/{number}"),
        read_line(data.get("title")),
        state,
        read_name(data.get("head"), "ref"),
        read_name(data.get("base"), "ref"),
        read_name(data.get("head"), "sha"),
        read_time(data.get("created_at")),
    )


def _read_reviews(data: Any) -> Iterator[Remark]:
    for one in read_items(data):
        state, text = one.get("state"), read_text(one.get("body"))
        verdict = _VERDICTS.get(state) if isinstance(state, str) else None
        if state in _UNSAID or (verdict is None and not text.strip()):
            continue  # its comments are told one by one
        yield Remark(
            f"review:{read_number(one.get('id'))}", "review", read_name(one.get("user")), text, verdict or "",
            at=read_time(one.get("submitted_at")),
        )  # fmt: skip


def _read_comments(data: Any, kind: str) -> Iterator[Remark]:
    items = list(read_items(data, 1000))
    for one in items[-100:]:
        yield Remark(
            f"{kind}:{read_number(one.get('id'))}", "comment", read_name(one.get("user")), read_text(one.get("body")),
            place=place_text(one.get("path"), one.get("position") or one.get("original_position")), at=read_time(one.get("created_at")),
        )  # fmt: skip


def _list_statuses(data: Any) -> Iterator[tuple[str, str]]:
    for one in read_items(read_dict(data).get("statuses")):
        yield read_line(one.get("context"), 100), _STATES.get(str(one.get("status")), "pending")
