"""The gateway as a process: what it says of settings that are wrong, and how it starts and ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agent_contract import names
from tests.conftest import BOT_ID
from tests.support.eventually import LONG, eventually
from tests.support.ports import free_port
from tests.support.runners import bearer

pytestmark = pytest.mark.postgres
TOKEN = f"{BOT_ID}:AAabcdefghijklmnopqrstuvwxyz_012345"


class Outside:
    """Telegram and the Kubernetes API, as little as a start needs; `token` is the one that Telegram takes."""

    def __init__(self):
        self.token = TOKEN
        self.polls = 0
        self.said = []
        self.reviews = 0

    def app(self):
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self.telegram)
        app.router.add_post("/apis/authentication.k8s.io/v1/tokenreviews", self.review)
        for plural in (names.AGENT_THREADS, names.SUB_AGENTS, names.AGENT_CLASSES):
            app.router.add_get(f"/apis/{names.API_VERSION}/namespaces/agents/{plural}", self.resources)
        return app

    async def telegram(self, request):
        if request.match_info["token"] != self.token:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        method = request.match_info["method"].lower()
        result = True
        if method == "getme":
            result = {"id": BOT_ID, "is_bot": True, "first_name": "b", "username": "demo_bot"}
        if method == "sendmessage":
            self.said.append((await request.post())["text"])
            result = {"message_id": 1, "date": 1, "chat": {"id": 42, "type": "private"}}
        if method == "getwebhookinfo":
            result = {"url": ""}
        if method == "getupdates":
            self.polls += 1
            await asyncio.sleep(0.2)
            result = []
        return web.json_response({"ok": True, "result": result})

    async def review(self, _request):
        self.reviews += 1
        await asyncio.sleep(30)

    async def resources(self, request):
        if "watch" not in request.query:
            return web.json_response({"metadata": {"resourceVersion": "1"}, "items": []})
        answer = web.StreamResponse()
        await answer.prepare(request)
        await asyncio.sleep(30)
        return answer


@contextlib.asynccontextmanager
async def gateway(tmp_path, **settings):
    """Start it beside its surroundings; yields the process, how to ask it, and the surroundings."""
    outside = Outside()
    async with TestServer(outside.app()) as server:
        base = str(server.make_url("")).rstrip("/")
        port = free_port()
        given = {
            "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE": base, "KUBE_API_URL": base, "NAMESPACE": "agents",
            "HOST": "127.0.0.1", "PORT_METRICS": str(port), "PORT_RUNNERS": str(free_port()), **settings,
        }  # fmt: skip
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), **given}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agent_gateway", cwd=tmp_path, env=environment, stderr=asyncio.subprocess.PIPE
        )
        async with aiohttp.ClientSession() as session:

            async def readyz():
                try:
                    async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                        return answer.status, await answer.text()
                except aiohttp.ClientError:
                    return 0, ""

            try:
                yield process, readyz, outside
            finally:
                if process.returncode is None:
                    process.kill()
                await process.communicate()


async def ended(process):
    _, log = await asyncio.wait_for(process.communicate(), 120)
    lines = [json.loads(line) for line in log.decode().splitlines()]
    assert "AAabc" not in log.decode()
    return process.returncode, [line.get("problem") for line in lines if line.get("problem")]


async def ready(readyz, expected=(200, "ready")):
    async def is_so():
        return await readyz() == expected

    await eventually(is_so, timeout=LONG, interval=0.1)


async def listens(port):
    try:
        (await asyncio.open_connection("127.0.0.1", port))[1].close()
    except ConnectionError:
        return False
    return True


async def test_it_starts_and_ends_in_order(tmp_path, dsn):
    async with gateway(tmp_path, DATABASE_URL=dsn) as (process, readyz, outside):
        await ready(readyz)
        await eventually(lambda: outside.polls > 1)
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == (0, [])


async def test_what_is_due_goes_out_though_a_call_keeps_the_end_waiting(tmp_path, store, dsn):
    runners = free_port()
    async with gateway(tmp_path, DATABASE_URL=dsn, PORT_RUNNERS=str(runners)) as (process, readyz, outside):
        await ready(readyz)
        url = f"http://127.0.0.1:{runners}{names.PATH_SESSION}"
        async with aiohttp.ClientSession(headers=bearer("a-token")) as session:
            await eventually(
                lambda: listens(runners), timeout=LONG
            )  # ready means that it can serve: it leads a moment later
            call = asyncio.create_task(session.get(url))
            await eventually(lambda: outside.reviews)
            process.send_signal(signal.SIGTERM)

            async def closed():
                return not await listens(runners)

            await eventually(closed)
            await store.pool.execute(
                "INSERT INTO outbox (bot_id, dedupe_key, chat_id, kind, format, text) "
                "VALUES ($1, 'k', 42, 'reply', 'plain', 'the last words')",
                BOT_ID,
            )
            assert (await ended(process))[0] == 0
            await asyncio.gather(call, return_exceptions=True)
        assert outside.said == ["the last words"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"MAX_THREADS": "many"}, "MAX_THREADS"),
        ({"LLM_PROVIDER": "nobody"}, "LLM_BASE_URL"),
        ({"KUBE_API_URL": ""}, "KUBE_API_URL"),
    ],
)
async def test_settings_that_cannot_be_used_end_it_with_a_sentence(tmp_path, settings, words):
    async with gateway(tmp_path, **settings) as (process, _, _):
        code, (problem,) = await ended(process)
        assert code == 64
        assert words in problem


@pytest.mark.parametrize(
    ("one", "words"),
    [
        ({"forge": "nothing"}, "forge"),
        ({"forge": "gitea", "clientId": "x"}, "no way to link accounts"),
        ({"kind": "http", "user": "u", "header": "X-Key"}, "a user and a header"),
    ],
)
async def test_a_connection_of_any_kind_that_cannot_be_used_ends_it_with_a_sentence(tmp_path, one, words):
    file = tmp_path / "connections.json"
    file.write_text(json.dumps([{"name": "hub", "url": "https://hub.example", **one}]))
    async with gateway(tmp_path, CONNECTIONS_FILE=str(file)) as (process, _, _):
        code, (problem,) = await ended(process)
        assert code == 64
        assert words in problem


async def test_a_refused_token_is_told_and_a_new_one_is_taken_without_a_restart(tmp_path, dsn):
    file = tmp_path / "token"
    file.write_text(f"{BOT_ID}:AAabc-of-somebody-else-0123456789abc")
    async with gateway(tmp_path, DATABASE_URL=dsn, TELEGRAM_BOT_TOKEN_FILE=str(file)) as (_, readyz, _):

        async def told():
            status, words = await readyz()
            return status == 503 and "token" in words

        await eventually(told, timeout=LONG, interval=0.1)
        file.write_text(TOKEN)
        await ready(readyz)


async def test_a_missing_token_and_a_database_that_is_away_are_told(tmp_path):
    async with gateway(tmp_path, TELEGRAM_BOT_TOKEN="") as (_, readyz, _):

        async def told():
            return "TELEGRAM_BOT_TOKEN" in (await readyz())[1]

        await eventually(told, timeout=LONG, interval=0.1)
    away = "postgresql://user:hidden@127.0.0.1:1/none"
    async with gateway(tmp_path, DATABASE_URL=away) as (process, readyz, _):

        async def told_away():
            return "Postgres is out of reach" in (await readyz())[1]

        await eventually(told_away, timeout=LONG, interval=0.1)
        assert "hidden" not in (await readyz())[1]
        process.send_signal(signal.SIGTERM)
        code, _ = await ended(process)
        assert code == 0


async def test_a_database_of_another_bot_ends_it_with_a_sentence(tmp_path, store, dsn):
    await store.pool.execute("UPDATE leader SET bot_id = bot_id + 1")
    async with gateway(tmp_path, DATABASE_URL=dsn) as (process, _, _):
        code, (problem,) = await ended(process)
        assert code == 64
        assert "belongs to bot" in problem


async def test_a_leader_that_loses_its_lock_ends_and_the_next_goes_on(tmp_path, store, dsn):
    async with gateway(tmp_path, DATABASE_URL=dsn) as (process, _, outside):
        await eventually(
            lambda: outside.polls, timeout=LONG
        )  # only who leads asks for updates; who stands by is ready too

        async def cut():
            return await store.pool.fetchval(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name LIKE 'openclaw-gateway-%-lock' AND datname = current_database()"
            )

        await eventually(cut)
        code, problems = await ended(process)
        assert code == 1
        assert problems == ["the lock's session with the database ended"]
    async with gateway(tmp_path, DATABASE_URL=dsn) as (_, readyz, _):
        await ready(readyz)
