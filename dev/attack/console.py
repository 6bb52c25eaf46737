"""What a hostile agent may try at the console, and what its account may do there; looked at from where the port can be reached."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

from agent_contract import names
from dev.attack.inside.base import Outcome, decide, encode_part, read_claims, untried
from dev.attack.knowledge import find_pod_address
from dev.attack.outside import Evidence, outside
from dev.attack.system import SPEAKER, System

_LIFE_SECONDS: Final = 3600
_CALLS: Final = (("GET", "messages"), ("GET", "why"), ("POST", "say"), ("POST", "stop"))


def _forge(claims: Mapping[str, Any], signed: str = "") -> str:
    """Build a token that claims so, with a signature that is none, or another token's."""
    return f"{encode_part({'alg': 'RS256', 'typ': 'JWT'})}.{encode_part(claims)}.{signed or 'c2ln'}"


def _build_tokens(system: System, own: str) -> Mapping[str, str]:
    """Build what a pod can make of what it has: its token as it is, and such as would be believed if nobody proved them."""
    release = system.release
    account = f"system:serviceaccount:{release.namespace}:{release.name}-console-speak"
    audiences = [names.CONSOLE_AUDIENCE, f"{names.CONSOLE_PERSON}administrator"]
    claims = {"sub": account, "aud": audiences, "exp": int(time.time()) + _LIFE_SECONDS}
    signature = own.rpartition(".")[2]
    return {
        "its own": own,
        "none": "",
        "made up": _forge(claims),
        "made up, with its own signature": _forge(claims, signature),
        "its own, for the console": _forge({**read_claims(own), "aud": audiences}, signature),
    }


def _ask(url: str, method: str, token: str) -> int:
    """Return the status of an answer; 0 where there is none."""
    body = b'{"request": "00000000-0000-4000-8000-000000004711", "text": "from an agent"}' if method == "POST" else None
    headers = {"Content-Type": "application/json", **({names.CONSOLE_HEADER: token} if token else {})}
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@outside("out-console", "an agent's token, and tokens of its making, at the console, from a place that reaches it")
def tokens(evidence: Evidence) -> Outcome:
    """Read, speak and stop with each, in the conversation that is attacked from."""
    system = evidence.system
    found = system.find_newest(evidence.chats)
    if found is None:
        return untried("no agent runs")
    chat, pod = found
    made = _build_tokens(system, system.read_token(pod))
    base = f"http://{find_pod_address(system, 'gateway')}:{names.PORT_CONSOLE}/v1/threads/{chat.thread}"
    told = {name: [_ask(f"{base}/{path}", method, token) for method, path in _CALLS] for name, token in made.items()}
    words = "; ".join(f"{name}: {', '.join(map(str, statuses))}" for name, statuses in told.items())
    if not any(any(statuses) for statuses in told.values()):
        return untried(f"the port is not reached from here: {words}")
    return decide(all(status in {401, 403, 429} for statuses in told.values() for status in statuses), words)


@outside(
    "out-console-rights", "an agent's account, the operator's and the gateway's at the console's door in the API server"
)
def rights(evidence: Evidence) -> Outcome:
    """Ask the API server whether they may reach the port, or have a token of its accounts."""
    release, agents = evidence.system.release, evidence.system.agents
    service = f"services/{release.name}-gateway-console:console"
    asked = [("get", service, "proxy"), ("create", service, "proxy")]
    asked += [("create", f"serviceaccounts/{release.name}-console-{kind}", "token") for kind in ("view", "speak")]

    def may(user: str, verb: str, what: str, part: str) -> bool:
        told = release.kubectl("auth", "can-i", verb, what, f"--subresource={part}", "--as", user, check=False)
        return told.strip() == "yes"

    if not all(may(SPEAKER, *one) for one in asked):
        return untried("not even who may speak has these rights: the questions are wrong")
    found = []
    for namespace, account in ((agents, "agent"), (release.namespace, "operator"), (release.namespace, "gateway")):
        user = f"system:serviceaccount:{namespace}:{release.name}-{account}"
        found += [f"{account}: {verb} {what}/{part}" for verb, what, part in asked if may(user, verb, what, part)]
    return decide(not found, f"allowed: {', '.join(found) or 'none'}")
