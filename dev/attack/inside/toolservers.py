"""Tool servers over the gateway (MCP): tools, methods, sessions and messages that the class does not let through.

The servers do whatever a message says; what reached them is looked at from outside.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from dev.attack.inside.base import Outcome, Pod, attack, decide, untried
from dev.attack.inside.frames import SLOW_SECONDS
from dev.attack.inside.http import Answer, ask, timed_others
from dev.attack.inside.services import PACE_SECONDS, read_status, send

SERVER = "/mcp/tracker"
SESSION = "Mcp-Session-Id"
_GONE = "all is gone"
_MIB = 1 << 20
NOT_THERE = untried("the tool server is not reached by what is allowed")


async def say(pod: Pod, body: bytes, path: str = SERVER, seconds: float = 12.0, **headers: str) -> Answer:
    """Send a message as it is written, no faster than connections may be opened."""
    await asyncio.sleep(PACE_SECONDS)
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await ask(pod, "POST", path, data=body, headers=sent, seconds=seconds)


def build(method: str, number: object = 1, **params: object) -> bytes:
    """Build a message."""
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()


def build_call(tool: object, **arguments: object) -> bytes:
    """Build a call of a tool."""
    return build("tools/call", name=tool, arguments=arguments)


async def find_missing(pod: Pod) -> Outcome | None:
    """Look whether the server is reached at all."""
    for _ in range(3):
        if '"3"' in (await say(pod, build_call("add"))).text:
            return None
        await asyncio.sleep(1)
    return NOT_THERE


def _list_hidden() -> list[bytes]:
    """Return calls of a tool that is not listed, each written in another way."""
    names = (
        "delete_all",
        "DELETE_ALL",
        " delete_all",
        "delete_all\u0000",
        "delete_all\u200b",
        "add/../delete_all",
        "add\ndelete_all",
        "*",
        "",
        "a" * 5000,
    )
    whole = [build_call(name) for name in names] + [
        build_call(odd) for odd in (["delete_all"], {"add": 1}, None, 7, True)
    ]
    front, back = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{', b',"arguments":{}}}'
    return [
        *whole,
        front + b'"name":"\\u0064elete_all"' + back,
        front + b'"name":"add","name":"delete_all"' + back,
        front + b'"name":"delete_all","name":"add","Name":"delete_all"' + back,
        front + b'"name":"add"' + back[:-1] + b',"params":{"name":"delete_all"}}',
        front + b'"name":"add"' + back[:-1] + b',"Method":"tools/call","PARAMS":{"name":"delete_all"}}',
        b"[" + build_call("delete_all") + b"]",
        b"[" + build_call("add") + b"," + build_call("delete_all") + b"]",
        build_call("add") + b"\n" + build_call("delete_all"),
        build_call("add") + build_call("delete_all"),
        build_call("delete_all").decode().encode("utf-16"),
        b"\xef\xbb\xbf" + build_call("delete_all"),
    ]


@attack(
    "tools-hidden",
    "a tool that is not listed: other spellings, names twice, lists of calls, other encodings",
    seconds=120,
    needs=find_missing,
)
async def hidden(pod: Pod) -> Outcome:
    """Call it; the server tells from outside what was called."""
    statuses, done = set(), 0
    for body in _list_hidden():
        answer = await say(pod, body)
        statuses.add(answer.status)
        done += _GONE in answer.text
    listed = (await say(pod, build("tools/list"))).text
    good = not done and 500 not in statuses and "add" in listed and "delete_all" not in listed
    return decide(good, f"answered with {sorted(statuses)}; called {done} times; listed: {'delete_all' in listed}")


@attack(
    "tools-methods",
    "methods that ask for files, models, people or logs, and answers to what nobody asked",
    seconds=60,
    needs=find_missing,
)
async def methods(pod: Pod) -> Outcome:
    """Say what is no tool's call; the server tells from outside what came."""
    named = ("resources/list", "resources/read", "prompts/get", "completion/complete", "logging/setLevel", "sampling/createMessage", "roots/list",
             "elicitation/create", "tasks/list", "Tools/Call", "tools/call\u0000", "tools/call ", "rpc.discover", "", "notifications/evil")  # fmt: skip
    bodies = [build(name, uri="file:///etc/passwd", name="delete_all") for name in named]
    bodies += [
        json.dumps({"jsonrpc": "2.0", "method": "notifications/evil"}).encode(),
        json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"x": 1}}).encode(),
    ]
    bodies += [
        json.dumps({"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "add"}}).encode(),
        b'{"jsonrpc":"1.0","id":1,"method":"tools/call"}',
    ]
    found = [await say(pod, body) for body in bodies]
    return decide(
        not any(one.status == 500 or _GONE in one.text for one in found),
        f"answered with {sorted({one.status for one in found})}",
    )


@attack(
    "tools-sessions",
    "sessions that this pod was not given, its own at another server, and a server that names one by its key",
    seconds=60,
)
async def sessions(pod: Pod) -> Outcome:
    """Show ids; what is not sealed for this pod and this server is not known."""
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}}
    first = await say(pod, build("initialize", **hello, clientInfo={"name": "x", "version": "1"}))
    own = (first.headers or {}).get(SESSION, "")
    if first.status != 200 or not own:
        return NOT_THERE
    odd = ("session-1", own[:-1], own + "1", own[24:], "A" * 24 + own[24:], own[:24], "x" * 5000)
    statuses = [(await say(pod, build_call("add"), Mcp_Session_Id=one)).status for one in odd]
    statuses.append((await say(pod, build_call("add"), path="/mcp/vault", Mcp_Session_Id=own)).status)
    good = (await say(pod, build_call("add"), Mcp_Session_Id=own)).status
    keyed = await say(pod, build("initialize", **hello, clientInfo={"name": "keyed", "version": "1"}))
    keys = pod.facts.find_needles(f"{keyed.text}{keyed.headers}".encode())
    words = f"{sorted(set(statuses))} for {len(statuses)} others' ids, {good} for its own; named by a key: {keyed.status}, {keys} keys out"
    return decide(not {200, 202, 500} & set(statuses) and good == 200 and keys == 0, words)


@attack(
    "tools-key",
    "the key in what a tool answers: in text, as a name, in headers and written in codes",
    seconds=40,
    needs=find_missing,
)
async def key(pod: Pod) -> Outcome:
    """Have a tool show what it was shown."""
    headers = {"X-Evil": "evil", "Cookie": "evil=1", "X-Api-Key": "evil", "Last-Event-Id": "evil", "User-Agent": "evil"}
    sent = {"Content-Type": "application/json", **headers}
    answer = await ask(pod, "POST", SERVER, data=build_call("show"), headers=sent)
    told = f"{answer.text}{answer.headers}"
    found = pod.facts.find_needles(told.encode()) + pod.facts.find_needles(_flatten(answer.text).encode())
    passed = "evil" in answer.text or pod.token in answer.text
    return decide(
        answer.status == 200 and not found and not passed,
        f"{found} keys in the answer; its own headers went on: {passed}",
    )


def _flatten(text: str) -> str:
    """Return all texts and names of some JSON."""
    try:
        waiting, found = [json.loads(text)], []
    except ValueError:
        return text
    while waiting:
        value = waiting.pop()
        waiting += [*value, *value.values()] if isinstance(value, Mapping) else value if isinstance(value, list) else []
        found += [value] if isinstance(value, str) else []
    return " ".join(found)


@attack(
    "tools-places", "servers that the class does not list, and paths that lead to them", seconds=60, needs=find_missing
)
async def places(pod: Pod) -> Outcome:
    """Go to another server, or elsewhere at this one."""
    paths = ("/mcp/vault", "/mcp/hub", "/mcp/VAULT", "/mcp/tracker/../vault", "/mcp/tracker%2f..%2fvault", "/mcp//vault", "/mcp/tracker/x",
             "/mcp/tracker?to=/vault", "/mcp/tracker#x", "/mcp/", "/mcp/tracker%00", "/mcp/tracker;x", "http://evil.example/mcp/vault")  # fmt: skip
    body = build_call("delete_all")
    head = f"Content-Type: application/json\r\nContent-Length: {len(body)}"
    found = [await send(pod, "POST", path, head, body) for path in paths]
    found += [await send(pod, verb, SERVER, head, body) for verb in ("GET", "PUT", "PATCH", "DELETE")]
    statuses = sorted({read_status(one) for one in found})
    if not {400, 404, 405} & set(statuses):
        return untried(f"answered with {statuses}")
    return decide(500 not in statuses and not any(_GONE.encode() in one for one in found), f"answered with {statuses}")


@attack(
    "tools-large",
    "messages of 20 MiB, of a million values, nested, and 60 of 1 MiB at once",
    seconds=120,
    needs=find_missing,
)
async def large(pod: Pod) -> Outcome:
    """Have the gateway read what is too much."""
    bodies = (build_call("add", x="x" * (20 * _MIB)), build_call("add", x=[0] * 900_000), b"[" * 500_000, b'{"a":' * 200_000,
              build_call("add", x="\U0001f600" * 200_000), b'{"jsonrpc":"2.0","id":' + b"9" * 900_000 + b"}",
              build_call("add", **{str(number): number for number in range(60_000)}))  # fmt: skip
    async with timed_others(pod) as waits:
        statuses = [(await say(pod, body)).status for body in bodies]
        many = await asyncio.gather(*(say(pod, build_call("add", x="x" * _MIB)) for _ in range(60)))
    statuses += [one.status for one in many]
    told = {status: statuses.count(status) for status in sorted(set(statuses))}
    return decide(
        500 not in told and max(waits) <= SLOW_SECONDS, f"{json.dumps(told)}; others waited {max(waits):.2f} s"
    )


@attack("tools-answers", "40 answers of 3 MiB at once", seconds=90, alone=True, needs=find_missing)
async def answers(pod: Pod) -> Outcome:
    """Have a tool say much, again and again."""
    async with timed_others(pod) as waits:
        found = await asyncio.gather(*(say(pod, build_call("large"), seconds=30) for _ in range(40)))
    statuses = [one.status for one in found]
    told = {status: statuses.count(status) for status in sorted(set(statuses))}
    return decide(
        500 not in told and max(waits) <= SLOW_SECONDS, f"{json.dumps(told)}; others waited {max(waits):.2f} s"
    )
