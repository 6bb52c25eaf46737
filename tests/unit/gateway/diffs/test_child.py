"""The process that compares states: fed with what the keeper makes, and with what it never makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from backports import zstd

from agent_contract.keptfiles import CHUNK_BYTES, Entry, encode_entries
from agent_contract.packs import MOST_RAW, compute_digest
from agent_gateway.diffs.child import UNREADABLE
from agent_gateway.diffs.pairs import MOST_READ
from agent_gateway.diffs.report import read_report
from tests.support.keeping import Kept, Place

ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def run(*frames):
    """Feed the process, and return its exit code and what it wrote."""
    data = b"".join(b"%d\n" % len(frame) + frame for frame in frames)
    words = [sys.executable, "-P", "-m", "agent_gateway.diffs.child"]
    done = subprocess.run(words, input=data, capture_output=True, env=ENVIRONMENT, timeout=250, check=False)
    return done.returncode, done.stdout


def whole_of(kept, body):
    return kept.packs.get(json.loads(body.partition(b"\n")[0])["whole"], b"")


def state(*entries):
    return b"{}\n" + encode_entries(entries)


def pack(*contents):
    parts = [bytes.fromhex(compute_digest(data)) + len(data).to_bytes(4, "big") + data for data in contents]
    return zstd.compress(b"".join(parts))


def file(path, *contents):
    return Entry("f", f"workspace/{path}", 0o644, 1, sum(map(len, contents)), tuple(map(compute_digest, contents)))


@pytest.mark.parametrize("files", [3, 3000])
def test_what_the_keeper_kept_is_compared(tmp_path, files):
    place, kept = Place(tmp_path), Kept()
    for number in range(files):
        (place.workspace / f"f{number:05}").write_text(f"{number}\nline\n")
    place.keep(kept)
    (place.workspace / "f00001").write_text("1\nother\nmore\n")
    (place.workspace / "f00002").unlink()
    (place.workspace / "new").write_text("new\n")
    place.keep(kept)
    before, after = kept.states
    code, told = run(before, whole_of(kept, before), after, whole_of(kept, after), *reversed(kept.packs.values()))
    report = read_report(told)
    assert code == 0
    assert [(one.path, one.what, one.added, one.removed) for one in report.files] == [
        ("f00001", "changed", 2, 1), ("f00002", "removed", 0, 2), ("new", "added", 1, 0),
    ]  # fmt: skip
    assert b"-line\n+other\n+more\n" in report.patch


def test_without_a_state_before_all_files_are_new():
    code, told = run(b"", b"", state(file("a", b"1\n")), b"", pack(b"1\n"))
    assert (code, [one.what for one in read_report(told).files]) == (0, ["added"])


def test_packs_are_read_only_until_all_is_found():
    code, told = run(b"", b"", state(file("a", b"1\n")), b"", pack(b"1\n"), b"no pack at all")
    assert code == 0
    assert read_report(told).files[0].note == ""


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"no pack",
        zstd.compress(b"\0" * (MOST_RAW + 1)),
        zstd.compress(b"cut short")[:-3],
        zstd.compress(bytes(20) + (1 << 30).to_bytes(4, "big") + b"x"),
        zstd.compress(
            bytes.fromhex(compute_digest(b"1\n")) + (2).to_bytes(4, "big") + b"2\n"
        ),  # not what its hash says
    ],
)
def test_a_pack_that_is_none_is_passed_over(bad):
    entries = state(file("a", b"1\n"), file("b", b"other\n"))
    code, told = run(b"", b"", entries, b"", bad, pack(b"other\n"))
    assert code == 0
    assert {one.path: one.note for one in read_report(told).files} == {"a": "unread", "b": ""}


def test_no_more_is_read_than_the_most_whatever_a_list_says_of_sizes():
    contents = [b"\0" + number.to_bytes(4, "big") * (CHUNK_BYTES // 4 - 1) for number in range(40)]
    entries = [file(f"f{number:02}", data)._replace(size=1) for number, data in enumerate(contents)]
    code, told = run(b"", b"", state(*entries), b"", *(pack(*contents[at : at + 8]) for at in range(0, 40, 8)))
    notes = [one.note for one in read_report(told).files]
    assert (code, notes.count("binary"), notes.count("unread")) == (0, MOST_READ // CHUNK_BYTES, 8)


@pytest.mark.parametrize(
    "frames",
    [
        (b"", b""),
        (b"{}\nnot a list", b"", b"", b""),
        (b"", b"", state(file("../out", b"1")), b""),
        (b"", b"", state(Entry("f", "workspace/a", 0o644, 1, 5, ())), b""),
        (b"", b"", b"{}\n" + encode_entries([]), b"not a list"),
    ],
)
def test_a_state_that_is_none_ends_it_with_its_code(frames):
    assert run(*frames) == (UNREADABLE, b"")
