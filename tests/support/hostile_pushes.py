"""Requests that no git would send, made from honest ones: each is one way to have a push read here as one thing and there as another."""

from __future__ import annotations

import gzip
import hashlib
import random
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.git_server import commit, run_git

NONE = "0" * 40
FLUSH = b"0000"
ALLOWED = "refs/heads/agent/x"
REFS = (
    "refs/heads/main", "refs/heads/agent/../main", "refs/heads/agent/x/../../main", "refs/heads/AGENT/x", "HEAD", "refs/heads/agent",
    "refs/heads/agent/x.lock", "refs/heads//agent/x", "refs/heads/agent/", "refs/tags/v1", "refs/heads/agent/x\0report-status",
    "refs/heads/agent/\x7f", "refs/heads/agent/ü", "refs/heads/agent/@{1}", "refs/replace/agent/x", "refs/heads/agent/x refs/heads/main",
    "refs/heads/agent/x\nrefs/heads/main", "main", "refs/heads/agent/" + "y" * 400, "refs/remotes/agent/x", "refs/notes/agent",
    "refs/heads/./main", "refs/heads/agent\\main", "refs/heads/agent/x~1", "refs/heads/-agent/x", ALLOWED, "refs/heads/agent/y",
)  # fmt: skip
WORDS = (
    "report-status", "report-status side-band-64k", "report-status side-band-64k atomic", "report-status-v2 atomic", "push-options", "delete-refs", "object-format=sha256",
    "object-format=sha1 object-format=sha256", "push-cert=x", "agent=a\tb", "quiet unknown-word", "session-id=x", "side-band", "",
)  # fmt: skip
PATHS = (
    "/git/lab/acme/api.git/git-receive-pack", "/git/lab/acme/api/git-receive-pack", "/git/lab/acme/secret.git/git-receive-pack",
    "/git/lab/acme/../other/api.git/git-receive-pack", "/git/lab/acme%2fapi.git/git-receive-pack",
    "/git/lab//acme/api.git/git-receive-pack", "/git/lab/acme/api.git/git-receive-pack?service=git-upload-pack",
    "/git/lab/other/api.git/git-receive-pack", "/git/LAB/acme/api.git/git-receive-pack", "/git/lab/acme/api.git/./git-receive-pack",
)  # fmt: skip


def pkt(payload: bytes) -> bytes:
    return b"%04x" % (len(payload) + 4) + payload


def commit_workflow(work: Path) -> str:
    """Commit what a forge would run by itself, beside the work; return the commit."""
    run_git(work, "checkout", "-q", "-b", "evil")
    (work / ".github" / "workflows").mkdir(parents=True)
    (work / ".github" / "workflows" / "ci.yml").write_text("on: push\n")
    made = commit(work, 901)
    run_git(work, "checkout", "-q", "-")
    return made


def make_pack(work: Path, old: str, *new: str) -> bytes:
    """Return what a push of commits brings."""
    wanted = "".join(f"{one}\n" for one in new) + f"^{old}\n"
    words = ["git", "-C", str(work), "pack-objects", "--revs", "--stdout", "-q"]
    return subprocess.run(words, check=True, capture_output=True, input=wanted.encode()).stdout


def add_bombs(pack: bytes) -> bytes:
    """Return a pack that begins with objects which swell: much of nothing, and a delta that makes more of it."""
    zeros = zlib.compress(b"\0" * (4 << 20), 9)
    delta = zlib.compress(b"\x80\x80\x80\x02\x80\x80\x80\x04" + b"\xf0\xff\xff\xff" * 2, 9)
    size = bytes([0xB0, 0x80, 0x80, 0x02])  # 4 MiB of a blob
    bombs = [size + zeros, *([bytes([0x70 | 0x80, 0x01]) + b"\x11" * 20 + delta] * 3)]
    body = (
        pack[:8] + (int.from_bytes(pack[8:12], "big") + len(bombs)).to_bytes(4, "big") + b"".join(bombs) + pack[12:-20]
    )
    return body + hashlib.sha1(body).digest()  # as git has it


@dataclass(frozen=True)
class Request:
    """One request, raw."""

    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class HostilePushes:
    """Makes them from a seed.

    Args:
        work: A clone with a commit that the server does not have.
        seed: Of the choice.
    """

    def __init__(self, work: Path, seed: int) -> None:
        self._random = random.Random(seed)
        self.old = run_git(work, "rev-parse", "origin/main").stdout.strip()
        self.new = commit(work, 900)
        self.evil = commit_workflow(work)
        self.packs = [
            make_pack(work, self.old, *wanted) for wanted in ((self.new,), (self.evil,), (self.evil, self.new))
        ]
        self.packs += [add_bombs(self.packs[0]), add_bombs(self.packs[1]), self.packs[1][:-400]]

    def make(self) -> Request:
        """Return one: two in five are nearly honest."""
        near = self._random.random() < 0.4
        body = self._make_near() if near else self._make_list()
        for twist in self._random.sample(self._twists(), self._random.choice((0, 0, 0, 1, 1, 2))):
            body = twist(body)
        path = PATHS[0] if near or self._random.random() < 0.7 else self._random.choice(PATHS)
        headers = {"Content-Type": "application/x-git-receive-pack-request"}
        match self._random.randrange(12):
            case 0:
                return Request(path, gzip.compress(body), {**headers, "Content-Encoding": "gzip"})
            case 1:
                return Request(path, body, {"Content-Type": "text/plain"})
            case 2:
                odd = self._random.choice(("X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-Url", "Git-Protocol"))
                return Request(path, body, {**headers, odd: "/acme/secret.git/git-receive-pack"})
            case _:
                return Request(path, body, headers)

    def _make_near(self) -> bytes:
        """Build a push that may well go through, or that changes a workflow and may not."""
        new = self._random.choice((self.new, self.new, self.evil))
        ref = self._random.choice((ALLOWED, ALLOWED, "refs/heads/agent/y"))
        words = self._random.choice(("report-status side-band-64k", "report-status side-band-64k", "report-status"))
        pack = self.packs[2] if self._random.random() < 0.5 else self._random.choice(self.packs)
        return pkt(f"{NONE} {new} {ref}\0 {words}".encode()) + FLUSH + pack

    def _make_list(self) -> bytes:
        lines = []
        for number in range(self._random.choice((1, 1, 1, 2, 3))):
            ref = ALLOWED if self._random.random() < 0.4 else self._random.choice(REFS)
            old = self._random.choice(
                (NONE, NONE, NONE, NONE, NONE, self.old, self.new, "f" * 40, self.old[:39], self.old.upper())
            )
            new = self._random.choice(
                (self.new, self.new, self.new, self.new, self.evil, self.evil, NONE, self.old, "e" * 40)
            )
            words = f"\0 {self._random.choice(WORDS)}" if number == 0 or self._random.random() < 0.2 else ""
            lines.append(pkt(f"{old} {new} {ref}{words}".encode()))
        pack = self.packs[2] if self._random.random() < 0.7 else self._random.choice(self.packs)
        return b"".join(lines) + FLUSH + pack

    def _twists(self) -> list[Callable[[bytes], bytes]]:
        hidden = pkt(f"{self.old} {self.new} refs/heads/main\0 report-status".encode())
        return [
            lambda body: hidden + body,
            lambda body: body.replace(FLUSH, FLUSH + hidden + FLUSH, 1),
            lambda body: body + hidden + FLUSH,
            lambda body: pkt(b"push-cert\0 report-status") + body,
            lambda body: pkt(b"shallow " + self.new.encode()) * self._random.choice((1, 5000)) + body,
            lambda body: body.replace(FLUSH, b"0001", 1),
            lambda body: body.replace(FLUSH, b"0004" + FLUSH, 1),
            lambda body: body[: self._random.randrange(len(body))],
            lambda body: body.replace(b"PACK", b"KCAP", 1),
            lambda body: b"fff0" + body,
            lambda body: b"+0a4" + body,
            lambda body: bytes(
                b ^ (1 << self._random.randrange(8)) if self._random.random() < 0.002 else b for b in body
            ),
            lambda body: FLUSH + body,
            lambda body: body.replace(FLUSH, FLUSH + pkt(b"ci.skip") + FLUSH, 1),
        ]
