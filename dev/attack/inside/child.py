"""A sub-agent's pod: it has fewer rights than a conversation's."""

from __future__ import annotations

import asyncio
import hashlib
import json

from dev.attack.inside.base import Outcome, Pod, attack, decide
from dev.attack.inside.http import ask


@attack("child-workspace", "store a workspace of the sub-agent's own, which nobody ever reads")
async def workspace(pod: Pod) -> Outcome:
    """Fill the database beside the parent's limits."""
    answer = await ask(pod, "PUT", "/v1/workspace", data=b"x" * 100_000)
    return decide(answer.status in {400, 403, 404, 409}, f"answered with {answer.status}")


@attack("child-copies", "leave copies for sub-agents of its own, past the depth that is allowed")
async def copies(pod: Pod) -> Outcome:
    """Leave a copy for a child that may not be."""
    found = await asyncio.gather(*(ask(pod, "PUT", f"/v1/workspace?call=c{n}", data=b"x" * 5000) for n in range(10)))
    taken = sum(200 <= one.status < 300 for one in found)
    return decide(taken == 0, f"{taken} of 10 were taken")


@attack("child-kept", "keep files of the sub-agent's own, and name packs of its parent's")
async def kept(pod: Pod) -> Outcome:
    """Keep what nobody ever reads."""
    data = b"a sub-agent's"
    name = hashlib.sha256(data).hexdigest()
    body = json.dumps({"packs": [name], "files": 1, "size": 1}).encode() + b"\n"
    await ask(pod, "PUT", f"/v1/workspace/packs/{name}", data=data)
    answer = await ask(pod, "PUT", "/v1/workspace/states?turn=0", data=body)
    return decide(answer.status in {400, 403, 404, 409, 413}, f"answered with {answer.status}")


@attack("child-file", "put a file into the parent's chat")
async def file(pod: Pod) -> Outcome:
    """Speak where only its report is to stand."""
    answer = await ask(pod, "PUT", f"/v1/files?turn={pod.facts.turn}&call=child1&name=a.txt", data=b"x")
    return decide(answer.status in {403, 404, 409}, f"answered with {answer.status}")


@attack("child-parent", "read the parent's session and files")
async def parent(pod: Pod) -> Outcome:
    """Ask for what is the parent's."""
    name = str(pod.facts.neighbour.get("parent", ""))
    own = (await ask(pod, "GET", "/v1/session")).text
    other = (await ask(pod, "GET", f"/v1/session?thread={name}")).text
    return decide(own == other and pod.facts.mark not in own, "its session is its own")


@attack(
    "service-child",
    "change as a sub-agent what it may only read of a service, and push or ask for a pull request",
    alone=True,
)
async def reach(pod: Pod) -> Outcome:
    """Use what its parent's class allows its own agent alone."""
    call = {
        "turn": pod.facts.turn,
        "call": "child2",
        "action": "open",
        "repository": "acme/api",
        "head": "agent/fix",
        "base": "main",
        "title": "x",
    }
    calls = (("POST", "/http/shown/v1/page", b"x"), ("POST", "/v1/pulls", json.dumps(call).encode()),
             ("GET", "/git/hub/acme/api.git/info/refs?service=git-receive-pack", None))  # fmt: skip
    statuses = [(await ask(pod, method, path, data=data)).status for method, path, data in calls]
    return decide(not {0, 200, 500} & set(statuses), f"answered with {', '.join(map(str, statuses))}")
