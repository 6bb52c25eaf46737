"""Services over the gateway (connections of kind http): paths, methods, headers, bodies and answers as no tool would have them.

The service shows what it is shown and checks its key alone; what reached it outside of the rules is looked at from outside.
"""

from __future__ import annotations

import asyncio
import json
import time

from dev.attack.inside.base import Outcome, Pod, attack, decide, untried
from dev.attack.inside.frames import SLOW_SECONDS
from dev.attack.inside.http import ask, send_raw, timed_others

SERVICE = "/http/shown"
HIDDEN_PAGE = "this page is for no agent"
_CLIMBS = (
    "v1/../v2/page", "v1/%2e%2e/v2/page", "v1/..%2fv2/page", "v1/.%2e/v2/page", "v1/..;/v2/page", "v1/%252e%252e/v2/page", "v1/..\\v2/page",
    "v1/..%5cv2/page", "v1//../v2/page", "v1/%c0%ae%c0%ae/v2/page", "v1/\uff0e\uff0e/v2/page", "v1/%EF%BC%8E%EF%BC%8E/v2/page", "./v2/page", "%76%32/page",
    "V1/../v2/page", "v1/x%00/../../v2/page", "v1/x#/../../v2/page", "v1/x?/../../v2/page", "v2/page", "page", "", "v1/x%0d%0aX-Evil:%201", "..", "../tracker",
    "@v1/page", ":80/page", "v1/%u002e%u002e/v2/page", "v1/..%00/v2/page", "v1/...;/../v2/page", "v1/%2520../v2/page",
)  # fmt: skip
_FRONTS = (
    "/http/shown/v1/../../vault/", "/http//shown/v2/", "/http/shown%2f../vault/", "/http/vault/", "/http/VAULT/", "/http/shown;x/v2/",
    "/http/hub/", "/http/../tracker/", "http://evil.example/http/shown/v2/", "//evil.example/http/shown/v2/",
)  # fmt: skip
_METHODS = ("DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "post", "G ET", "PURGE")
_HEADERS = (
    "Host: evil.example", "X-Forwarded-Host: evil.example", "Forwarded: for=evil", "X-Original-URL: /shown/v2/page", "X-Rewrite-URL: /shown/v2/page",
    "X-HTTP-Method-Override: DELETE", "Cookie: evil=1", "Proxy-Authorization: Basic ZXZpbA==", "Connection: Authorization, close", "Via: 1.1 evil",
    "Upgrade: websocket\r\nConnection: Upgrade", "Trailer: Authorization", "TE: trailers", "Expect: evil", "Origin: http://evil.example", "X-Evil: evil",
)  # fmt: skip
_OURS = ("evil", "x-original-url", "x-rewrite-url", "x-http-method-override", "trailer", "upgrade")
NOT_THERE = untried("the service is not reached by what is allowed")
PACE_SECONDS = 0.15
"""Between connections: what is not heard at all tells nothing of what would have become of it."""
_ROOM = 1 << 10
"""That a body may have, by the class."""


async def send(pod: Pod, method: str, path: str, head: str = "", body: bytes = b"", seconds: float = 3.0) -> bytes:
    """Send a request as it is written, on a connection that ends with it, no faster than connections may be opened."""
    await asyncio.sleep(PACE_SECONDS)
    lines = f"{method} {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {pod.token}\r\n"
    lines += head + ("\r\n" if head else "") + ("" if "onnection:" in head else "Connection: close\r\n") + "\r\n"
    return await send_raw(pod, lines.encode("utf-8") + body, seconds)


def read_status(answer: bytes) -> int:
    """Return the status of the first answer in some bytes; 0 where there is none."""
    front = answer[:12].decode("latin-1")
    return int(front[9:12]) if front.startswith("HTTP/1.") and front[9:12].isdecimal() else 0


async def find_missing(pod: Pod) -> Outcome | None:
    """Look whether the service is reached at all."""
    for _ in range(3):
        if (await ask(pod, "GET", f"{SERVICE}/v1/page")).text == "ok":
            return None
        await asyncio.sleep(1)
    return NOT_THERE


@attack(
    "service-paths",
    f"{len(_CLIMBS) + len(_FRONTS)} paths that are read as one thing here and another there",
    seconds=150,
    needs=find_missing,
)
async def paths(pod: Pod) -> Outcome:
    """Climb out of what the rules allow, and into other connections."""
    worst, seen = [], set()
    for path in [f"{SERVICE}/{inner}" for inner in _CLIMBS] + [front + "page" for front in _FRONTS]:
        answer = await send(pod, "GET", path)
        seen.add(read_status(answer))
        worst += [path] if HIDDEN_PAGE.encode() in answer else []
    return decide(
        not worst and 500 not in seen, f"answered with {sorted(seen)}; led out: {', '.join(worst)[:80] or 'none'}"
    )


@attack(
    "service-methods",
    "methods that no rule names, said outright and beside an allowed one",
    seconds=60,
    needs=find_missing,
)
async def methods(pod: Pod) -> Outcome:
    """Change what may only be read."""
    statuses = {read_status(await send(pod, method, f"{SERVICE}/v1/page")) for method in _METHODS}
    return decide(not statuses & {200, 500}, f"answered with {sorted(statuses)}")


@attack(
    "service-headers",
    f"{len(_HEADERS)} headers that lead elsewhere, say another method or take the key away",
    seconds=80,
    needs=find_missing,
)
async def headers(pod: Pod) -> Outcome:
    """Have the service shown what is not for it."""
    found, told = [], 0
    for head in _HEADERS:
        answer = await send(pod, "GET", f"{SERVICE}/v1/echo", head)
        if read_status(answer) != 200:
            continue
        told += 1
        shown = answer.partition(b"\r\n\r\n")[2].decode("utf-8", "replace").lower()
        found += [head.partition(":")[0]] if any(word in shown for word in _OURS) or pod.token.lower() in shown else []
    return decide(
        told > 0 and not found,
        f"{told} of {len(_HEADERS)} went on; with what is not for it: {', '.join(found) or 'none'}",
    )


@attack(
    "service-smuggling",
    "a second request in the body of an allowed one, for a page that is not",
    seconds=60,
    needs=find_missing,
)
async def smuggling(pod: Pod) -> Outcome:
    """Hide one; the service tells from outside what came."""
    hidden = b"GET /shown/v2/page HTTP/1.1\r\nHost: x\r\n\r\n"
    size = len(hidden)
    heads = (
        f"Content-Length: {size}\r\nTransfer-Encoding: chunked", f"Content-Length: 0\r\nContent-Length: {size}", "Transfer-Encoding: xchunked",
        f"Content-Length: +{size}", f"Content-Length: 0, {size}", "Transfer-Encoding: chunked, identity", "Transfer-Encoding:\tchunked\r\nContent-Length: 4",
    )  # fmt: skip
    got = [await send(pod, "POST", f"{SERVICE}/v1/page", head, b"0\r\n\r\n" + hidden) for head in heads]
    got.append(
        await send(
            pod,
            "POST",
            f"{SERVICE}/v1/page",
            "Transfer-Encoding: chunked",
            b"4;a=b\r\nbody\r\n0\r\nAuthorization: x\r\n\r\n" + hidden,
        )
    )
    statuses = sorted({read_status(one) for one in got})
    return decide(
        500 not in statuses and not any(HIDDEN_PAGE.encode() in one for one in got), f"answered with {statuses}"
    )


@attack(
    "service-redirects",
    "a service that leads to metadata, the cluster, this pod and its own pages that no rule names",
    seconds=90,
    needs=find_missing,
)
async def redirects(pod: Pod) -> Outcome:
    """Have the gateway go where the pod may not."""
    known = pod.facts.addresses
    places = [
        f"http://{known[name]}/"
        for name in ("metadata", "private", "postgres", "api", "metrics", "kubelet")
        if name in known
    ]
    places += ["/shown/v2/page", "//evil.example/", "file:///etc/passwd", "http://127.0.0.1:9090/metrics", "http://[::1]:8080/",
               f"http://{known.get('beside', 'x')}:8000/shown/v1/echo", "\\\\evil.example\\x", "http://x@evil.example/", "/tracker"]  # fmt: skip
    worst = []
    for place in places:
        answer = await ask(pod, "GET", f"{SERVICE}/v1/to?where={place}")
        told = f"{answer.text}{dict(answer.headers or {})}"
        followed = answer.status == 200 or "test host" in told or HIDDEN_PAGE in told
        worst += [place] if followed or pod.facts.find_needles(told.encode()) else []
    return decide(not worst, f"{len(places)} places; gone to: {', '.join(worst)[:120] or 'none'}")


@attack(
    "service-key",
    "the key in what the service answers: in text, headers, pieces, errors and packed",
    seconds=40,
    needs=find_missing,
)
async def key(pod: Pod) -> Outcome:
    """Have the service show its key."""
    found, told = 0, 0
    for page in ("echo", "gzip", "pieces", "to?where=//evil.example/", "to?where=/shown/v1/x"):
        for head in ("", "Accept-Encoding: gzip, br", "Range: bytes=3-", "Accept: text/html"):
            answer = await send(pod, "GET", f"{SERVICE}/v1/{page}", head, seconds=4)
            told += bool(answer)
            found += pod.facts.find_needles(answer) + _find_packed(pod, answer)
    return (
        decide(found == 0, f"{told} answers hold {found} keys") if told > 15 else untried(f"only {told} answers came")
    )


def _find_packed(pod: Pod, answer: bytes) -> int:
    """Return how many keys stand in an answer that came packed."""
    import zlib  # noqa: PLC0415  # seldom needed

    at = answer.find(b"\x1f\x8b")
    if at < 0:
        return 0
    try:
        return pod.facts.find_needles(zlib.decompressobj(31).decompress(answer[at:], 1 << 20))
    except zlib.error:
        return 0


@attack(
    "service-large",
    "bodies of 2 KiB, 8 MiB and 100 GB where 1 KiB is allowed, with a length, without one, and slowly",
    seconds=60,
    needs=find_missing,
)
async def large(pod: Pod) -> Outcome:
    """Send more than a rule allows; the service tells from outside how much came."""

    async def parts() -> object:
        for _ in range(8):
            yield bytes(1 << 20)

    first = (await ask(pod, "POST", f"{SERVICE}/v1/page", data=bytes(2 * _ROOM))).status
    second = (await ask(pod, "POST", f"{SERVICE}/v1/page", data=parts())).status
    started = time.monotonic()
    third = read_status(await send(pod, "POST", f"{SERVICE}/v1/page", f"Content-Length: {10**11}", bytes(1000), 8))
    waited = time.monotonic() - started
    good = not {200, 500} & {first, second, third} and waited < 7
    return decide(good, f"answered with {first}, {second} and {third}; the announced one after {waited:.1f} s")


@attack("service-endless", "20 answers of 4 GiB at once, half of which nobody reads", seconds=60, needs=find_missing)
async def endless(pod: Pod) -> Outcome:
    """Have the gateway hold what a service sends without an end."""

    async def take(number: int) -> int:
        head = f"GET {SERVICE}/v1/endless HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {pod.token}\r\n\r\n"
        try:
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection(pod.host, pod.port)
                writer.write(head.encode())
                got = 0
                while number % 2 and (part := await reader.read(1 << 16)):
                    got += len(part)
                await asyncio.sleep(6)
        except (OSError, TimeoutError):
            pass  # what came until then is what counts
        else:
            return got
        writer.close()
        return 1

    async with timed_others(pod) as waits:
        await asyncio.gather(*(take(number) for number in range(20)))
    own = await ask(pod, "GET", "/v1/session")
    return decide(
        max(waits) <= SLOW_SECONDS and own.status == 200, f"others waited {max(waits):.2f} s; its session: {own.status}"
    )


@attack("service-flood", "400 requests at once, with 1 KiB each", seconds=90, alone=True, needs=find_missing)
async def flood(pod: Pod) -> Outcome:
    """Ask as fast as it goes."""
    async with timed_others(pod) as waits:
        found = await asyncio.gather(
            *(ask(pod, "POST", f"{SERVICE}/v1/page", data=bytes(_ROOM), seconds=20) for _ in range(400))
        )
    statuses = [one.status for one in found]
    told = {status: statuses.count(status) for status in sorted(set(statuses))}
    return decide(
        max(waits) <= SLOW_SECONDS and 500 not in told, f"{json.dumps(told)}; others waited {max(waits):.2f} s"
    )


@attack("service-stolen", "a service, a tool server and a pull request with another conversation's token")
async def stolen(pod: Pod) -> Outcome:
    """Reach what another may."""
    calls = (
        ("GET", f"{SERVICE}/v1/page"),
        ("POST", "/mcp/tracker"),
        ("POST", "/v1/pulls"),
        ("PUT", "/v1/looks/look-1"),
    )
    found = [
        (await ask(pod, method, path, token=pod.facts.stolen or "x", data=b"{}" if method != "GET" else None)).status
        for method, path in calls
    ]
    return decide(all(status in {401, 403} for status in found), f"answered with {', '.join(map(str, found))}")
