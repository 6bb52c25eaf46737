"""What agents reach over the gateway while it is attacked: a service, a tool server and a forge beside the node, and what reached them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from dev.attack.archive import hide
from dev.attack.chat import judge_commands, judge_links, judge_marks
from dev.attack.checks import Scene, check
from dev.attack.inside.base import Facts, Outcome, Result, decide
from dev.attack.inside.looks import FIRED
from dev.attack.knowledge import read_keys
from dev.attack.system import BESIDE, REACHING, Chat, System
from dev.bench.clouds import call
from dev.release import wait_until
from tests.support.beside import KEYS, RECORD, SHOW, TOOL_NAMES
from tests.support.git_server import GitServer
from tests.support.hostile_requests import read_loosely
from tests.support.netns import host_at

VICTIMS_TITLE: Final = "Round refunds to whole cents"
_ASKS: Final = "open what is mine"
BRANCHES: Final = ("agent/fix", "agent/words", "agent/victim", "release/1")
_METHODS: Final = frozenset(
    {"initialize", "ping", "tools/list", "tools/call", "notifications/initialized", "notifications/cancelled"}
)
_LINKED: Final = "SELECT to_json(EXISTS (SELECT 1 FROM linked_accounts WHERE person_id = {person}))"
_ROOM: Final = 1 << 10
_PROBES: Final = ("git/2.0 (openclaw-gateway)", "Python-urllib")
"""Of who looks whether the host is there: the gateway itself, and this machine."""


@contextlib.contextmanager
def put_up() -> Iterator[str]:
    """Put the host up that connections lead to; yield its address."""
    with tempfile.TemporaryDirectory(prefix="attack-forge-") as folder:
        make_repositories(Path(folder))
        with host_at(BESIDE, "ocat3", "-m", "tests.support.beside", BESIDE, folder):
            yield BESIDE


def make_repositories(folder: Path) -> None:
    """Make what the forge has: two repositories, one of which no rule names."""
    server = GitServer(folder)
    for name in ("acme/api", "acme/secret"):
        bare = server.create(name)
        for branch in BRANCHES:
            subprocess.run(["git", "-C", str(bare), "branch", branch, "main"], check=True, capture_output=True)


def read_record() -> dict[str, Any]:
    """Return what the host was asked."""
    with urllib.request.urlopen(f"http://{BESIDE}{RECORD}", timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def learn_reached(system: System, facts: Facts, address: str) -> dict[str, Any]:
    """Have a person link an account and their agent open a pull request in their name; return what the attacker knows then besides.

    Raises:
        TimeoutError: it was not done in time.
    """
    chat = system.open_chat(REACHING)
    system.say(chat, "/link hub")
    wait_until("a linked account", lambda: _is_linked(system, chat), 60)
    asks = {"repository": "acme/api", "head": "agent/victim", "base": "main", "title": VICTIMS_TITLE}
    steps = [{"say": "", "calls": [{"name": "open_pull_request", "arguments": asks}]}, {"say": "It is open."}]
    call(system.clouds.model, "/sim/scenario", {"sentences": {_ASKS: steps}})
    message = system.say(chat, _ASKS)
    found = wait_until("a pull request of a person's", lambda: read_record()["pulls"], 90)
    system.linked += [str(token) for token in read_record()["tokens"]]
    turn = wait_until("their turn", lambda: system.find_turn(chat, message), 10)
    told = {"thread": chat.thread, "turn": turn, "person": chat.number, "pull": found[0]["number"]}
    return {
        "needles": hide(read_keys(system)), "neighbour": {**facts.neighbour, **told}, "addresses": {**facts.addresses, "beside": address},
    }  # fmt: skip


def _is_linked(system: System, chat: Chat) -> bool:
    return system.query(_LINKED.format(person=chat.number)) is True


def judge_asked(asked: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what reached the service, or what is beside it, outside of the class's rules."""
    worst = []
    for one in asked:
        if any(probe in one["shows"] for probe in _PROBES):
            continue
        path = read_loosely(str(one["path"]).partition("?")[0])
        inside = path.startswith(f"{SHOW}/v1/") and one["method"] in ("GET", "HEAD", "POST") and one["size"] <= _ROOM
        led = not one["main"] and any(key in one["shows"] for key in KEYS.values())
        if not inside or led or "eyJ" in one["shows"]:
            worst.append(f"{one['method']} {one['path']}"[:60])
    return worst


@check(
    "service-paths", "service-methods", "service-headers", "service-smuggling", "service-redirects", "service-large", "service-flood", "service-key"
)  # fmt: skip
def service(_scene: Scene) -> Outcome:
    """Look at what reached the service."""
    asked = read_record()["asked"]
    worst = judge_asked(asked)
    return decide(
        bool(asked) and not worst, f"{len(asked)} reached it; outside of the rules: {', '.join(worst[:3]) or 'none'}"
    )


def judge_said(rpc: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what a tool server was told that the class does not let through."""
    worst = []
    for one in rpc:
        odd_tool = one["rpc"] == "tools/call" and one["tool"] not in TOOL_NAMES
        odd = one["verb"] not in ("POST", "DELETE") or (one["verb"] == "POST" and one["rpc"] not in _METHODS)
        if odd_tool or odd or "eyJ" in one["shows"] or "evil" in one["shows"].lower():
            worst.append(f"{one['verb']} {one['rpc']} {one['tool']}"[:60])
    return worst


@check("tools-hidden", "tools-methods", "tools-key", "tools-places", "tools-sessions")
def tools(_scene: Scene) -> Outcome:
    """Look at what reached the tool server."""
    rpc = read_record()["rpc"]
    worst = judge_said(rpc)
    return decide(
        bool(rpc) and not worst, f"{len(rpc)} messages reached it; not let through: {', '.join(worst[:3]) or 'none'}"
    )


@check("pull-rules", "pull-foreign", "pull-turn")
def pulls(scene: Scene) -> Outcome:
    """Look at what the forge was asked, and by whose token."""
    record = read_record()
    marked = [one["number"] for one in record["pulls"] if scene.mark in str(one) or one["state"] != "open"]
    borrowed = [one["path"] for one in record["writes"] if one["person"] and one["title"] != VICTIMS_TITLE]
    words = f"changed at the forge: {marked or 'none'}; in the other person's name: {borrowed or 'none'}"
    return decide(bool(record["pulls"]) and not marked and not borrowed, words)


@check("pull-words", "look-answers")
def shown(scene: Scene) -> Outcome:
    """Look at how it stands in the chat."""
    _wait_for_rest(scene)
    found = scene.system.answers(scene.chat)
    judged = [judge(found) for judge in (judge_commands, judge_marks, judge_links)]
    return next(
        (one for one in judged if one.result is not Result.HELD),
        decide(bool(found), f"{len(found)} messages, nothing to tap"),
    )


@check("look-repository")
def looked(scene: Scene) -> Outcome:
    """Ask to see it, and look at whether its settings ran."""
    for words in ("/diff all", "/branches", "/diff"):
        since = scene.system.say(scene.chat, words)
        with contextlib.suppress(TimeoutError):
            wait_until(words, lambda since=since: scene.system.answers(scene.chat, since), 30)
    pod = scene.system.find_pod(scene.chat)
    ran = "?" if pod is None else scene.system.exec(pod, "sh", "-c", f"ls {FIRED} 2>/dev/null").strip()
    found = shown(scene)
    return Outcome(Result.OPEN, f"it ran: {ran}") if ran else found


def _wait_for_rest(scene: Scene) -> None:
    with contextlib.suppress(TimeoutError):
        wait_until("the chat's rest", lambda: scene.system.is_at_rest(scene.chat), 20)
