"""The ports within a pod: what they pass on, and for whom."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import aiohttp
from aiohttp import web
from yarl import URL

from agent_contract.apis import ApiConnection
from tests.support.api_lab import TOKEN, running_lab
from tests.support.api_pod import running_both
from tests.support.eventually import LONG, eventually
from tests.support.ports import free_port


async def get(session, address, **more):
    async with session.request(
        more.pop("method", "GET"), URL(address, encoded=True), allow_redirects=False, **more
    ) as answer:
        return answer.status, await answer.text()


async def test_a_port_serves_the_paths_of_the_service_with_the_token_of_the_moment(tmp_path):
    async with running_both(tmp_path) as (lab, address), aiohttp.ClientSession() as session:
        lab.allow({"methods": ["GET", "PUT"]})
        assert await get(
            session, f"{address}/base/x%20y?q=%2F", headers={"Authorization": "Bearer other", "Cookie": "a=b"}
        ) == (200, "")
        assert await get(session, f"{address}/base") == (200, "")
        assert await get(session, f"{address}/base/base/twice") == (200, "")
        assert await get(session, f"{address}/base/up", method="PUT", data=b"x" * 100_000) == (200, "")
        assert [seen.path for seen in lab.service.seen] == ["/base/x%20y?q=%2F", "/base", "/base/twice", "/base/up"]
        assert len(lab.service.seen[-1].body) == 100_000
        assert [token for token in lab.tokens if token != TOKEN] == []
        (tmp_path / "token").write_text("the next")
        await get(session, f"{address}/base/x")
        assert lab.tokens[-1] == "the next"


async def test_a_port_serves_nothing_else(tmp_path):
    async with running_both(tmp_path) as (lab, address), aiohttp.ClientSession() as session:
        for path in ("/", "/other/x", "/basement", "/base/../x", "/base//x", "/base/a%2fb"):
            status, _ = await get(session, address + path)
            assert (status in (400, 404), path) == (True, path)
        for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert (await get(session, f"{address}/base/x", headers=headers))[0] == 403
        assert (await get(session, f"{address}/base/x", method="TRACE"))[0] == 403
        assert lab.service.seen == []


async def test_a_body_that_ends_early_ends_early_for_the_pod_too(tmp_path):
    async with running_both(tmp_path) as (lab, address), aiohttp.ClientSession() as session:

        async def break_off(request):
            response = web.StreamResponse(headers={"Content-Length": "1000000"})
            await response.prepare(request)
            await response.write(b"x" * 1000)
            request.transport.abort()
            return response

        lab.service.answer = break_off
        try:
            await get(session, f"{address}/base/x")
        except aiohttp.ClientError:
            return
        raise AssertionError("it looks whole")


async def test_a_process_serves_until_it_is_ended(tmp_path):
    async with running_lab(tmp_path, port=free_port()) as lab:
        (tmp_path / "token").write_text(TOKEN)
        api = lab.apis["api"]
        told = ApiConnection(name="api", format="plain", url=api.url, port=api.port).model_dump_json(by_alias=True)
        given = f'{{"gateway":"{lab.gateway}","token":"{tmp_path / "token"}","apis":[{told}]}}'
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agent_runner.apis", stdin=subprocess.PIPE, env=env
        )  # fmt: skip
        process.stdin.write(given.encode())
        process.stdin.close()
        try:
            async with aiohttp.ClientSession() as session:

                async def is_served():
                    try:
                        return (await get(session, f"http://127.0.0.1:{api.port}/base/x"))[0] == 200
                    except aiohttp.ClientError:
                        return False

                await eventually(is_served, timeout=LONG)
        finally:
            process.kill()
            await process.wait()
