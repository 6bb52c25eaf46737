"""Services of a welcome: ports in the pod that outlast what ends an agent's tools, and words for the agent."""

from __future__ import annotations

import aiohttp

from agent_contract import wire
from tests.support.eventually import eventually
from tests.support.ports import free_port
from tests.support.runner_talk import texts


async def test_a_service_is_served_in_the_pod_and_told_to_the_agent_once(gateway, runner):
    port = free_port()
    gateway.apis = [
        wire.ApiConnection(name="lab", format="npm", url="https://lab.example/base", port=port, paths=["**"])
    ]

    async def is_served():
        try:
            async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/base/x") as answer:
                return await answer.text() == "served"
        except aiohttp.ClientError:
            return False

    await runner.start()
    await gateway.ready()
    await eventually(is_served)
    assert gateway.served[-1] == ("/http/lab/x", "Bearer token-1")
    [said] = texts(await gateway.ask(1, "hello"))
    assert f"npm packages (npm is set up) https://lab.example/base at http://127.0.0.1:{port}/base (read only)" in said
    [said] = texts(await gateway.ask(2, "again"))
    assert "lab.example" not in said
    assert f"registry=http://127.0.0.1:{port}/base/" in (runner.home / ".npmrc").read_text()
    [server] = [pid for pid, command in runner.children() if "agent_runner.apis" in command]
    await gateway.send(wire.Turn(id=3, text="bash: sleep 60"))
    await eventually(lambda: any(isinstance(event, wire.ToolStarted) for event in gateway.events(3)))
    await gateway.send(wire.Abort(turn=3))
    await gateway.ended(3)
    assert server in [pid for pid, _ in runner.children()], "what ends an agent's tools leaves it"
    assert await is_served()
