"""Reads with the etags of the look before: what did not change costs a forge nothing, and us no reading."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agent_gateway.forges.http import ForgeHttp
from agent_gateway.forges.values import MOST_REMARKS, Place

_PAGES: Final = 2
"""Of a long list that are read."""


class Conditional:
    """One look at a pull request.

    Args:
        http: Makes the calls.
        place: The repository.
        etags: Of the look before, by what `_key` makes of an address.
    """

    def __init__(self, http: ForgeHttp, place: Place, etags: Mapping[str, str]) -> None:
        self._http = http
        self._place = place
        self._before = etags
        self.etags: dict[str, str] = {}
        """Of this look."""

    async def read(self, rest: str, rights: Mapping[str, str]) -> Any:
        """Return what stands at an address; None where it is as it was."""
        key = _key(rest)
        reply = await self._http.call(self._place, "GET", rest, rights, etag=self._before.get(key, ""))
        if reply.etag:
            self.etags[key] = reply.etag
        return reply.data

    async def read_newest(self, rest: str, rights: Mapping[str, str], size: int) -> Any:
        """Return the end of a list whose oldest things stand first; None where all of it is as it was.

        The end is two pages, as the last one may have a single thing in it. A first page that is full is as it was whatever
        came behind it: its etag is not kept.

        Args:
            rest: Of the first page, with a query.
            rights: What a token made for this call may do.
            size: What is on a page that is full.
        """
        key = _key(rest)
        first = await self._http.call(self._place, "GET", rest, rights, etag=self._before.get(key, ""))
        if first.etag and first.last == 1 and not (isinstance(first.data, list) and len(first.data) >= size):
            self.etags[key] = first.etag
        found = first.data if isinstance(first.data, list) and first.last <= _PAGES else []
        if first.last == 1:
            return first.data
        for page in range(max(2, first.last - _PAGES + 1), first.last + 1):
            reply = await self._http.call(self._place, "GET", f"{rest}&page={page}", rights)
            found = [*found, *(reply.data if isinstance(reply.data, list) else [])]
        return found[-MOST_REMARKS:]

    async def read_together(self, rests: Sequence[str], rights: Mapping[str, str]) -> list[Any]:
        """Return what stands at some addresses, all of it where one of them changed; None for each where none did."""
        found = [await self.read(rest, rights) for rest in rests]
        if all(data is None for data in found):
            return found
        return [
            (await self._http.call(self._place, "GET", rest, rights)).data if data is None else data
            for rest, data in zip(rests, found, strict=True)
        ]


def _key(rest: str) -> str:
    return hashlib.sha256(rest.encode()).hexdigest()[:12]
