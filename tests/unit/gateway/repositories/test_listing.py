"""What forges list, over HTTP: one bounded call, remembered for a while."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from agent_gateway.connections.credentials import FileToken
from agent_gateway.connections.settings import Connection
from agent_gateway.repositories import listing
from agent_gateway.repositories.listing import Listing, build_api
from tests.support.eventually import PATIENCE
from tests.support.git_server import serving

PATHS = {
    "github": ("/api/v3/user/repos", "full_name"), "gitlab": ("/api/v4/projects", "path_with_namespace"),
    "gitea": ("/api/v1/user/repos", "full_name"),
}  # fmt: skip


@asynccontextmanager
async def running(tmp_path, answer, forge="gitea", clock=lambda: 0.0):
    """Yield a listing of one forge, and the requests that came."""
    seen = []

    async def handle(request):
        seen.append((request.path, request.headers.get("Authorization")))
        return await answer(request)

    (tmp_path / "key").write_text("secret\n")
    async with serving(handle) as url, aiohttp.ClientSession() as session:
        connection = Connection("lab", forge, url, FileToken(tmp_path / "key", "git"))
        yield Listing({"lab": connection}, lambda: session, clock), seen


@pytest.mark.parametrize("forge", PATHS)
async def test_each_forge_is_asked_in_its_way_and_not_twice_within_a_minute(tmp_path, forge):
    path, field = PATHS[forge]
    now = [0.0]

    async def answer(_):
        return web.json_response([{field: "acme/api"}, {field: "acme/web"}, {"other": 1}, 7])

    async with running(tmp_path, answer, forge, lambda: now[0]) as (found, seen):
        wanted = [("lab", "acme/api"), ("lab", "acme/web")]
        assert await found.list_all(["lab", "lab", "none"]) == wanted
        assert await found.list_all(["lab"]) == wanted
        assert seen == [(path, "Bearer secret")]
        now[0] = listing.KEPT_SECONDS
        assert await found.list_all(["lab"]) == wanted
        assert len(seen) == 2


@pytest.mark.parametrize("body", ["", "{}", "[", "[" * 5000, json.dumps([{"full_name": "x" * (3 << 20)}])])
async def test_an_answer_that_is_none_lists_nothing_and_is_asked_for_anew(tmp_path, body):
    async def answer(_):
        return web.Response(text=body)

    async with running(tmp_path, answer) as (found, seen):
        assert await found.list_all(["lab"]) == []
        assert await found.list_all(["lab"]) == []
        assert len(seen) == 2


async def test_a_forge_that_refuses_redirects_or_is_silent_holds_nobody_up(tmp_path, monkeypatch):
    monkeypatch.setattr(listing, "LIST_SECONDS", 0.2)
    answers = [web.Response(status=401), web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"}), None]

    async def answer(_):
        found = answers.pop(0)
        if found is None:
            await asyncio.sleep(30)
        return found

    async with running(tmp_path, answer) as (found, seen):
        for _ in range(3):
            assert await asyncio.wait_for(found.list_all(["lab"]), PATIENCE) == []
        assert len(seen) == 3


async def test_no_forge_without_a_token_of_its_own_is_asked(tmp_path):
    async def answer(_):
        return web.json_response([])

    async with running(tmp_path, answer, "git") as (found, seen):
        assert await found.list_all(["lab"]) == []
        (tmp_path / "key").unlink()
        assert seen == []
    async with running(tmp_path, answer) as (found, seen):
        (tmp_path / "key").unlink()
        assert await found.list_all(["lab"]) == []
        assert seen == []


def test_githubs_own_api_has_a_host_of_its_own():
    assert build_api(Connection("hub", "github", "https://github.com", None)) == "https://api.github.com"
