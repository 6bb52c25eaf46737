"""The ports of a pod, and tools that find them by the files in its home."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager

from agent_contract.apis import ApiRule
from agent_gateway.apis.keys import Key
from agent_gateway.apis.offers import build_offers
from agent_gateway.apis.settings import Api
from agent_gateway.connections.credentials import FileToken
from agent_runner.apis.forward import serve
from agent_runner.apis.reached import write_files
from agent_runner.apis.tools import build_files
from tests.support.api_lab import TOKEN, Lab, Levels, Service, running_lab, serving_gateway
from tests.support.eventually import eventually
from tests.support.ports import free_port


@asynccontextmanager
async def running_pod(lab, folder):
    """Serve the lab's services as a pod does."""
    (folder / "token").write_text(TOKEN)
    told = build_offers(lab.rights.levels, lab.apis)
    (folder / "home").mkdir(exist_ok=True)
    write_files(folder / "home", build_files(told))
    serving = asyncio.create_task(serve(lab.gateway, folder / "token", told))

    async def is_up():
        try:
            for api in told:
                _, writer = await asyncio.open_connection("127.0.0.1", api.port)
                writer.close()
        except OSError:
            return False
        return True

    await eventually(is_up)
    try:
        yield f"http://127.0.0.1:{told[0].port}"
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@asynccontextmanager
async def running_both(folder, **more):
    """Run a lab and its pod."""
    rules = more.pop("rules", [{}])
    async with running_lab(folder, port=free_port(), **more) as lab:
        lab.allow(*rules)
        async with running_pod(lab, folder) as address:
            yield lab, address


@asynccontextmanager
async def running_reach(folder, form, url, key, *, rules=({},), user=None, **more):
    """Run a gateway and a pod's ports before a service that runs already; yield the address within the pod."""
    (folder / "key").write_text(key)
    api = Api("api", form, url, free_port(), Key(FileToken(folder / "key", ""), user), **more)
    rights = Levels([[ApiRule(**{"connection": "api", **rule}) for rule in rules]])
    async with serving_gateway({"api": api}, rights) as (gateway, tokens):
        lab = Lab(gateway, Service(), Service(), rights, None, {"api": api}, tokens)
        async with running_pod(lab, folder) as address:
            yield address


async def run_tool(folder, *words, home=None, **env):
    """Run a tool in a home of its own; return its exit code and what it wrote."""
    told = {"HOME": str((home or folder) / "home"), "PATH": os.environ["PATH"], **env}
    process = await asyncio.create_subprocess_exec(
        *words, cwd=folder, env=told, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )  # fmt: skip
    try:
        async with asyncio.timeout(250):
            out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, out.decode(errors="replace")
