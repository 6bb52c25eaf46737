"""Requests that no tool would send: none reaches a service outside of the rules, and no key comes out. `make fuzz-apis` sends 2,000."""

from __future__ import annotations

import asyncio
import os
from urllib.parse import urlsplit

from aiohttp import web

from agent_contract.apis import ApiRule
from tests.support.api_lab import KEY, TOKEN, running_lab
from tests.support.hostile_requests import HostileRequests, read_loosely

COUNT = int(os.environ.get("FUZZ_REQUESTS", "300"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
AT_ONCE = 20
RULES = [
    ApiRule(connection="api", paths=["v1/**"], methods=["GET", "POST"], max_body="1Ki"),
    ApiRule(connection="npm", paths=["@a/**"]),
]


def is_allowed(seen):
    path = read_loosely(seen.path.partition("?")[0])
    inside = path.startswith("/base/v1/") and seen.method in ("GET", "HEAD", "POST")
    return inside or path == "/base/v1" or (path.startswith("/base/@a/") and seen.method in ("GET", "HEAD"))


async def send(address, data):
    """Send bytes; return what comes back, until the other side ends or says no more."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    back = b""
    try:
        writer.write(data)
        async with asyncio.timeout(0.2):
            while chunk := await reader.read(1 << 16):
                back += chunk
    except (TimeoutError, OSError):
        return back
    else:
        return back
    finally:
        writer.close()


async def test_nothing_goes_out_outside_of_the_rules_and_no_key_comes_back(tmp_path):
    async with running_lab(tmp_path, also={"npm": "npm"}) as lab:
        lab.rights.levels = [RULES]
        turn = 0

        async def answer(request):
            nonlocal turn
            turn += 1
            leads = (
                f"{lab.elsewhere.url}/x",
                "http://evil.example/",
                "/base/v2/secret",
                "//evil.example/x",
                "/base/v1/y",
            )
            if turn % 3 == 0:
                return web.Response(status=307, headers={"Location": leads[turn // 3 % len(leads)], "Set-Cookie": KEY})
            return web.json_response(dict(request.headers), headers={"ETag": KEY, "X-Echo": KEY})

        lab.service.answer = answer
        requests = HostileRequests(TOKEN, SEED)
        for begun in range(0, COUNT, AT_ONCE):
            some = [requests.make().data for _ in range(min(AT_ONCE, COUNT - begun))]
            back = await asyncio.gather(*(send(lab.gateway, data) for data in some))
            assert KEY.encode() not in b"".join(back)
        wrong = [(seen.method, seen.path) for seen in lab.service.seen if not is_allowed(seen)]
        assert wrong == []
        assert [seen for seen in lab.elsewhere.seen if KEY in str(seen) or TOKEN in str(seen)] == []
        assert [seen for seen in lab.service.seen if TOKEN in str(seen) or "X-Evil" in str(seen.headers)] == []
        assert lab.service.seen, "some are honest, or nothing is tried"
        passed = len(lab.service.seen)
        print(f"{COUNT} requests with seed {SEED}: outside of the rules 0, keys out 0, passed on {passed}")  # noqa: T201
