"""A git server: Debian's `git http-backend` as a CGI program behind HTTP with basic auth."""

from __future__ import annotations

import asyncio
import base64
import os
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

KEY = "the-real-key-of-the-forge"
_KNOWN = [f"Basic {base64.b64encode(f'{user}:{KEY}'.encode()).decode()}" for user in ("git", "x-access-token")]
_NAMES = {
    "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
}  # fmt: skip


def run_git(folder: Path, *words: str, env: dict[str, str] | None = None, check: bool = True):
    """Run git in a folder, without any settings of the machine; return what it wrote and its exit code."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    full = {**kept, **_NAMES, "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **(env or {})}
    if "GIT_CONFIG_SYSTEM" in full:
        del full["GIT_CONFIG_NOSYSTEM"]
    return subprocess.run(["git", *words], cwd=folder, env=full, check=check, text=True, capture_output=True)


def commit(work: Path, number: int, content: str | None = None) -> str:
    """Commit a file; return the commit."""
    (work / f"file{number}.txt").write_text(content or f"{number}\n" * 20)
    run_git(work, "add", ".")
    run_git(work, "commit", "-qm", f"commit {number}")
    return run_git(work, "rev-parse", "HEAD").stdout.strip()


class GitServer:
    """Repositories below a folder; each request is written down as method, path and what it bore."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "repositories"
        self.root.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.url = ""
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.mbit = 0
        """How much it sends in a second; 0 for no bound."""
        self.going: asyncio.Event | None = None
        """A push is taken, and answered only once this is set; None: at once."""
        self.taken = False
        """Such a push was read to its end."""

    def create(self, name: str, *, commits: int = 3, **settings: str) -> Path:
        """Make a repository with some commits on main; return its folder."""
        bare = self.root / f"{name}.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
        known = {
            "http.receivepack": "true", "uploadpack.allowFilter": "true", "receive.advertisePushOptions": "true",
            "receive.advertiseAtomic": "true", "uploadpack.allowAnySHA1InWant": "true", "gc.auto": "0",
        }  # fmt: skip
        for key, value in {**known, **settings}.items():
            subprocess.run(["git", "-C", str(bare), "config", key, value], check=True)
        work = self.folder / f"seed-{name.replace('/', '-')}"
        work.mkdir()
        run_git(work, "init", "-q", "-b", "main")
        for number in range(commits):
            commit(work, number)
        if commits:
            run_git(work, "push", "-q", str(bare), "HEAD:main")
        return bare

    def add(self, name: str, files: dict[str, str]) -> None:
        """Add a commit with these files to main."""
        work = self.folder / f"seed-{name.replace('/', '-')}"
        for path, content in files.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_text(content)
        run_git(work, "add", ".")
        run_git(work, "commit", "-qm", "what is there")
        run_git(work, "push", "-q", str(self.root / f"{name}.git"), "HEAD:main")

    def read(self, name: str, ref: str = "refs/heads/main") -> str:
        """Return the commit that a ref names; nothing for one that does not exist."""
        return run_git(self.root / f"{name}.git", "rev-parse", "-q", "--verify", ref, check=False).stdout.strip()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Run the program for one request."""
        self.seen.append((request.method, request.raw_path, dict(request.headers)))
        if request.headers.get("Authorization") not in _KNOWN:
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})
        env = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1", "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROJECT_ROOT": str(self.root), "REMOTE_USER": "agent", "REQUEST_METHOD": request.method,
            "PATH_INFO": request.path, "QUERY_STRING": request.query_string,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }  # fmt: skip
        if request.content_length is not None:
            env["CONTENT_LENGTH"] = str(request.content_length)
        process = await asyncio.create_subprocess_exec(
            "git", "http-backend", env=env, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        feeding = asyncio.create_task(_feed(request, process.stdin))
        try:
            if self.going is not None and request.path.endswith("/git-receive-pack"):
                await feeding
                self.taken = True
                await self.going.wait()
            return await _answer(request, process.stdout, self.mbit)
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
            if process.returncode is None and request.transport is None:
                process.kill()
            await process.wait()


async def _feed(request: web.Request, into: asyncio.StreamWriter) -> None:
    try:
        async for chunk in request.content.iter_any():
            into.write(chunk)
            await into.drain()
    except (ConnectionError, OSError):
        return
    finally:
        into.close()


async def _answer(request: web.Request, source: asyncio.StreamReader, mbit: int = 0) -> web.StreamResponse:
    status, headers = 200, {}
    while (line := (await source.readline()).decode().strip()) != "":
        name, _, value = line.partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers[name] = value.strip()
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(request)
    begun, sent = time.monotonic(), 0
    while chunk := await source.read(1 << 16):
        await response.write(chunk)
        sent += len(chunk)
        if mbit and (ahead := sent * 8 / (mbit * 1e6) - (time.monotonic() - begun)) > 0:
            await asyncio.sleep(ahead)
    await response.write_eof()
    return response


@asynccontextmanager
async def serving(handler, *, path: str = "/{rest:.*}", tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve a handler as the gateway serves its port; yield the address."""
    app = web.Application()
    app.router.add_route("*", path, handler)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
