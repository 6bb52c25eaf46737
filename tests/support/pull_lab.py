"""A pod that has its run and its turn, a forge, and the runners' port between them."""

from __future__ import annotations

import json
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent_contract.pulls import PullCall
from agent_gateway.resources.reading import read_class
from agent_gateway.runners.identity import Identity
from agent_gateway.store.rows import Thread, Turn
from agent_runner.logs import Log
from agent_runner.pulls import Pulls
from agent_runner.transfers import Address, Transfers
from tests.support.forge_state import PlayedForge, running_forge
from tests.support.played_forges import PlayedGitHub
from tests.support.runners import FakeResources, Port, make_token, running_port


@dataclass
class Lab:
    """A pod that has its run and its turn, and a forge."""

    port: Port
    played: PlayedForge
    thread: Thread
    turn: Turn
    pulls: Pulls

    async def ask(self, action, *, call=None, repository="acme/api", turn=None, **fields):
        """Ask as the pod's runner does; return what the tool is told."""
        return await self.pulls.call(
            PullCall(
                turn=turn or self.turn.id, call=call or uuid.uuid4().hex, action=action, repository=repository, **fields
            )
        )

    async def call(self, action, **fields):
        """Ask the service itself, as the port does for this pod."""
        asked = {"call": uuid.uuid4().hex, "repository": "acme/api"} | fields
        who = Identity(self.thread.name, self.thread.id, 1, "pod-1", "uid-pod-1", "job")
        return await self.port.forges.service.call(who, PullCall(turn=self.turn.id, action=action, **asked))

    async def open(self, call=None, **fields):
        known = {"head": "agent/fix", "title": "Fix the rounding", "body": "It rounds down now."}
        return await self.ask("open", call=call, **(known | fields))

    def allow(self, **rule):
        """Give the class another rule."""
        self.port.resources.found_class = make_class(rule)

    async def notices(self):
        rows = await self.port.store.pool.fetch("SELECT text, buttons FROM outbox WHERE kind = 'notice' ORDER BY id")
        return [(row["text"], json.loads(row["buttons"])) for row in rows]


def make_class(rule):
    return read_class(
        {"spec": {"repositories": [{"connection": "hub", "pattern": "acme/*", "access": "Write", **rule}]}}
    )


@asynccontextmanager
async def running_lab(store, folder, **rule):
    played, resources = PlayedGitHub(), FakeResources()
    resources.found_class = make_class(rule)
    async with running_forge(played, folder) as (_, said):
        file = folder / "connections.json"
        file.write_text(json.dumps([said]))
        async with running_port(store, connections=file, resources=resources, pulls={"hold": 0.6}) as port:
            thread = await port.make_thread()
            await port.make_run(thread)
            await port.join()
            turn = await port.make_turn(thread)
            assert (await store.turns.deliver_next(thread.id, 1)).id == turn.id
            (folder / "token").write_text(make_token("token-1"))
            transfers = Transfers(Address(port.url, folder / "token"))
            yield Lab(port, played, thread, turn, Pulls(transfers, Log(), pause=0.05))
