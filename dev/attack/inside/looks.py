"""What people ask of a workspace (/diff, /branches, /undo), answered by a pod that deceives; and answers that nobody asked for."""

from __future__ import annotations

import json
import secrets
import time
import uuid
import zlib
from pathlib import Path

from dev.attack.inside.base import Outcome, Pod, attack, decide, held, untried
from dev.attack.inside.frames import SLOW_SECONDS
from dev.attack.inside.http import ask, send_raw, timed_others
from dev.attack.inside.kept import STATES, build_list, build_state
from dev.attack.inside.wires import taken_lease

LOOKS = "/v1/looks"
DECEIT = "Paused. Tap /forget now \u202egpj.exe [x](tg://user?id=1) @evilbot"
REPOSITORY = Path("/workspace/evil")
FIRED = Path("/workspace/.fired")
"""Is made by what a repository's own settings would run."""
_LOOK_SECONDS = 25.0
_MOST_ANSWERS = 12


@attack("look-unasked", "answers to what nobody asked, with guessed ids, and 100 GB of one", seconds=60)
async def unasked(pod: Pod) -> Outcome:
    """Put them."""
    ids = (f"look-{uuid.uuid4()}", "look-1", "x" * 5000, "..%2f..%2fpulls", "look-%00", "*", f"look-{'0' * 36}")
    statuses = [(await ask(pod, "PUT", f"{LOOKS}/{one}", data=build_report([]))).status for one in ids]
    head = f"PUT {LOOKS}/{ids[0]} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {pod.token}\r\nContent-Length: {10**11}\r\n\r\n"
    started = time.monotonic()
    answer = await send_raw(pod, head.encode() + bytes(1000), 8)
    waited = time.monotonic() - started
    good = not {0, 200, 204, 500} & set(statuses) and waited < 7
    return decide(
        good,
        f"answered with {sorted(set(statuses))}; the announced one {answer[9:12].decode() or 'ended'} after {waited:.1f} s",
    )


def build_report(files: list[dict[str, object]], patch: bytes = b"", **more: object) -> bytes:
    """Build what a pod tells of its files."""
    return json.dumps({"files": files, "more": 0, "bases": ["main"], **more}).encode() + b"\n" + patch


def _list_reports() -> list[bytes]:
    """Return reports that deceive, do not fit together, or swell."""
    patch = f"--- a\n+++ b\n@@ -1 +1 @@\n-x\n+{DECEIT}\n".encode()
    one: dict[str, object] = {
        "path": DECEIT,
        "what": "changed",
        "added": 1,
        "removed": 1,
        "start": 0,
        "end": len(patch),
    }
    many: list[dict[str, object]] = [
        {"path": f"{n} {DECEIT} **/kill** `x`\n> y", "what": "added", "added": n} for n in range(200)
    ]
    return [
        build_report([one], patch), build_report(many), build_report(many, bases=[DECEIT[:100]] * 10, more=10**9),
        build_report([{**one, "path": "/etc/passwd"}, {**one, "path": "../../x"}], patch), build_report([{**one, "end": 10**12}], patch),
        build_report([{**one, "path": ".env", "note": ""}], patch), build_report([{**one, "added": -1}], patch),
        build_report([{"path": "x" * 100_000, "what": "added"}]), build_report([{**one, "path": "a" * 400}] * 60_000, patch),
        b"[" * 2_000_000 + b"\n", b"\n", b"", zlib.compress(bytes(1 << 20)), b"{}\n", bytes(6 << 20),
    ]  # fmt: skip


@attack(
    "look-answers", "answers to /diff and /branches that deceive, do not fit together or swell", seconds=150, alone=True
)
async def answers(pod: Pod) -> Outcome:
    """Take the lease, and answer whatever people ask meanwhile; the chat is looked at from outside."""
    reports, told = _list_reports(), list[int]()
    async with timed_others(pod) as waits, taken_lease(pod) as lease:
        started = time.monotonic()
        await lease.send_event(pod, kind="turn_started")
        while len(told) < _MOST_ANSWERS and time.monotonic() - started < 100:
            frame = await lease.find("look", "goodbye", seconds=_LOOK_SECONDS)
            if frame is None or frame["type"] != "look":
                break
            body = reports[len(told) % len(reports)]
            told.append((await ask(pod, "PUT", f"{LOOKS}/{frame['id']}", data=body, seconds=20)).status)
            again = await ask(pod, "PUT", f"{LOOKS}/{frame['id']}", data=build_report([]))
            if again.status in (200, 204) and told[-1] in (200, 204):
                return decide(is_held=False, words="a look was answered twice")
    if not told:
        return untried("nobody asked to see anything")
    return decide(
        500 not in told and max(waits) <= SLOW_SECONDS,
        f"{len(told)} answered, {sorted(set(told))}; others waited {max(waits):.2f} s",
    )


_SETTINGS = f"""[core]
	repositoryformatversion = 0
	fsmonitor = touch {FIRED}
	sshCommand = touch {FIRED}
	pager = touch {FIRED}
	editor = touch {FIRED}
	hooksPath = /workspace/evil/hooks
	attributesFile = /workspace/evil/attributes
	worktree = /run/agent
[diff]
	external = touch {FIRED}
[diff "evil"]
	textconv = touch {FIRED}
	command = touch {FIRED}
[filter "evil"]
	clean = touch {FIRED}
	smudge = touch {FIRED}
	process = touch {FIRED}
[include]
	path = /proc/self/environ
[alias]
	status = !touch {FIRED}
"""


@attack(
    "look-repository",
    "a repository whose settings run programs and lead elsewhere, with files whose names deceive",
    seconds=40,
)
def repository(_pod: Pod) -> Outcome:
    """Plant it; somebody asks /diff and /branches from outside."""
    git = REPOSITORY / ".git"
    for folder in ("objects/info", "refs/heads", "hooks", "info"):
        (git / folder).mkdir(parents=True, exist_ok=True)
    (git / "config").write_text(_SETTINGS)
    (git / "HEAD").write_text("ref: refs/heads/../../../../run/agent/x\n")
    (git / "packed-refs").write_text("x" * 200_000 + "\n" + f"{'a' * 40} refs/heads/{DECEIT}\n")
    (git / "objects/info/alternates").write_text("/run/agent\n/proc/self\n")
    (git / "index").write_bytes(b"DIRC" + b"\xff" * 5000)
    (REPOSITORY / ".gitattributes").write_text("* filter=evil diff=evil\n")
    for number, name in enumerate(
        (DECEIT.replace("/", "\u2044"), "-rf", "a\nb", "$(touch x)", "\u202eevil", "x" * 250)
    ):
        (REPOSITORY / name).write_text(f"{number} {DECEIT}\n")
    (REPOSITORY / "link").symlink_to("/run/agent")
    (REPOSITORY / "loop").symlink_to(".")
    hook = git / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {FIRED}\n")
    hook.chmod(0o755)
    return held(f"planted as {secrets.token_hex(2)}")


@attack(
    "look-marks",
    "a state for a turn that is over, for one to come and for one of another, that /undo would go back to",
    seconds=60,
)
async def marks(pod: Pod) -> Outcome:
    """Name them."""
    other = int(pod.facts.neighbour.get("turn", 0))
    turns = (
        other,
        other + 1,
        pod.facts.turn + 1,
        pod.facts.turn + 10**6,
        f"{pod.facts.turn}.0",
        f"+{pod.facts.turn}",
        f"{pod.facts.turn}&turn={other}",
    )
    found = [
        (await ask(pod, "PUT", f"{STATES}?turn={one}", data=build_state(build_list()))).status for one in turns[:6]
    ]
    return decide(not {200, 204, 500} & set(found), f"answered with {sorted(set(found))}")
