"""A pod of a warm pool in the wrong hands, before a conversation has it and when it is claimed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from agent_contract import names
from dev.attack.inside import secrets
from dev.attack.inside.base import Outcome, Pod, Result, attack, decide, held, opened, untried
from dev.attack.inside.frames import SLOW_SECONDS
from dev.attack.inside.http import ask, timed_others
from dev.attack.inside.places import reaches
from dev.attack.inside.wires import Lease, NotTakenError, build_hello, connected, silenced_runner

HELD = Path("/tmp/.attack-held")  # in the attacked pod, for whoever looks from outside
"""There once the gateway holds this pod's connection."""
TAKEN = Path("/tmp/.attack-taken")  # the same
"""There once a conversation has this pod."""
_WARM: Mapping[str, Any] = {"run": 0, "warm": True, "states": True}
_PATIENCE = 60.0
"""Seconds until a pod that connected too often may again."""
_HELLOS, _HELLOS_A_SECOND = 12, 1 / 3
"""That a pod may say at once, and more as time passes."""


def note(path: Path) -> None:
    """Let whoever looks from outside know."""
    path.touch()


async def knock(stack: contextlib.AsyncExitStack, pod: Pod) -> aiohttp.ClientWebSocketResponse:
    """Connect, as soon as that is let through again.

    Raises:
        NotTakenError: it is not.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return await stack.enter_async_context(connected(pod))
        except aiohttp.WSServerHandshakeError as error:
            if error.status != 429 or time.monotonic() > until:
                raise NotTakenError(f"the gateway answered {error.status}") from error
        await asyncio.sleep(1)


async def be_held(stack: contextlib.AsyncExitStack, pod: Pod) -> Lease:
    """Wait for a conversation, as this pod's runner does.

    Raises:
        NotTakenError: the gateway does not hold the connection.
    """
    lease = Lease(await knock(stack, pod), 0)
    await lease.send(**build_hello(pod, **_WARM))
    frame = await lease.find("held", "welcome", "refused", "goodbye")
    if frame is None or frame["type"] != "held":
        raise NotTakenError(f"not held: {json.dumps(frame)[:100]}")
    return lease


@contextlib.contextmanager
def without_runner() -> Iterator[None]:
    """Keep the pod's runner out, where it can be."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(PermissionError):
            stack.enter_context(silenced_runner())
        yield


@attack("pool-holds", "look for keys, and for what people said, in all that a waiting pod has", seconds=120)
def holds(pod: Pod) -> Outcome:
    """Look wherever a run's pod is looked through; the needles are words of conversations as well."""
    seen = []
    for one in (
        secrets.environment,
        secrets.files,
        secrets.memory,
        secrets.mounts,
        secrets.settings,
        secrets.account_token,
    ):
        found = one(pod)
        if found.result is not Result.HELD:
            return found
        seen.append(found.words)
    return held("; ".join(seen)[:200])


@attack(
    "pool-reaches", "connect from a waiting pod to the API server, the node, other parts, other pods, private hosts"
)
async def reaches_out(pod: Pod) -> Outcome:
    """Try every address that is known but the public one, which its class lets it reach."""
    found = {name: address for name, address in pod.facts.addresses.items() if name != "public"}
    if not found:
        return untried("no address is known")
    results = await asyncio.gather(*(reaches(address) for address in found.values()))
    reached = [name for name, result in zip(found, results, strict=True) if result == "open"]
    return decide(not reached, f"{len(found)} addresses tried; reached: {', '.join(reached) or 'none'}")


def _build_calls(pod: Pod) -> Sequence[tuple[str, str, bytes]]:
    turn, mark = pod.facts.neighbour.get("turn", 0), pod.facts.mark
    body = json.dumps({"model": pod.model, "messages": [{"role": "user", "content": mark}]}).encode()
    note = json.dumps({"call": "c1", "action": "remember", "note": mark, "scope": "chat"}).encode()
    return (
        ("POST", f"{names.PATH_LLM}/{pod.provider}/chat/completions", body),
        ("GET", names.PATH_SESSION, b""),
        ("GET", names.PATH_WORKSPACE, b""),
        ("PUT", names.PATH_WORKSPACE, mark.encode()),
        ("PUT", f"{names.PATH_FILES}?turn={turn}&call=c1&name=a.txt", mark.encode()),
        ("GET", f"{names.PATH_FILES}/{turn}/0", b""),
        ("POST", names.PATH_MEMORY, note),
        ("POST", names.PATH_PULLS, note),
        ("GET", f"{names.PATH_GIT}/hub/acme/api.git/info/refs?service=git-upload-pack", b""),
        ("GET", f"{names.PATH_HTTP}/shown/v1/a", b""),
        ("POST", f"{names.PATH_MCP}/tracker", b"{}"),
        ("PUT", f"{names.PATH_PACKS}/{'a' * 64}", mark.encode()),
        ("PUT", names.PATH_STATES, mark.encode()),
        ("PUT", f"{names.PATH_LOOKS}/a", mark.encode()),
    )


@attack(
    "pool-doors", "call everything that the gateway has for agents, from a pod that no conversation has", seconds=60
)
async def doors(pod: Pod) -> Outcome:
    """Call each path: the first are refused as nobody's, the rest as too many."""
    answered = [(await ask(pod, method, path, data=body or None)).status for method, path, body in _build_calls(pod)]
    refused = answered.count(403)
    words = f"answered with {', '.join(map(str, answered))}"
    if not refused:
        return untried(f"none was refused as nobody's: {words}") if set(answered) <= {0, 429, 503} else opened(words)
    return decide(set(answered) <= {403, 429}, words)


@attack(
    "pool-hello", "say hello as another conversation's run, as its own and as none, from a waiting pod", seconds=120
)
async def hello(pod: Pod) -> Outcome:
    """Claim what nobody gave it."""
    run, told = int(pod.facts.neighbour.get("run", 1)), []
    forged = ({"run": run}, {**_WARM, "run": run}, {"run": 0}, {**_WARM, "turns_seen": [1], "acked": 99})
    with without_runner():
        for more in forged:
            async with contextlib.AsyncExitStack() as stack:
                lease = Lease(await knock(stack, pod), 0)
                await lease.send(**build_hello(pod, **more))
                frame = await lease.find("welcome", "turn", "refused", "goodbye", seconds=2)
                told.append(frame["type"] if frame is not None else lease.got[-1]["type"] if lease.got else "the end")
    return decide(not {"welcome", "turn"} & set(told), f"answered with {', '.join(told)}")


@attack(
    "pool-speaks",
    "speak in another conversation's turn, write its session, ask and leave, from a waiting pod",
    seconds=180,
)
async def speaks(pod: Pod) -> Outcome:
    """Say each kind of frame that a run may; its mark is looked for in the other chat."""
    turn, mark = int(pod.facts.neighbour.get("turn", 0)), pod.facts.mark
    line = json.dumps({"id": "pool-1", "type": "message", "message": {"role": "user", "content": mark}})
    said: Sequence[Mapping[str, Any]] = (
        {"type": "event", "turn": turn, "event": {"kind": "notice", "text": mark}},
        {"type": "entries", "lines": [line]},
        {"type": "subagent", "call": "c1", "task": mark},
        {"type": "ready"},
        {"type": "leave", "reason": "idle"},
        build_hello(pod, **_WARM),
    )
    with without_runner():
        for frame in said:
            async with contextlib.AsyncExitStack() as stack:
                lease = await be_held(stack, pod)
                await lease.send(**frame)
                if not await lease.read_end(5):
                    return opened(f"a frame of kind {frame['type']} was taken")
    return held(f"each of {len(said)} kinds of frames ended its connection")


@attack("pool-two", "wait twice at the same time, to be given two conversations", seconds=90)
async def two(pod: Pod) -> Outcome:
    """Hold two connections: only the newer one may stand."""
    with without_runner():
        async with contextlib.AsyncExitStack() as stack:
            first = await be_held(stack, pod)
            second = await be_held(stack, pod)
            ended = await first.read_end(5)
            stands = not await second.read_end(1)
    return decide(
        bool(ended) and stands, f"the first: {ended or 'stands'}; the second {'stands' if stands else 'ended'}"
    )


@attack("pool-pings", "6,000 pings while it waits", seconds=90)
async def pings(pod: Pod) -> Outcome:
    """Send what a waiting pod may, again and again."""
    end = ""
    with without_runner():
        async with contextlib.AsyncExitStack() as stack, timed_others(pod) as waits:
            lease = await be_held(stack, pod)
            try:
                for _ in range(6000):
                    await lease.socket.ping(bytes(120))
                end = await lease.read_end(5)
            except (OSError, aiohttp.ClientError) as error:
                end = f"cut ({type(error).__name__})"
    return decide(
        bool(end) and max(waits) <= SLOW_SECONDS, f"{end or 'all were taken'}; others waited {max(waits):.2f} s"
    )


@attack("pool-flood", "40 connections of one waiting pod, each with its hello", seconds=120)
async def flood(pod: Pod) -> Outcome:
    """Fill the pool by itself; whoever comes behind is held again."""
    taken: list[Lease] = []
    began = time.monotonic()
    with without_runner():
        async with contextlib.AsyncExitStack() as stack, timed_others(pod) as waits:
            taken.append(await be_held(stack, pod))  # as soon as it may, whatever came before
            for _ in range(40):
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    lease = Lease(await stack.enter_async_context(connected(pod)), 0)
                    await lease.send(**build_hello(pod, **_WARM))
                    taken += [lease] if await lease.find("held", seconds=3) is not None else []
            spent = time.monotonic() - began
            ends = await asyncio.gather(*(lease.read_end(2) for lease in taken))
        async with contextlib.AsyncExitStack() as stack:
            await be_held(stack, pod)
    standing = sum(not end for end in ends)
    words = f"{len(taken)} of 41 were held, {standing} of them at once; others waited {max(waits):.2f} s"
    many = len(taken) > _HELLOS + _HELLOS_A_SECOND * spent
    return decide(standing <= 1 and not many and max(waits) <= SLOW_SECONDS, words)


@attack(
    "pool-claimed", "be claimed, and then wait for a second conversation and reach for others'", seconds=200, alone=True
)
async def claimed(pod: Pod) -> Outcome:
    """Reach for more than the one conversation that the pod was given."""
    with without_runner():
        async with contextlib.AsyncExitStack() as stack:
            lease = await be_held(stack, pod)
            note(HELD)
            welcome = await lease.find("welcome", seconds=90)
            if welcome is None:
                return untried("no conversation came")
            note(TAKEN)
            odd = [] if welcome["thread"] != pod.facts.neighbour.get("thread") else ["the other conversation's welcome"]
            odd += await _reach_further(pod, str(welcome["thread"]))
            told = json.dumps(lease.got).encode()
    odd += ["a key, or another's words, in what it was told"] if pod.facts.find_needles(told) else []
    return decide(not odd, f"its own: {welcome['thread']}; more: {', '.join(odd) or 'nothing'}")


async def _reach_further(pod: Pod, own: str) -> list[str]:
    """Return what a claimed pod gets beside its own."""
    odd, turn = [], int(pod.facts.neighbour.get("turn", 0))
    if (await ask(pod, "GET", names.PATH_SESSION)).status == 403:
        return ["not even its own session"]
    path = f"{names.PATH_FILES}?turn={turn}&call=c1&name=a.txt"
    if (await ask(pod, "PUT", path, data=pod.facts.mark.encode())).status < 400:
        odd.append("a file in another's turn")
    if pod.facts.stolen and (await ask(pod, "GET", names.PATH_SESSION, token=pod.facts.stolen)).status < 400:
        odd.append("another's session")
    for more in (_WARM, {"run": int(pod.facts.neighbour.get("run", 1)) + 7}):
        async with contextlib.AsyncExitStack() as stack:
            lease = Lease(await knock(stack, pod), 0)
            await lease.send(**build_hello(pod, **more))
            frame = await lease.find("held", "welcome", "refused", "goodbye", seconds=4)
            if frame is not None and (frame["type"] == "held" or frame.get("thread", own) != own):
                odd.append(f"{frame['type']} by a second hello")
    return odd


@attack("pool-mute", "be claimed, keep the conversation, and do nothing", seconds=150, alone=True)
async def mute(pod: Pod) -> Outcome:
    """Hold what it was given in silence; somebody says /stop, and the conversation is to go on without this pod."""
    with without_runner():
        async with contextlib.AsyncExitStack() as stack:
            lease = await be_held(stack, pod)
            note(HELD)
            if await lease.find("welcome", seconds=90) is None:
                return untried("no conversation came")
            note(TAKEN)
            end = await lease.read_end(60)
    return decide(bool(end), end or "it has the conversation still, a minute later")
