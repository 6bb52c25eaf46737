"""Tokens of a GitHub App: for one repository, with the least rights, kept until shortly before their end."""

from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager

import aiohttp
import pytest

from agent_gateway.connections.credentials import NoCredential
from agent_gateway.connections.githubapp import GithubApp
from tests.support.eventually import eventually
from tests.support.git_server import serving
from tests.support.github import APP, GitHub


class Clock:
    def __init__(self):
        self.now = 1_795_953_600.0

    def __call__(self):
        return self.now


@asynccontextmanager
async def running_app(folder, app=APP):
    clock = Clock()
    hub = GitHub("acme", clock)
    (folder / "key").write_text(hub.private)
    async with serving(hub.handle) as url, aiohttp.ClientSession() as session:
        yield hub, GithubApp(lambda: session, url, app, folder / "key", clock), clock


def read(header):
    return base64.b64decode(header.removeprefix("Basic ")).decode()


async def test_a_token_is_for_one_repository_and_may_no_more_than_the_call(tmp_path):
    async with running_app(tmp_path) as (hub, app, _):
        assert read(await app.build_header("acme/api", write=False)) == "x-access-token:ghs_1"
        assert read(await app.build_header("acme/api", write=True)) == "x-access-token:ghs_2"
        assert hub.minted == [
            (["api"], {"metadata": "read", "contents": "read"}), (["api"], {"metadata": "read", "contents": "write"}),
        ]  # fmt: skip


async def test_it_is_kept_until_shortly_before_its_end_or_until_the_forge_refuses_it(tmp_path):
    async with running_app(tmp_path) as (hub, app, clock):
        first = await app.build_header("acme/api", write=False)
        clock.now += 3200
        assert await app.build_header("ACME/api", write=False) == first
        clock.now += 200
        second = await app.build_header("acme/api", write=False)
        assert second != first
        app.drop("acme/api")
        assert await app.build_header("acme/api", write=False) != second
        assert hub.calls.count("/repos/acme/api/installation") == 2, "the installation is asked for anew too"


async def test_a_repository_that_github_is_slow_about_keeps_no_other_waiting(tmp_path):
    async with running_app(tmp_path) as (hub, app, _):
        slow = [asyncio.create_task(app.build_header("acme/slow", write=False)) for _ in range(2)]
        await eventually(lambda: hub.calls)
        assert await asyncio.wait_for(app.build_header("acme/api", write=False), 60)
        hub.silent.set()
        assert len(set(await asyncio.gather(*slow))) == 1, "one is asked for, and both have it"
        assert hub.calls.count("/repos/acme/slow/installation") == 1


@pytest.mark.parametrize(
    ("path", "app", "lacks", "words"),
    [
        ("other/api", APP, (), "The GitHub App is not installed for other/api."),
        ("acme/api", "another", (), "GitHub does not accept the App's key or id."),
        ("acme/api", APP, ("contents",), "The GitHub App may not do this with acme/api"),
    ],
)
async def test_what_github_refuses_is_told_in_words(tmp_path, path, app, lacks, words):
    async with running_app(tmp_path, app) as (hub, credential, _):
        hub.lacks = lacks
        with pytest.raises(NoCredential, match=words):
            await credential.build_header(path, write=True)


async def test_a_key_that_is_none_is_told(tmp_path):
    async with running_app(tmp_path) as (_, app, _):
        (tmp_path / "key").write_text("no key")
        with pytest.raises(NoCredential, match="private key cannot be used"):
            await app.build_header("acme/api", write=False)
