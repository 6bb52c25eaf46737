"""Whether a connection can be used, and why not: asked of real servers, and of what stands for a forge's API."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from agent_gateway.connections.credentials import FileToken
from agent_gateway.connections.githubapp import GithubApp
from agent_gateway.connections.probes import Prober
from agent_gateway.connections.settings import Connection, read_connections
from agent_gateway.connections.upstream import Refusal, Upstream
from tests.support.git_server import KEY, GitServer, serving
from tests.support.github import APP, GitHub
from tests.support.own_ca import make_own_ca


@asynccontextmanager
async def asking():
    upstream = Upstream()
    try:
        yield upstream, Prober(upstream)
    finally:
        await upstream.close()


@asynccontextmanager
async def running_server(tmp_path, **options):
    server = GitServer(tmp_path / "server")
    server.create("acme/api")
    async with serving(server.handle, **options) as url:
        yield url


def token(tmp_path, text=KEY, user="git"):
    (tmp_path / "key").write_text(text)
    return FileToken(tmp_path / "key", user)


@pytest.mark.parametrize(
    ("key", "repositories", "usable", "reason"),
    [
        (KEY, ["acme/api"], "True", "Usable"), (KEY, ["acme/gone", "acme/api"], "True", "Usable"),
        (KEY, ["acme/gone"], "False", "NotReached"), ("another", ["acme/api"], "False", "KeyRefused"),
        ("", ["acme/api"], "False", "KeyMissing"),
    ],
)  # fmt: skip
async def test_a_git_server_is_tried_by_a_repository_that_a_rule_names(tmp_path, key, repositories, usable, reason):
    async with running_server(tmp_path) as url, asking() as (_, prober):
        found = await prober.probe(Connection("lab", "git", url, token(tmp_path, key)), repositories)
    assert (found.usable, found.reason) == (usable, reason)
    assert KEY not in found.message


async def test_a_host_that_is_away_is_told_apart(tmp_path):
    async with running_server(tmp_path) as url:
        pass
    async with asking() as (_, prober):
        found = await prober.probe(Connection("lab", "git", url, token(tmp_path)), ["acme/api"])
    assert (found.usable, found.reason) == ("False", "HostAway")


async def test_a_plain_server_of_which_only_patterns_are_named_is_not_tried(tmp_path):
    async with running_server(tmp_path) as url, asking() as (_, prober):
        found = await prober.probe(Connection("lab", "git", url, token(tmp_path)), [])
    assert (found.usable, found.reason) == ("Unknown", "NotTried")


FORGES = {
    "github": ("/api/v3/rate_limit", "Authorization", "Bearer the-key"),
    "gitlab": ("/api/v4/personal_access_tokens/self", "PRIVATE-TOKEN", "the-key"),
    "gitea": ("/api/v1/user", "Authorization", "token the-key"),
}


@pytest.mark.parametrize("forge", sorted(FORGES))
@pytest.mark.parametrize(
    ("status", "reason"), [(200, "Usable"), (403, "Usable"), (401, "KeyRefused"), (502, "HostAway"), (429, "HostAway")]
)
async def test_a_forges_api_tells_of_a_key_where_only_patterns_are_named(tmp_path, forge, status, reason):
    path, header, shown = FORGES[forge]

    async def answer(request):
        known = request.path == path and request.headers.get(header) == shown
        return web.Response(status=status if known else 418)

    async with serving(answer) as url, asking() as (_, prober):
        (tmp_path / "all.json").write_text(
            json.dumps([{"name": "hub", "forge": forge, "url": url, "tokenFile": str(tmp_path / "key")}])
        )
        token(tmp_path, "the-key")
        connection = read_connections(tmp_path / "all.json", Upstream().get_session)["hub"]
        found = await prober.probe(connection, [])
    assert found.reason == reason


async def test_an_app_that_is_installed_nowhere_or_whose_key_is_refused_is_told_apart(tmp_path):
    hub = GitHub("acme", time.time)
    (tmp_path / "key").write_text(hub.private)
    async with serving(hub.handle) as url, asking() as (upstream, prober):
        for app, installed, reason in ((APP, 1, "Usable"), (APP, 0, "NotInstalled"), ("another", 1, "KeyRefused")):
            hub.installations = installed
            credential = GithubApp(upstream.get_session, url, app, tmp_path / "key")
            assert (await prober.probe(Connection("hub", "github", url, credential), [])).reason == reason
        credential = GithubApp(upstream.get_session, url, APP, tmp_path / "key")
        hub.installations = 1
        assert (await prober.probe(Connection("hub", "github", url, credential), ["other/x"])).reason == "NotInstalled"


@pytest.mark.parametrize(("forge", "user"), [("github", "x-access-token"), ("gitlab", "oauth2"), ("gitea", "git")])
async def test_each_forge_is_shown_its_own_user(tmp_path, forge, user):
    token(tmp_path, "the-key")
    (tmp_path / "all.json").write_text(
        json.dumps([{"name": "hub", "forge": forge, "url": "http://gitea.forge.svc:3000/git/",
                     "tokenFile": str(tmp_path / "key")}])
    )  # fmt: skip
    found = read_connections(tmp_path / "all.json", Upstream().get_session)["hub"]
    header = await found.credential.build_header("acme/api", write=False)
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == f"{user}:the-key"
    assert (found.url, found.host) == ("http://gitea.forge.svc:3000/git", "gitea.forge.svc:3000"), "below a path"


ASK = """
import asyncio, os, sys
from pathlib import Path
from agent_gateway.connections.credentials import FileToken
from agent_gateway.connections.probes import Prober
from agent_gateway.connections.settings import Connection
from agent_gateway.connections.upstream import Upstream
async def main():
    if len(sys.argv) > 3:
        os.environ["SSL_CERT_FILE"] = sys.argv[3]  # as the gateway sets it: when all is imported
    upstream = Upstream()
    connection = Connection("lab", "gitea", sys.argv[1], FileToken(Path(sys.argv[2]), "git"))
    print((await Prober(upstream).probe(connection, ["acme/api"])).reason)
    await upstream.close()
asyncio.run(main())
"""


async def test_a_certificate_of_ones_own_is_trusted_where_it_is_added_and_told_where_not(tmp_path):
    certificate, tls = make_own_ca(tmp_path)
    token(tmp_path)

    async def ask(url, *late, **more):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ASK, url, str(tmp_path / "key"), *late, stdout=asyncio.subprocess.PIPE,
            env={**{k: v for k, v in os.environ.items() if k != "SSL_CERT_FILE"}, "PYTHONPATH": os.pathsep.join(sys.path), **more},
        )  # fmt: skip
        return (await process.communicate())[0].decode().strip()

    async with running_server(tmp_path, tls=tls) as url, asking() as (upstream, _):
        assert await ask(url) == "CertificateRefused"
        assert await ask(url, SSL_CERT_FILE=str(certificate)) == "Usable"
        assert await ask(url, str(certificate)) == "Usable"
        with pytest.raises(Refusal, match="shows a certificate that the gateway does not trust"):
            await upstream.find_head(Connection("lab", "git", url, token(tmp_path)), "acme/api", "sha1")
