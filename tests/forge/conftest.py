"""A real Gitea with a database of its own; run by `make test-forge`, which compiles it."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import pytest

from agent_gateway.connections.credentials import FileToken
from agent_gateway.connections.settings import Connection
from agent_gateway.forges.gitea import Gitea
from agent_gateway.forges.http import ForgeHttp
from agent_gateway.forges.values import Place
from dev.forge import find_folder
from tests.support.eventually import eventually
from tests.support.ports import free_port

OWNER, REVIEWER, OUTSIDER = "acme", "ada", "eve"
PASSWORD = "a-long-password-1"
_SETTINGS = """
APP_NAME = lab
RUN_MODE = prod
WORK_PATH = {folder}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = {url}/
LOCAL_ROOT_URL = {url}/
STATIC_ROOT_PATH = {source}
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = postgres
HOST = {database.hostname}:{database.port}
NAME = gitea
USER = {database.username}
PASSWD = {database.password}
SSL_MODE = disable
[repository]
ROOT = {folder}/repositories
[security]
INSTALL_LOCK = true
SECRET_KEY = {secret}
INTERNAL_TOKEN = {secret}
[oauth2]
JWT_SECRET = {jwt}
[service]
DISABLE_REGISTRATION = true
[log]
MODE = console
LEVEL = Error
[cron]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
"""


def pytest_collection_modifyitems(items):
    """Give the ring a time of its own: a server starts in it."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(180))


class Server:
    """The server's process and what its command line does."""

    def __init__(self, folder: Path, built: Path, dsn: str) -> None:
        self._program, self.url = built / "gitea", f"http://127.0.0.1:{(port := free_port())}"
        self._settings = folder / "app.ini"
        self._settings.write_text(
            _SETTINGS.format(
                folder=folder,
                port=port,
                url=self.url,
                source=built / "source",
                secret="k" * 40,
                jwt="B" * 43,
                database=urlsplit(dsn),
            )
        )
        self._env = {**os.environ, "HOME": str(folder), "GITEA_WORK_DIR": str(folder), "USER": "root"}
        self.run("migrate")
        for name in (OWNER, REVIEWER, OUTSIDER):
            self.run(
                "admin", "user", "create", "--username", name, "--password", PASSWORD, "--email", f"{name}@example.org",
                "--must-change-password=false", *(["--admin"] if name == OWNER else []),
            )  # fmt: skip
        self.process = subprocess.Popen(
            [self._program, "web", "--config", self._settings], env=self._env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [self._program, *words, "--config", self._settings], env=self._env, text=True, capture_output=True,
            check=False,
        )  # fmt: skip
        assert not done.returncode, done.stdout + done.stderr
        return done.stdout.strip()

    def make_token(self, user: str, scopes: str, name: str) -> str:
        words = ("admin", "user", "generate-access-token", "--username", user, "--raw", "--token-name", name)
        return self.run(*words, "--scopes", scopes).splitlines()[-1]


@pytest.fixture(scope="session")
def server(tmp_path_factory, postgres):
    built = find_folder()
    if not (built / "done").exists():
        assert not os.environ.get("FORGE_REQUIRED"), "Gitea is not built"
        pytest.skip("Gitea is not built: make test-forge builds it")
    asyncio.run(_make_database(postgres))
    found = Server(tmp_path_factory.mktemp("gitea"), built, postgres)
    yield found
    found.process.terminate()
    found.process.wait(30)


async def _make_database(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("DROP DATABASE IF EXISTS gitea")
        await connection.execute("CREATE DATABASE gitea")
    finally:
        await connection.close()


@dataclass
class Lab:
    """A repository on the server, with a branch of an agent, and the gateway's way there."""

    server: Server
    session: aiohttp.ClientSession
    folder: Path
    name: str
    place: Place
    forge: Gitea
    token: str

    async def api(self, method, rest, body=None, *, user=OWNER, status=(200, 201, 204)):
        """Do as a person does."""
        basic = base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}"}
        async with self.session.request(
            method, f"{self.server.url}/api/v1{rest}", json=body, headers=headers
        ) as answer:
            assert answer.status in status, await answer.text()
            return await answer.json() if answer.content_type == "application/json" else None

    async def commit(self, branch, path, *, new=""):
        """Add a file to a branch, or to a new one that begins there; return the commit."""
        content = base64.b64encode(path.encode()).decode()
        body = {"branch": branch, "content": content, "message": f"Add {path}"} | ({"new_branch": new} if new else {})
        made = await self.api("POST", f"/repos/{self.place.path}/contents/{path}", body)
        return made["commit"]["sha"]

    def make_place(self, token):
        """Return the same repository by another token."""
        file = self.folder / f"token-{len(list(self.folder.iterdir()))}"
        file.write_text(token)
        connection = Connection(
            "lab", "gitea", self.server.url, FileToken(file, "git"), api=f"{self.server.url}/api/v1"
        )
        return Place(connection, self.place.path)


@pytest.fixture
async def lab(server, tmp_path, request):
    async with aiohttp.ClientSession() as session:

        async def answers():
            try:
                async with session.get(f"{server.url}/api/healthz") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await eventually(answers, timeout=60)
        name = f"r{zlib.crc32(request.node.nodeid.encode()):x}"
        token = await asyncio.to_thread(server.make_token, OWNER, "write:repository,write:issue", name)
        (tmp_path / "key").write_text(token)
        connection = Connection(
            "lab", "gitea", server.url, FileToken(tmp_path / "key", "git"), api=f"{server.url}/api/v1"
        )
        place = Place(connection, f"{OWNER}/{name}")
        found = Lab(server, session, tmp_path, name, place, Gitea(ForgeHttp(lambda: session)), token)
        await found.api(
            "POST", "/user/repos", {"name": name, "auto_init": True, "default_branch": "main", "private": True}
        )
        await found.api("PUT", f"/repos/{place.path}/collaborators/{REVIEWER}", {"permission": "write"})
        await found.commit("main", "src.py", new="agent/fix")
        yield found
