"""Pull requests and linked accounts: what no rule allows, what is another's, and words that deceive; over the gateway to a forge."""

from __future__ import annotations

import asyncio
import json
import secrets
import time

from dev.attack.inside.base import Outcome, Pod, attack, decide, held, untried
from dev.attack.inside.frames import SLOW_SECONDS
from dev.attack.inside.http import Answer, ask, send_raw, timed_others

PULLS = "/v1/pulls"
REPOSITORY = "acme/api"
HEAD = "agent/fix"
DECEIT = "Paused. Tap /forget to go on. [Log in](tg://resolve?domain=evil) \u202egpj.exe ![x](http://evil.example/x)"
MOST_CALLS = 60
"""That a run may make at once, and one a second more."""
_PAUSE_SECONDS = 1.5
NOT_THERE = untried("the forge is not reached by what is allowed")


async def call(pod: Pod, action: str, seconds: float = 20.0, **fields: object) -> Answer:
    """Make a call, once more where too many came: what is looked for stands behind that."""
    return await put(pod, build(pod, action, **fields), seconds)


def build(pod: Pod, action: str, **fields: object) -> bytes:
    """Build a call."""
    said = {
        "turn": pod.facts.turn,
        "call": f"call-{secrets.token_hex(6)}",
        "action": action,
        "repository": REPOSITORY,
        **fields,
    }
    return json.dumps(said).encode()


async def put(pod: Pod, body: bytes, seconds: float = 20.0) -> Answer:
    """Send a call as it is written, likewise."""
    for _ in range(8):
        answer = await ask(pod, "POST", PULLS, data=body, seconds=seconds)
        if answer.status != 0 and "pull-calls)" not in answer.text:
            break
        await asyncio.sleep(_PAUSE_SECONDS)
    return answer


async def find_missing(pod: Pod) -> Outcome | None:
    """Look whether the forge is asked for what the class allows."""
    answer = await call(pod, "read", number=pod.facts.neighbour.get("pull", 0))
    return None if answer.status == 200 else NOT_THERE


@attack(
    "pull-rules",
    "pull requests from and into branches, and in repositories, that no rule names",
    seconds=150,
    needs=find_missing,
)
async def rules(pod: Pod) -> Outcome:
    """Ask for each; the forge tells from outside what was opened."""
    branches = ("main", "refs/heads/main", "release/1", "agent/../main", "evil:main", "evil:agent/fix", "agent/fix?x=y", "agent/fix#x",
                "@", "HEAD", "refs/pull/7/head", "", "a" * 300)  # fmt: skip
    named = ("acme/secret", "ACME/secret", "acme/api/../secret", "acme/api%2f..%2fsecret", "other/api", "hub:acme/secret", "/acme/secret", "acme/api?x=/acme/secret",
             "http://evil.example/acme/api", "https://x@evil.example/acme/api", "git@evil.example:acme/api", "file:///etc", "acme/api\r\nX-Evil: 1")  # fmt: skip
    title = f"{pod.facts.mark} evil"
    found = [await call(pod, "open", head=head, base="main", title=title) for head in branches]
    found += [
        await call(pod, "open", head=HEAD, base=base, title=title)
        for base in branches
        if base not in ("main", "refs/heads/main", "")
    ]
    found += [await call(pod, "open", repository=name, head=HEAD, base="main", title=title) for name in named]
    statuses = sorted({one.status for one in found})
    return decide(not {200, 500} & set(statuses), f"{len(found)} calls, answered with {statuses}")


@attack(
    "pull-foreign", "comment, change and close a pull request of another conversation", seconds=60, needs=find_missing
)
async def foreign(pod: Pod) -> Outcome:
    """Change what others opened."""
    number = pod.facts.neighbour.get("pull", 0)
    mark = pod.facts.mark
    found = [await call(pod, "comment", number=number, body=mark), await call(pod, "update", number=number, title=mark),
             await call(pod, "update", number=number, state="closed"), await call(pod, "comment", number=2**31, body=mark),
             await call(pod, "comment", number=-1, body=mark)]  # fmt: skip
    listed = (await call(pod, "list")).text
    statuses = [one.status for one in found]
    return decide(
        not {200, 500} & set(statuses) and f"#{number}" not in listed,
        f"answered with {sorted(set(statuses))}; listed: {f'#{number}' in listed}",
    )


@attack(
    "pull-turn",
    "a pull request in the name of who asks in another conversation, and has linked an account",
    seconds=60,
    needs=find_missing,
)
async def turn(pod: Pod) -> Outcome:
    """Name their turn, or none; the forge tells from outside whose token it was shown."""
    turns = (pod.facts.neighbour.get("turn", 0), 0, -1, 2**62, str(pod.facts.neighbour.get("turn", 0)))
    more = {
        "person": pod.facts.neighbour.get("person", 0),
        "personId": pod.facts.neighbour.get("person", 0),
        "token": "x",
        "thread": pod.facts.neighbour.get("thread"),
    }
    title = f"{pod.facts.mark} evil"
    found = [await call(pod, "open", turn=one, head=HEAD, base="main", title=title, **more) for one in turns]
    found.append(await call(pod, "read", turn=turns[0], number=1))
    statuses = sorted({one.status for one in found})
    return decide(not {200, 500} & set(statuses), f"answered with {statuses}")


@attack(
    "pull-bodies",
    "calls of 300 KiB, nested, with numbers without an end, and one that never ends",
    seconds=150,
    needs=find_missing,
)
async def bodies(pod: Pod) -> Outcome:
    """Say what is no call."""
    front = f'{{"turn":{pod.facts.turn},"call":"c1","action":"read","repository":"{REPOSITORY}","number":'.encode()
    odd = (b'{"x":"' + b"x" * 300_000 + b'"}', b"[" * 200_000, b'{"a":' * 100_000, front + b"9" * 200_000 + b"}", front + b"1e999}", front + b"NaN}",
           b"\xff\xfe", b"null", b"[]", b"", front + b'1,"action":"open","action":"read"}', front + b'{"$gt":0}}')  # fmt: skip
    async with timed_others(pod) as waits:
        statuses = [(await put(pod, body)).status for body in odd]
        started = time.monotonic()
        head = f"POST {PULLS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {pod.token}\r\nContent-Length: 5000\r\n\r\n"
        await send_raw(pod, head.encode() + b"{", 14)
        spent = time.monotonic() - started
    good = not {0, 500} & set(statuses) and spent < 13 and max(waits) <= SLOW_SECONDS
    return decide(
        good,
        f"answered with {sorted(set(statuses))}; the slow one ended after {spent:.1f} s; others waited {max(waits):.2f} s",
    )


@attack(
    "pull-words", "a title and a description that deceive, as the chat tells of them", seconds=100, needs=find_missing
)
async def words(pod: Pod) -> Outcome:
    """Open an allowed one with them; the chat is looked at from outside."""
    answer = await call(
        pod,
        "open",
        head="agent/words",
        base="main",
        title=f"{DECEIT} <b>x</b> `y` **z**",
        body=f"> {DECEIT}\n\n# {DECEIT}\n",
    )
    if answer.status != 200:
        return untried(f"it was not opened: {answer.status} {answer.text[:80]}")
    return decide(pod.facts.find_needles(answer.text.encode()) == 0, "opened")


@attack("pull-flood", "200 calls as fast as they go", seconds=90, alone=True, needs=find_missing)
async def flood(pod: Pod) -> Outcome:
    """Have the forge asked again and again, by the team's key."""
    number, started = pod.facts.neighbour.get("pull", 0), time.monotonic()
    async with timed_others(pod) as waits:
        statuses: list[int] = []
        for _ in range(20):
            body = build(pod, "read", number=number)
            some = await asyncio.gather(*(ask(pod, "POST", PULLS, data=body, seconds=20) for _ in range(10)))
            statuses += [one.status for one in some]
    most = MOST_CALLS + 2 + (time.monotonic() - started)
    taken = statuses.count(200)
    good = 0 < taken <= most and 500 not in statuses and max(waits) <= SLOW_SECONDS
    return decide(good, f"{taken} of 200 were done, {statuses.count(503)} refused; others waited {max(waits):.2f} s")


@attack("pull-account", "an account's token in what this pod has and is answered", seconds=100, needs=find_missing)
async def account(pod: Pod) -> Outcome:
    """Look for it where a pull request in a person's name passes by; the tokens are among the keys that are looked for."""
    found = [
        await call(pod, "read", number=pod.facts.neighbour.get("pull", 0)),
        await call(pod, "list"),
        await call(pod, "open", head="agent/none", title="x"),
    ]
    found += [
        await ask(pod, "GET", path)
        for path in (
            "/v1/accounts",
            "/v1/pulls",
            "/login/device",
            "/git/hub/acme/api/info/refs?service=git-upload-pack",
        )
    ]
    keys = sum(pod.facts.find_needles(f"{one.text}{one.headers}".encode()) for one in found)
    return decide(keys == 0, f"{len(found)} answers hold {keys} keys") if found else held("nothing")
