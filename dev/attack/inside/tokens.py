"""Tokens of its own making, and those of other pods."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
from pathlib import Path

import aiohttp

from dev.attack.inside.base import Outcome, Pod, attack, decide, encode_part, read_claims, untried
from dev.attack.inside.http import ask
from dev.attack.inside.wires import Lease, build_hello, connected


async def _tokens_refused(pod: Pod, tokens: list[str]) -> Outcome:
    statuses = [(await ask(pod, "GET", "/v1/session", token=token)).status for token in tokens]
    return decide(all(s in {401, 403, 429, 0} for s in statuses), f"answered with {', '.join(map(str, statuses))}")


@attack("token-none", "calls without a token, and with nonsense")
async def none(pod: Pod) -> Outcome:
    """Call without one."""
    first = (await ask(pod, "GET", "/v1/session", token=None)).status
    found = await _tokens_refused(pod, ["x", "a.b.c", "null", "Bearer"])
    return found if first in {401, 403, 429} else decide(is_held=False, words=f"without a token: {first}")


@attack("token-unsigned", "its own token with the algorithm none, and signed with a guessed secret")
async def unsigned(pod: Pod) -> Outcome:
    """Sign it anew."""
    body = pod.token.split(".")[1]
    plain = f"{encode_part({'alg': 'none', 'typ': 'JWT'})}.{body}"
    head = f"{encode_part({'alg': 'HS256', 'typ': 'JWT'})}.{body}"
    digest = base64.urlsafe_b64encode(hmac.new(b"secret", head.encode(), hashlib.sha256).digest()).decode().rstrip("=")
    return await _tokens_refused(pod, [f"{plain}.", f"{head}.{digest}"])


@attack("token-changed", "its own token with another pod, another end, another account")
async def changed(pod: Pod) -> Outcome:
    """Change what it says, and keep the signature."""
    head, _, signature = pod.token.split(".")
    claims = read_claims(pod.token)
    other = json.loads(json.dumps(claims))
    other["kubernetes.io"]["pod"]["name"] = str(pod.facts.neighbour.get("pod", "other"))
    late = {**claims, "exp": claims["exp"] + 10**6}
    account = {**claims, "sub": "system:serviceaccount:kube-system:default"}
    return await _tokens_refused(pod, [f"{head}.{encode_part(c)}.{signature}" for c in (other, late, account)])


@attack("token-lifetime", "use its own token long after its pod")
def lifetime(pod: Pod) -> Outcome:
    """Look at how long it is good for: this long a copy of it is of use, should nothing else hold."""
    claims = read_claims(pod.token)
    seconds = claims["exp"] - claims["iat"]
    return decide(seconds <= 900, f"it is good for {seconds} s")


def _stolen(pod: Pod) -> str:
    if not pod.facts.stolen:
        raise LookupError("no token of another pod is known")
    return pod.facts.stolen


@attack("stolen-session", "read another conversation's session with its token, from this pod")
async def session(pod: Pod) -> Outcome:
    """Use a token that another agent was talked into printing."""
    answer = await ask(pod, "GET", "/v1/session", token=_stolen(pod))
    return decide(answer.status in {401, 403}, f"answered with {answer.status}: {answer.text[:80]}")


@attack("stolen-workspace", "read and replace another conversation's files with its token")
async def workspace(pod: Pod) -> Outcome:
    """Take and give."""
    got = await ask(pod, "GET", "/v1/workspace", token=_stolen(pod))
    put = await ask(pod, "PUT", "/v1/workspace", token=_stolen(pod), data=b"x" * 1000)
    good = got.status in {401, 403} and put.status in {401, 403}
    return decide(good, f"answered with {got.status} and {put.status}")


@attack("stolen-chat", "put a file into another conversation's chat with its token")
async def chat(pod: Pod) -> Outcome:
    """Speak in it."""
    turn = pod.facts.neighbour.get("turn", 0)
    path = f"/v1/files?turn={turn}&call=stolen1&name=a.txt"
    answer = await ask(pod, "PUT", path, token=_stolen(pod), data=pod.facts.mark.encode())
    return decide(answer.status in {401, 403}, f"answered with {answer.status}")


@attack("stolen-model", "call the model on another conversation's account")
async def model(pod: Pod) -> Outcome:
    """Spend what is another's."""
    body = {"model": pod.model, "messages": [{"role": "user", "content": "x"}]}
    answer = await ask(
        pod, "POST", f"/v1/llm/{pod.provider}/chat/completions", token=_stolen(pod), data=json.dumps(body)
    )
    return decide(answer.status in {401, 403}, f"answered with {answer.status}")


async def _try_hello(pod: Pod, token: str, run: int) -> str:
    """Say hello with a token; return the kind of the answer, or the status that refused it."""
    with contextlib.suppress(aiohttp.ClientError, OSError):
        async with connected(pod, token) as socket:
            lease = Lease(socket, 0)
            await lease.send(**{**build_hello(pod), "run": run})
            frame = await lease.find("welcome", "refused", "goodbye", seconds=5)
            return str((frame or {}).get("type", "nothing"))
    return "no connection"


@attack("stolen-lease", "take another conversation's lease with its token")
async def lease(pod: Pod) -> Outcome:
    """Become another's agent."""
    answer = await _try_hello(pod, _stolen(pod), int(pod.facts.neighbour.get("run", 1)))
    return decide(answer not in {"welcome", "nothing"}, f"answered with: {answer}")


@attack("stolen-ended", "use the token of a run that is over", alone=True)
async def ended(pod: Pod) -> Outcome:
    """Use one whose run has ended, whose pod may still be there."""
    token = str(pod.facts.neighbour.get("ended", ""))
    if not token:
        return untried("there is no run that is over")
    statuses = [(await ask(pod, method, path, token=token)).status for method, path in
                (("GET", "/v1/session"), ("GET", "/v1/workspace"), ("PUT", "/v1/workspace"))]  # fmt: skip
    return decide(all(s in {401, 403} for s in statuses), f"answered with {', '.join(map(str, statuses))}")


@attack("token-elsewhere", "learn another's token from the processes of this machine")
def elsewhere(_pod: Pod) -> Outcome:
    """Look for the tokens that processes of other pods were given."""
    own = Path("/proc/self/ns/mnt").readlink()
    seen, found = 0, []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            seen += 1
            with contextlib.suppress(OSError):
                if (folder / "ns/mnt").readlink() != own and (folder / "root/var/run/openclaw/token").read_text():
                    found.append(folder.name)
    return decide(not found, f"{seen} processes are seen; with a token of another pod: {', '.join(found) or 'none'}")
