"""What no git would send: no ref moves outside of the rules, and no key comes out. `make fuzz-git` sends 2,000 of each kind."""

from __future__ import annotations

import asyncio
import os

import aiohttp
import pytest

from tests.support.git_lab import TOKEN, running_lab
from tests.support.git_server import KEY, run_git
from tests.support.hostile_git import HostileRequests, send
from tests.support.hostile_pushes import HostilePushes

pytestmark = pytest.mark.timeout(900)
COUNT = int(os.environ.get("FUZZ_PUSHES", "100"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
ANSWER_SECONDS = 0.5
"""After which a request that is no whole one is given up."""
HEADERS = {
    "Host", "Authorization", "User-Agent", "Accept", "Accept-Encoding", "Git-Protocol", "Content-Type", "Content-Length", "Transfer-Encoding",
    "Content-Encoding",
}  # fmt: skip


def refs(bare):
    listed = run_git(bare, "for-each-ref", "--format=%(refname) %(objectname)").stdout.split("\n")
    return dict(line.split() for line in listed if line and not line.startswith("refs/heads/agent/"))


class Refusing:
    """People who allow nothing."""

    def __init__(self):
        self.asked = 0

    def wake(self, effect):
        """Nobody is woken."""

    async def ask(self, held):
        self.asked += 1
        return "refused in the chat by Ada"


def clear_agents(bare):
    """Take an agent's branches away, and return what stood there; workflow files among it are what nobody allowed."""
    listed = run_git(bare, "for-each-ref", "--format=%(refname)", "refs/heads/agent").stdout.split()
    for ref in listed:
        assert not run_git(bare, "ls-tree", "-r", ref, ".github").stdout, "a workflow went in"
        run_git(bare, "update-ref", "-d", ref)
    return listed


async def test_no_ref_moves_outside_of_the_rules_and_no_key_comes_out(tmp_path):
    people = Refusing()
    async with running_lab(tmp_path, people=people) as lab:
        bares = [lab.server.create(name) for name in ("acme/api", "acme/secret", "other/api")]
        lab.rights.levels = [[lab.rights.levels[0][0].model_copy(update={"pattern": "acme/api"})]]
        pushes = HostilePushes(await lab.clone(), SEED)
        before = [refs(bare) for bare in bares]
        answered, moved, held = 0, 0, 0
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=600)) as session:
            for _ in range(COUNT):
                request = pushes.make()
                headers = {"Authorization": f"Bearer {TOKEN}", **request.headers}
                url = aiohttp.client.URL(lab.gateway + request.path, encoded=True)
                async with session.post(url, data=request.body, headers=headers) as answer:
                    body = await answer.read()
                assert KEY.encode() not in body + str(answer.headers).encode()
                answered += 1
                held += b"approval" in body or b"refused in the chat" in body
                moved += bool(await asyncio.to_thread(clear_agents, bares[0]))
        assert [refs(bare) for bare in bares] == before
        assert answered == COUNT
        assert moved, "some are honest, or nothing is tried"
        assert held, "some change workflows, or nothing is tried"
        print(f"{COUNT} pushes with seed {SEED}: refs moved outside of the rules 0, keys out 0, let through {moved}, "  # noqa: T201
              f"held {held}, of which a person was asked {people.asked}")  # fmt: skip


async def test_no_request_reaches_what_no_rule_names_and_no_key_comes_out(tmp_path):
    async with running_lab(tmp_path) as lab:
        bares = [lab.server.create(name) for name in ("acme/api", "acme/secret", "other/api")]
        lab.rights.levels = [[lab.rights.levels[0][0].model_copy(update={"pattern": "acme/api"})]]
        before = [refs(bare) for bare in bares]
        requests = HostileRequests(TOKEN, lab.server.read("acme/api"), SEED)
        port, reached = int(lab.gateway.rsplit(":", 1)[1]), 0
        for _ in range(COUNT):
            request = requests.make()
            answer = await send(port, request, ANSWER_SECONDS)
            assert KEY.encode() not in answer, request
            for method, path, headers in lab.server.seen[reached:]:
                assert path.startswith("/acme/api.git/"), request
                assert method in {"GET", "POST"}, request
                assert set(headers) <= HEADERS, request
                assert TOKEN not in str(headers), request
            reached = len(lab.server.seen)
        assert [refs(bare) for bare in bares] == before
        assert reached, "some are honest, or nothing is tried"
        print(f"{COUNT} requests with seed {SEED}: beyond the rules 0, keys out 0, reached the forge {reached}")  # noqa: T201
