"""Requests that are not what they seem."""

from __future__ import annotations

import time
import zlib

from dev.attack.inside.base import Outcome, Pod, attack, decide, untried
from dev.attack.inside.frames import SLOW_SECONDS
from dev.attack.inside.http import ask, send_raw


def _statuses(answer: bytes) -> list[str]:
    """Return the status of each answer in some bytes."""
    return [part[:3].decode("latin-1") for part in answer.split(b"HTTP/1.1 ")[1:]]


@attack("http-smuggling", "two lengths, a length beside chunks, odd chunks, bare line ends")
async def smuggling(pod: Pod) -> Outcome:
    """Hide a second request in the body of a first one."""
    hidden = f"GET /v1/session HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {pod.token}\r\n\r\n".encode()
    size = len(hidden)
    heads = (
        f"Content-Length: {size}\r\nTransfer-Encoding: chunked", f"Content-Length: {size}\r\nContent-Length: 0",
        "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", f"Content-Length: +{size}",
        "Content-Length : 0", f"Content-Length: {size}, 0",
    )  # fmt: skip
    worst = []
    for head in heads:
        request = f"POST /v1/nothing HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode() + b"0\r\n\r\n" + hidden
        statuses = _statuses(await send_raw(pod, request, 2))
        if "200" in statuses:
            worst.append(head)
    bare = _statuses(await send_raw(pod, b"GET /v1/nothing HTTP/1.1\nHost: x\n\n" + hidden, 2))
    return decide(
        not worst,
        f"of {len(heads)} none brought a hidden request in; bare line ends: {bare}" if not worst else worst[0],
    )


@attack("http-connect", "CONNECT, an absolute address and other methods")
async def connect(pod: Pod) -> Outcome:
    """Use the gateway as a proxy to elsewhere."""
    got = []
    target = pod.facts.addresses.get("api", "10.0.0.1:443")
    for line in (f"CONNECT {target} HTTP/1.1", f"GET http://{target}/v1/session HTTP/1.1", "TRACE / HTTP/1.1",
                 f"POST http://{pod.host}@{target}/v1/llm/x/chat/completions HTTP/1.1"):  # fmt: skip
        got += _statuses(await send_raw(pod, f"{line}\r\nHost: x\r\nConnection: close\r\n\r\n".encode(), 3))
    good = all(status.startswith("4") for status in got)
    return decide(good, f"answered with {', '.join(got) or 'nothing'}")


@attack("http-compressed-bodies", "1.5 MB of gzip that unpack to 1.5 GB, without a good token", seconds=60)
async def compressed(pod: Pod) -> Outcome:
    """Make the gateway unpack."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join(packer.compress(bytes(16 << 20)) for _ in range(96)) + packer.flush()
    worst, told = 0.0, []
    for path, token in (("/v1/nothing", None), ("/v1/workspace", "bad"), ("/v1/workspace?call=a1", "")):
        started = time.monotonic()
        answer = await ask(pod, "PUT", path, token=token, data=body, headers={"Content-Encoding": "gzip"}, seconds=20)
        # the next request tells whether the first one is still being worked at
        await ask(pod, "GET", "/v1/nothing", token=None)
        worst = max(worst, time.monotonic() - started)
        told.append(str(answer.status))
    return decide(worst <= 2 * SLOW_SECONDS, f"answers {', '.join(told)}; at most {worst:.2f} s")


@attack("http-paths", "other paths of the provider, by every way to write one")
async def paths(pod: Pod) -> Outcome:
    """Leave the few calls that are passed on."""
    base = f"/v1/llm/{pod.provider}"
    tricks = ("../../v1/files", "..%2f..%2ffiles", "chat/completions/../../files", "chat/completions%2f..%2ffiles", "//files",
              "chat/completions;x=1", "chat/completions%00", "files", "fine_tuning/jobs", "http://10.0.0.1/chat/completions",
              "@10.0.0.1/chat/completions", "chat//completions", "CHAT/COMPLETIONS", "v1/chat/completions", "embeddings",
              "batches", "organization/users", "images/generations")  # fmt: skip
    passed = []
    for trick in tricks:
        request = (
            f"POST {base}/{trick} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {pod.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: 2\r\nConnection: close\r\n\r\n{{}}"
        )
        statuses = _statuses(await send_raw(pod, request.encode(), 4))
        if not statuses or not statuses[0].startswith("4"):
            passed.append(f"{trick}: {statuses}")
    return decide(not passed, f"{len(tricks)} refused" if not passed else "; ".join(passed)[:160])


async def _read_session(pod: Pod, query: str) -> set[str]:
    """Return the lines of what a session's address gives, but for one that is cut."""
    answer = await ask(pod, "GET", f"/v1/session{query}", whole=True)
    return set(answer.text.split("\n")[:-1]) if answer.status == 200 else set()


@attack("http-foreign-files", "files, the session and the workspace of others, by number and by name")
async def foreign_files(pod: Pod) -> Outcome:
    """Ask for what belongs to another conversation."""
    turn, name = pod.facts.neighbour.get("turn", 0), pod.facts.neighbour.get("thread", "x")
    asked = (f"/v1/files/{turn}/0", f"/v1/files/{turn}/1", "/v1/files/1/0", f"/v1/files/{10**17}/0", "/v1/files/-1/0")
    got = {path: (await ask(pod, "GET", path)).status for path in asked}
    queries = (f"?thread={name}", "?thread_id=1", "?run=1", f"?session_id={name}")
    read = {query: await _read_session(pod, query) for query in ("", *queries)}
    own = read[""] | await _read_session(pod, "")  # which grows meanwhile
    got |= {query: 200 if read[query] - own else 404 for query in queries}
    bad = [path for path, status in got.items() if status == 200]
    return decide(not bad, f"{len(got)} asked for: {', '.join(bad) or 'none given'}")


@attack("http-foreign-turn-file", "put a file into another conversation's chat")
async def foreign_turn_file(pod: Pod) -> Outcome:
    """Send a file for a turn that is none of this run's."""
    turn = pod.facts.neighbour.get("turn", 0)
    if not turn:
        return untried("there is no other conversation")
    answer = await ask(pod, "PUT", f"/v1/files?turn={turn}&call=attack1&name=a.txt", data=pod.facts.mark.encode())
    return decide(answer.status in {400, 403, 404, 409}, f"answered with {answer.status}")


@attack("http-long-lines", "a request line and a header of 200 kB, and 20,000 headers")
async def long_lines(pod: Pod) -> Outcome:
    """Make the gateway hold a head without an end."""
    bodies = (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
              b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: a\r\n" % n for n in range(20_000)) + b"\r\n")  # fmt: skip
    got = [(_statuses(await send_raw(pod, body, 4)) or ["ended"])[0] for body in bodies]
    return decide(all(one != "200" for one in got), f"answered with {', '.join(got)}")


@attack("http-malformed-log", "lines that are no HTTP, with words of its own, for the log")
async def malformed_log(pod: Pod) -> Outcome:
    """Have a faulty request written down; the log is read from outside."""
    mark = pod.facts.mark.encode()
    lines = (b"GET / HTTP/1.1\r\n" + mark + b" : x\r\n\r\n", mark + b" / HTTP/9.9\r\n\r\n", b"GET /" + mark + b"\r\r\n\r\n",
             b"GET / HTTP/1.1\r\nContent-Length: " + mark + b"\r\n\r\n")  # fmt: skip
    got = [(_statuses(await send_raw(pod, line, 3)) or ["ended"])[0] for line in lines]
    return decide(is_held="200" not in got, words=f"sent; answered with {', '.join(got)}")


@attack("http-denied-log", "100 calls without a token, each with a path of 4 kB of its own words", alone=True)
async def denied_log(pod: Pod) -> Outcome:
    """Fill the gateway's log from without; it is read from outside."""
    for number in range(100):
        await send_raw(
            pod, f"GET /v1/session/{pod.facts.mark}{'x' * 4000}{number} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), 0.05
        )
    answer = await ask(pod, "GET", "/v1/session?" + pod.facts.mark, token="x" * 100)
    return decide(answer.status != 200, f"sent; answered with {answer.status}")
