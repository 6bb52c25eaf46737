"""What the way over pod and gateway costs a request to a service, beside the service asked directly: `python -m dev.bench.services`.

Service, gateway and the pod's port are a process each, on loopback, with no database behind: what is measured is the way alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import aiohttp
from aiohttp import web

from agent_contract.apis import ApiConnection, ApiRule
from agent_gateway.apis.keys import Key
from agent_gateway.apis.settings import Api
from agent_gateway.connections.credentials import FileToken
from dev.bench.bounds import bench_guard
from dev.bench.stats import summarise
from tests.support.api_lab import KEY, Levels, serving_gateway
from tests.support.ports import free_port

MIB = 1 << 20
AT_ONCE = 10
_PIECE = b"\x01" * (1 << 16)


async def serve_service(port: int) -> None:
    """Answer `/base/small` with a few bytes, and `/base/large/<MiB>` with so many."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.Response(status=401)
        if "/large/" not in request.path:
            return web.json_response({"x": 1})
        size = int(request.path.rpartition("/")[2]) * MIB
        response = web.StreamResponse(headers={"Content-Length": str(size)})
        await response.prepare(request)
        for _ in range(size // len(_PIECE)):
            await response.write(_PIECE)
        return response

    runner = web.ServerRunner(web.Server(handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print(f"http://127.0.0.1:{port}", flush=True)
    await asyncio.Event().wait()


async def serve_gateway(key: Path, service: str, port: int) -> None:
    """Serve a gateway's way to the service."""
    api = Api("lab", "plain", f"{service}/base", port, Key(FileToken(key, "")))
    async with serving_gateway({"lab": api}, Levels([[ApiRule(connection="lab")]])) as (address, _):
        print(address, flush=True)
        await asyncio.Event().wait()


async def measure(direct: str, through: str, gateway: int, small: int, large: int) -> None:
    """Ask both ways and print what it took."""
    shown = {"Authorization": f"Bearer {KEY}"}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=600)) as session:
        await _wait(session, f"{through}/small")
        for name, url, headers in (("direct", direct, shown), ("over pod and gateway", through, {})):
            times = [await _ask(session, f"{url}/small", headers) for _ in range(small)]
            found = summarise([took * 1000 for took in times])
            print(
                f"{name}: {small} small requests, ms: p50 {found.p50:.1f}, p90 {found.p90:.1f}, worst {found.worst:.1f}"
            )
            print(f"{name}: {large} MiB at {large / await _ask(session, f'{url}/large/{large}', headers):.0f} MiB/s")
        before = _read_memory(gateway)
        tasks = [asyncio.create_task(_ask(session, f"{through}/large/{large}", {})) for _ in range(AT_ONCE)]
        peak = before
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0.1)
            peak = max(peak, _read_memory(gateway))
        await asyncio.gather(*tasks)
        print(f"{AT_ONCE} of {large} MiB at once: the gateway's memory from {before:.1f} to {peak:.1f} MiB")


async def _ask(session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> float:
    begun = time.perf_counter()
    async with session.get(url, headers=headers) as answer:
        answer.raise_for_status()
        async for _ in answer.content.iter_any():
            pass
    return time.perf_counter() - begun


async def _wait(session: aiohttp.ClientSession, url: str) -> None:
    for _ in range(100):
        try:
            await _ask(session, url, {})
        except aiohttp.ClientError:
            await asyncio.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} is not served")


def _read_memory(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def _start(stack: ExitStack, *words: str, given: bytes = b"") -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-m", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    stack.callback(process.wait)
    stack.callback(process.kill)
    if process.stdin is not None:
        process.stdin.write(given)
        process.stdin.close()
    return process


def _read_address(process: subprocess.Popen[bytes]) -> str:
    if process.stdout is None:
        raise RuntimeError("it was started with a pipe")
    return process.stdout.readline().decode().strip()


def main() -> int:
    """Run the benchmark, or a part of it."""
    parser = argparse.ArgumentParser(prog="dev.bench.services", description=__doc__)
    parser.add_argument("--small", type=int, default=1000)
    parser.add_argument("--large", type=int, default=200, help="MiB")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    match asked.part:
        case ["service"]:
            asyncio.run(serve_service(free_port()))
        case ["gateway", key, service, port]:
            asyncio.run(serve_gateway(Path(key), service, int(port)))
        case _:
            _run(asked.small, asked.large)
    return 0


def _run(small: int, large: int) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        key, token, port = Path(folder, "key"), Path(folder, "token"), free_port()
        key.write_text(KEY)
        token.write_text("the pod's")
        service = _read_address(_start(stack, "dev.bench.services", "--part", "service"))
        gateway = _start(stack, "dev.bench.services", "--part", "gateway", str(key), service, str(port))
        api = ApiConnection(name="lab", format="plain", url=f"{service}/base", port=port)
        given = {"gateway": _read_address(gateway), "token": str(token), "apis": [api.model_dump(by_alias=True)]}
        _start(stack, "agent_runner.apis", given=json.dumps(given).encode())
        asyncio.run(measure(f"{service}/base", f"http://127.0.0.1:{port}/base", gateway.pid, small, large))


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=30))
