"""What became of files from one list to another, and the patch of it: `git apply` makes the one folder the other."""

from __future__ import annotations

import itertools
import os
import random
import subprocess

import pytest

from agent_contract.diffs import MOST_FILE_BYTES, encode_report, is_secret
from agent_contract.keptfiles import CHUNK_BYTES, Entry
from agent_contract.packs import compute_digest
from agent_gateway.diffs.lines import Steps
from agent_gateway.diffs.pairs import find_pairs, find_wanted
from agent_gateway.diffs.patch import Contents, describe, quote
from agent_gateway.diffs.report import NoDiff, read_report

GIT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


class Files:
    """A folder as kept entries, and its contents."""

    def __init__(self):
        self.chunks = {}

    def entries(self, tree):
        """Return a list: names with bytes, with a link's target as str, or with bytes and rights."""
        return {
            entry.path: entry for name, value in tree.items() for entry in [self._entry(f"workspace/{name}", value)]
        }

    def _entry(self, path, value):
        if isinstance(value, str):
            return Entry("l", path, target=value)
        data, mode = value if isinstance(value, tuple) else (value, 0o644)
        pieces = [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)]
        digests = tuple(compute_digest(piece) for piece in pieces)
        self.chunks |= dict(zip(digests, pieces, strict=True))
        return Entry("f", path, mode, 1, len(data), digests)


def compare(before, after):
    """Return the report from one tree to another."""
    files = Files()
    pairs, more = find_pairs(files.entries(before), files.entries(after))
    contents = Contents({name: files.chunks[name] for name in find_wanted(pairs)})
    steps = Steps()
    return read_report(encode_report((describe(pair, contents, steps) for pair in pairs), more))


def write(folder, tree):
    for name, value in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(value, str):
            path.symlink_to(value)
            continue
        data, mode = value if isinstance(value, tuple) else (value, 0o644)
        path.write_bytes(data)
        path.chmod(mode)


def read(folder):
    found = {}
    for path in folder.rglob("*"):
        if path.is_symlink():
            found[str(path.relative_to(folder))] = str(path.readlink())
        elif path.is_file():
            found[str(path.relative_to(folder))] = (path.read_bytes(), 0o755 if path.stat().st_mode & 0o100 else 0o644)
    return found


def check_applies(folder, before, after):
    report = compare(before, after)
    write(folder, before)
    if report.patch:
        subprocess.run(["git", "apply", "--whitespace=nowarn"], cwd=folder, env=GIT, input=report.patch, check=True)
    expected = {name: value if isinstance(value, (str, tuple)) else (value, 0o644) for name, value in after.items()}
    assert read(folder) == expected
    return report


def test_each_kind_of_change_is_told_and_its_patch_is_gits(tmp_path):
    many = b"".join(b"line %d\n" % n for n in range(40))
    before = {
        "same": b"x\n", "changed.py": many, "gone": b"old\n", "moved/here": b"content\n", "runs": b"#!/bin/sh\n",
        "link": "one", "was-file": b"a\nb\n", "was-link": "there", "empty-gone": b"", "no-end": b"a", "name with blanks": b"1\n",
        'caf\u00e9\t"q"': b"1\n",
    }  # fmt: skip
    after = {
        "same": b"x\n", "changed.py": many.replace(b"line 7\n", b"line seven\n") + b"more\n", "new/file": b"hello\n",
        "moved/there": b"content\n", "runs": (b"#!/bin/sh\n", 0o755), "link": "two", "was-file": "target", "was-link": b"now a file\n",
        "empty-new": b"", "no-end": b"a\n", "name with blanks": b"2\n", 'caf\u00e9\t"q"': b"2\n",
    }  # fmt: skip
    report = check_applies(tmp_path, before, after)
    told = {one.path: (one.what, one.added, one.removed, one.note) for one in report.files}
    assert told["changed.py"] == ("changed", 2, 1, "")
    assert told["new/file"] == ("added", 1, 0, "")
    assert told["gone"] == ("removed", 0, 1, "")
    assert told["moved/there"] == ("renamed", 0, 0, "")
    assert told["runs"] == ("changed", 0, 0, "rights")
    assert told["link"] == ("changed", 1, 1, "")
    assert "same" not in told
    assert next(one.old for one in report.files if one.what == "renamed") == "moved/here"
    assert (report.added, report.count) == (report.added, len(told))


@pytest.mark.parametrize("seed", range(12))
def test_patches_of_any_folders_apply(tmp_path, seed):
    rng = random.Random(seed)
    names = [
        f"{folder}{name}" for folder, name in itertools.product(["", "d/", "e f/"], ["a", "b.txt", "c\\d", "\u00fc"])
    ]

    def make():
        return b"".join(
            rng.choice([b"x\n", b"y\n", b"\n", b"\r\n", b"- z\n", b"tab\t"]) for _ in range(rng.randrange(30))
        )

    before = {name: (make(), rng.choice([0o644, 0o755])) for name in names if rng.random() < 0.7}
    after = {
        name: value if rng.random() < 0.4 else (make(), rng.choice([0o644, 0o755])) for name, value in before.items()
    }
    after = {name: value for name, value in after.items() if rng.random() < 0.8} | {f"new{seed}": make()}
    check_applies(tmp_path, before, after)


def test_what_is_not_for_a_chat_is_named_and_its_contents_are_not_told():
    before = {"data.bin": b"\0\1", "logo.PNG": b"\x89PNG", "big.txt": b"x" * (MOST_FILE_BYTES + 1), ".env": b"KEY=1\n"}
    after = {"data.bin": b"\0\2", "logo.PNG": b"\x89PNG.", "big.txt": b"y" * (MOST_FILE_BYTES + 1), ".env": b"KEY=2\n",
             "deploy/id_ed25519": b"-----BEGIN\n"}  # fmt: skip
    report = compare(before, after)
    notes = {one.path: (one.note, one.before, one.after) for one in report.files}
    assert notes == {
        "data.bin": ("binary", 2, 2), "logo.PNG": ("picture", 4, 5), ".env": ("secret", 6, 6),
        "big.txt": ("large", MOST_FILE_BYTES + 1, MOST_FILE_BYTES + 1), "deploy/id_ed25519": ("secret", 0, 11),
    }  # fmt: skip
    assert report.patch == b""


def test_names_of_keys_are_known_and_examples_of_them_are_not_keys():
    assert all(map(is_secret, (".env", "a/.env.local", "x/server.PEM", ".ssh/config", ".aws/credentials", "id_rsa")))
    assert not any(map(is_secret, (".env.example", "id_rsa.pub", "src/environment.py", "keys.py", "secret_santa.md")))


def test_gits_own_files_folders_and_the_home_are_passed_over():
    files = Files()
    after = files.entries({".git/config": b"x", "sub/.git/HEAD": b"y", "sub/.git": b"gitdir: z", "kept": b"k\n"})
    after |= {
        "home/.bashrc": Entry("f", "home/.bashrc", 0o644, 1, 0),
        "workspace/d": Entry("d", "workspace/d", 0o755, 1),
    }
    pairs, more = find_pairs({}, after)
    assert ([pair.path for pair in pairs], more) == (["kept"], 0)


def test_a_further_name_of_a_file_is_that_file():
    files = Files()
    before = files.entries({"first": b"1\n"}) | {
        "workspace/second": Entry("h", "workspace/second", target="workspace/first")
    }
    after = files.entries({"first": b"2\n"}) | {
        "workspace/second": Entry("h", "workspace/second", target="workspace/first")
    }
    pairs, _ = find_pairs(before, after)
    assert [pair.path for pair in pairs] == ["first", "second"]


def test_contents_of_a_file_with_another_name_are_neither_read_nor_needed():
    files, data = Files(), b"x" * CHUNK_BYTES + b"y"
    pairs, _ = find_pairs(files.entries({"a": data, "small": b"1\n"}), files.entries({"b": data, "other": b"1\n"}))
    assert find_wanted(pairs) == set()
    for pair in pairs:
        told, patch = describe(pair, Contents({}), Steps())
        assert (told.what, told.note) == ("renamed", "")
        assert patch.endswith(f"rename from {pair.old}\nrename to {pair.path}\n".encode())


def test_a_patch_gives_files_of_any_contents_their_other_names(tmp_path):
    large = b"".join(b"line %d\n" % number for number in range(200_000))
    before = {"a.bin": b"\0\1" * 100, "large": large, "a.png": b"\x89PNG", "run": b"#!/bin/sh\n"}
    after = {"b.bin": before["a.bin"], "d/large": large, "b.png": b"\x89PNG", "d/run": (b"#!/bin/sh\n", 0o755)}
    check_applies(tmp_path, before, after)


@pytest.mark.parametrize("size", [MOST_FILE_BYTES + 1, 1 << 40])
def test_a_hole_takes_no_memory(size):
    hole = Entry("f", "workspace/a", 0o644, 1, size, (-(-size // CHUNK_BYTES),))
    assert Contents({}).read(hole) is None
    pairs, _ = find_pairs({"workspace/a": hole}, {"workspace/b": hole._replace(path="workspace/b")})
    told, patch = describe(pairs[0], Contents({}), Steps())
    assert (told.what, told.note, told.after) == ("renamed", "", size)
    assert b"rename to b\n" in patch


def test_contents_that_are_not_found_are_told_as_unread():
    files = Files()
    pairs, _ = find_pairs(files.entries({"a": b"1\n"}), files.entries({"a": b"2\n"}))
    told, patch = describe(pairs[0], Contents({}), Steps())
    assert (told.note, patch) == ("unread", b"")


def test_a_file_of_very_many_changes_is_told_and_files_beyond_the_most_are_counted():
    files = Files()
    pairs, more = find_pairs({}, files.entries({f"f{n:05}": b"x\n" for n in range(2100)}))
    assert (len(pairs), more) == (2000, 100)


def test_names_are_quoted_as_git_does():
    assert quote("a/plain name") == b"a/plain name"
    assert quote('a/"q"\t\u00e9\udcff') == b'"a/\\"q\\"\\t\\303\\251\\377"'


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]\n", b'{"files":[{"path":"a","what":"eaten"}]}\n', b'{"files":[],"more":-1}\n', b'{"files":[]}\nrest',
        b'{"files":[{"path":"a","what":"added","start":0,"end":9}]}\nxx', b'{"files":[{"path":".env","what":"added"}]}\n',
        b'{"files":[{"path":"a","what":"added","start":1,"end":0}]}\nx', b"\xff\n", b"[" * 100_000 + b"\n",
    ],
)  # fmt: skip
def test_a_report_that_is_none_is_refused(data):
    with pytest.raises(NoDiff):
        read_report(data)
