"""From an agent's call at the runners' port to a review in its topic, before a real Gitea."""

from __future__ import annotations

import json
import uuid

from agent_contract.pulls import PullCall
from agent_gateway.resources.reading import read_class
from agent_runner.logs import Log
from agent_runner.pulls import Pulls
from agent_runner.transfers import Address, Transfers
from tests.forge.conftest import REVIEWER, Lab
from tests.support.runners import FakeResources, make_token, running_port


def ask(turn, action, path, **fields):
    return PullCall(turn=turn.id, call=uuid.uuid4().hex, action=action, repository=path, **fields)


async def test_one_is_opened_reviewed_told_answered_and_closed(lab: Lab, store, tmp_path):
    path, played = lab.place.path, lab.place.connection
    (tmp_path / "key").write_text(lab.token)
    (tmp_path / "token").write_text(make_token("token-1"))
    file = tmp_path / "connections.json"
    said = {"name": "lab", "forge": "gitea", "url": played.url, "tokenFile": str(tmp_path / "key")}
    file.write_text(json.dumps([said]))
    resources = FakeResources()
    spec = {"repositories": [{"connection": "lab", "pattern": "acme/*", "access": "Write"}]}
    resources.found_class = read_class({"spec": spec})
    async with running_port(store, connections=file, resources=resources) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        await port.join()
        turn = await port.make_turn(thread)
        assert await store.turns.deliver_next(thread.id, 1)
        transfers = Transfers(Address(port.url, tmp_path / "token"))
        pulls = Pulls(transfers, Log(), pause=0.1)
        opened = await pulls.call(ask(turn, "open", f"{played.url}/{path}.git", head="agent/fix", title="Fix it"))
        assert opened["text"].startswith(
            f"Opened #1 of {path}, agent/fix into main: Fix it\n{played.url}/{path}/pulls/1"
        )
        again = await pulls.call(ask(turn, "open", path, head="agent/fix", title="Fix it"))
        assert again["text"].startswith("It is open already: #1")
        refused = await pulls.call(ask(turn, "open", path, head="main", base="agent/fix", title="Fix it"))
        assert "none of an agent's" in refused["error"]

        review = {"event": "REQUEST_CHANGES", "body": "Name it better"}
        await lab.api("POST", f"/repos/{path}/pulls/1/reviews", review, user=REVIEWER)
        assert "Said in #1" in (await pulls.call(ask(turn, "comment", path, number=1, body="I will.")))["text"]
        for _ in range(2):
            await store.pool.execute("UPDATE pull_requests SET next_at = now()")
            assert await port.forges.poller.look_at_due() == 1
        told = await store.pool.fetch("SELECT text FROM outbox WHERE dedupe_key LIKE 'pull:%' ORDER BY id")
        assert len(told) == 2
        assert told[1]["text"].endswith(f"{REVIEWER} asks for changes.\n\n> Name it better")
        read = await pulls.call(ask(turn, "read", path, number=1))
        assert "[an agent of yours comments]\n> I will." in read["text"]

        closed = await pulls.call(ask(turn, "update", path, number=1, state="closed"))
        assert "is closed now" in closed["text"]
        assert await port.forges.poller.look_at_due() == 0
