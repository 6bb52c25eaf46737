"""What a pod is given: the service's answer, with its addresses mended and no key in it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from agent_gateway.apis.headers import MAX_VALUE, build_answer_headers
from agent_gateway.apis.redirects import mend, resolve
from agent_gateway.apis.replacing import Replacer, build_links, build_masks
from agent_gateway.apis.settings import Api
from agent_gateway.connections.credentials import NoCredential
from agent_gateway.connections.upstream import Refusal

MAX_ANSWER: Final = 16 << 30
"""Bytes of an answer: a layer of an image is a large one."""
_LINKED: Final = {
    "npm": frozenset({"application/json", "application/vnd.npm.install-v1+json"}),
    "pypi": frozenset({
        "application/json", "application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+json", "text/html",
    }),
}  # fmt: skip
"""Documents whose addresses a tool follows."""
_LINK = re.compile(r"<([^<>]{1,2048})>")
_MOST_LINKS: Final = 8
_ARCHIVES: Final = (
    "application/octet-stream", "application/gzip", "application/x-gzip", "application/x-tar", "application/x-tgz",
    "application/x-compressed", "application/zip", "application/java-archive", "application/vnd.", "audio/", "font/", "image/", "video/",
)  # fmt: skip
_DOCUMENTS: Final = ("+json", "+xml", "+html", "+yaml")
_EMPTY: Final = frozenset({204, 304})


async def give(
    request: web.Request, answer: aiohttp.ClientResponse, api: Api, mine: Sequence[Api], *, keeps: bool = False
) -> web.StreamResponse:
    """Give the pod what a service answers.

    Args:
        request: The pod's.
        answer: The service's.
        api: Who answers.
        mine: All services of the pod, whose addresses are mended.
        keeps: Leave addresses in documents as they are: who asks mends them itself.

    Raises:
        Refusal: the answer is none for a pod.
    """
    _check(answer, api)
    linked = answer.content_type in _LINKED.get(api.format, ()) and not keeps
    empty = request.method == "HEAD" or answer.status in _EMPTY
    looked_at = linked or (api.key is not None and not _is_archive(answer.content_type))
    if looked_at and not empty and answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(502, f"{api.name} answers packed, though it was asked not to.")
    links = Replacer(build_links(mine if linked else ()), quoted=True)
    masks = Replacer(build_masks(_list_secrets(api)))
    headers = CIMultiDict[str]()
    for name, value in [*build_answer_headers(answer.headers, api).items(), *_mend_headers(answer, mine)]:
        headers.add(name, (masks.feed(value.encode()) + masks.end()).decode())
    response = web.StreamResponse(status=answer.status, reason=_get_reason(answer), headers=headers)
    if answer.content_length is not None and answer.status not in _EMPTY and not linked:
        response.content_length = answer.content_length
    await response.prepare(request)
    if empty:
        await response.write_eof()
        return response
    try:
        async for chunk in _bounded(answer, api):
            if data := masks.feed(links.feed(chunk)):
                await response.write(data)
    except (aiohttp.ClientError, TimeoutError, Refusal):
        if request.transport is not None:
            request.transport.abort()  # a clean end would look like a whole answer
        raise
    await response.write_eof(masks.feed(links.end()) + masks.end())
    return response


def build_error(refusal: Refusal) -> web.Response:
    """Answer with words: as the field that npm shows, which others show as text."""
    return web.json_response(
        {"error": str(refusal), "errors": [{"code": "DENIED", "message": str(refusal)}]}, status=refusal.status
    )


def _check(answer: aiohttp.ClientResponse, api: Api) -> None:
    if answer.status in (401, 407):
        raise Refusal(502, f"{api.name} does not accept the gateway's key.")
    if answer.status < 200:
        raise Refusal(502, f"{api.name} answers as no plain HTTP server would ({answer.status}).")


def _is_archive(content_type: str) -> bool:
    """Say whether an answer of a type is a file as it was stored: a key is looked for in what a service writes itself."""
    return content_type.startswith(_ARCHIVES) and not content_type.endswith(_DOCUMENTS)


def _mend_headers(answer: aiohttp.ClientResponse, mine: Sequence[Api]) -> Iterator[tuple[str, str]]:
    """Yield the headers that lead somewhere; a `Location` at no service of the pod is left out."""
    current = str(answer.url)
    for value in answer.headers.getall("Location", [])[:1]:
        if mended := mend(resolve(current, value) or "", mine):
            yield "Location", mended
    for value in answer.headers.getall("Link", [])[:_MOST_LINKS]:
        if len(value) <= MAX_VALUE and value.isprintable():
            yield (
                "Link",
                _LINK.sub(lambda found: f"<{mend(resolve(current, found[1]) or '', mine) or found[1]}>", value),
            )


def _list_secrets(api: Api) -> tuple[bytes, ...]:
    try:
        return api.key.list_secrets() if api.key is not None else ()
    except NoCredential as error:
        raise Refusal(502, str(error)) from error


def _get_reason(answer: aiohttp.ClientResponse) -> str | None:
    reason = answer.reason or ""
    return reason if reason.isascii() and reason.isprintable() and len(reason) < 100 else None


async def _bounded(answer: aiohttp.ClientResponse, api: Api) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in answer.content.iter_any():
        size += len(chunk)
        if size > MAX_ANSWER:
            raise Refusal(502, f"{api.name} answers more than {MAX_ANSWER} bytes.", "api-answer")
        yield chunk
