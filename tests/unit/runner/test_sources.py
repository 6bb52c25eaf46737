"""Skills and templates of repositories: how much of the pod's volume they take, and what is left of one that is not fetched."""

from __future__ import annotations

import asyncio
import base64
import io
from contextlib import asynccontextmanager

from aiohttp import web

from agent_contract.runnerconfig import RunnerSource
from agent_runner import sources as module
from agent_runner.launch import Setup
from agent_runner.logs import Log
from agent_runner.pifiles import Folders
from agent_runner.sources import Sources
from dev.shell import apt_install
from tests.support.eventually import eventually
from tests.support.git_server import KEY, GitServer, serving

MIB = 1 << 20


class Pod:
    """Fetches from a server that stands where the gateway does."""

    def __init__(self, folder, url, server, programs):
        self.folder, self.server, self.programs, self.log = folder, server, programs, io.StringIO()
        (folder / "state").mkdir()
        login = base64.b64encode(f"git:{KEY}".encode()).decode()
        (folder / "state/gitconfig").write_text(f'[http]\n\textraHeader = "Authorization: Basic {login}"\n')
        folders = Folders(*(str(folder / name) for name in ("state", "home", "tmp")))
        self.setup = Setup({"gatewayUrl": url}, folders, str(folder), "", (), "")

    def add(self, name, files):
        """Make a repository; return it as a class's source."""
        self.server.create(f"git/lab/{name}", commits=1)
        self.server.add(f"git/lab/{name}", files)
        return self.build_source(name, self.server.read(f"git/lab/{name}"))

    def build_source(self, name, commit="a" * 40):
        return RunnerSource(path=str(self.get_path(name)), connection="lab", repository=name, commit=commit)

    def get_path(self, name):
        return self.folder / "sources" / name.replace("/", "-")

    async def fetch(self, *sources):
        """Fetch them; return those that are missing, and those that are there."""
        ready, tasks = asyncio.Event(), []
        made = Sources(sources, self.setup, self.programs, Log("INFO", self.log), ready.set, tasks.append)
        made.begin()
        await ready.wait()
        return made.missing, [one.repository for one in sources if self.get_path(one.repository).exists()]


@asynccontextmanager
async def running(folder, programs, handle=None):
    server = GitServer(folder / "server")
    async with serving(handle or server.handle) as url:
        yield Pod(folder, url, server, programs)


async def test_a_repository_whose_files_are_too_large_is_not_written(tmp_path, programs):
    """Its pack is small: it is told by its files, before they take the volume's room."""
    async with running(tmp_path, programs) as pod:
        large = pod.add("acme/large", {"one": "x" * 33 * MIB, "two": "x" * 33 * MIB})
        small = pod.add("acme/small", {'a b\n\t"c/SKILL.md': "Ship.", "d/e/f": "x" * 5000})
        assert await pod.fetch(large, small) == (["acme/large"], ["acme/small"])
    assert "limit: source-size" in pod.log.getvalue()
    assert (pod.get_path("acme/small") / "d/e/f").stat().st_size == 5000


async def test_repositories_have_a_bound_together(tmp_path, programs, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 4 * MIB)
    monkeypatch.setattr(module, "MOST_BYTES_OF_ALL", 5 * MIB)
    async with running(tmp_path, programs) as pod:
        names = ["acme/one", "acme/two", "acme/three"]
        found = [
            pod.add(name, {"x": name * size}) for name, size in zip(names, (3 * MIB // 8, 3 * MIB // 8, 9), strict=True)
        ]
        assert await pod.fetch(*found) == (["acme/two"], ["acme/one", "acme/three"])
    assert "limit: sources-size" in pod.log.getvalue()


async def test_large_files_of_lfs_count_before_they_are_asked_for(tmp_path, programs):
    apt_install({"git-lfs": "git-lfs"})  # the agent's image has it
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize {{}}\n"
    async with running(tmp_path, programs) as pod:
        attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
        files = {".gitattributes": attributes, "a.bin": pointer.format(40 * MIB), "b.bin": pointer.format(40 * MIB)}
        assert await pod.fetch(pod.add("acme/large", files)) == (["acme/large"], [])
        assert not [path for _, path, _ in pod.server.seen if "lfs" in path]
    assert "limit: source-size" in pod.log.getvalue()


async def test_many_small_files_count_by_what_they_take(tmp_path, programs, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 40 * 4096)
    async with running(tmp_path, programs) as pod:
        many = pod.add("acme/many", {f"d{number}/x": "x" for number in range(20)})
        assert await pod.fetch(many) == (["acme/many"], [])


async def test_what_takes_too_long_is_ended_with_its_git_and_leaves_nothing(tmp_path, programs, monkeypatch):
    monkeypatch.setattr(module, "FETCH_SECONDS", 2.0)
    asked: list[web.Request] = []

    async def hang(request):
        asked.append(request)
        await eventually(lambda: request.transport is None or request.transport.is_closing())
        return web.Response()

    async with running(tmp_path, programs, hang) as pod:
        assert await pod.fetch(pod.build_source("acme/slow")) == (["acme/slow"], [])
        await eventually(lambda: all(one.transport is None or one.transport.is_closing() for one in asked))


async def test_a_commit_that_is_not_there_leaves_nothing(tmp_path, programs):
    async with running(tmp_path, programs) as pod:
        pod.add("acme/api", {"x": "x"})
        assert await pod.fetch(pod.build_source("acme/api")) == (["acme/api"], [])
