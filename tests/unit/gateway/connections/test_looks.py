"""What is read of a push's pack: objects, trees, lines, and what is made to take too much."""

from __future__ import annotations

import hashlib
import random
import subprocess
import zlib

import pytest

from agent_gateway.connections.lines import count_lines
from agent_gateway.connections.looks import Sources, Wanting, look_at_files, look_at_workflows
from agent_gateway.connections.objects import Objects, Unreadable, read_objects
from agent_gateway.connections.packheaders import (
    BLOB,
    COMMIT,
    OFS_DELTA,
    REF_DELTA,
    TREE,
    Header,
    NoHeader,
    read_header,
)
from agent_gateway.connections.packs import PackHead
from agent_gateway.connections.trees import Entry, Reading, find_changed, leads, read_tree


def name(kind, data):
    word = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob"}[kind]
    return hashlib.sha1(b"%s %d\0" % (word, len(data)) + data).hexdigest()


def head(kind, size):
    out = bytearray([(kind << 4) | (size & 15)])
    size >>= 4
    while size:
        out[-1] |= 0x80
        out.append(size & 0x7F)
        size >>= 7
    return bytes(out)


def pack(*objects):
    """Return a pack of kinds, bytes, and for a delta the name of its base."""
    body = b"PACK" + (2).to_bytes(4, "big") + len(objects).to_bytes(4, "big")
    for kind, data, *base in objects:
        body += head(kind, len(data)) + b"".join(map(bytes.fromhex, base)) + zlib.compress(data)
    return body + hashlib.sha1(body).digest()


def tree(**files):
    """Return a tree's bytes; what is a string names a folder."""
    lines = [
        (b"40000 " if isinstance(one, str) else b"100644 ") + key.encode() + b"\0"
        + bytes.fromhex(one if isinstance(one, str) else name(BLOB, one))
        for key, one in files.items()
    ]  # fmt: skip
    return b"".join(lines)


def commit(root):
    return b"tree " + root.encode() + b"\nauthor A <a> 0 +0000\n\nwords\n"


def test_every_object_of_a_real_pack_is_found_under_its_name(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    noise = random.Random(1)
    for number in range(4):
        (tmp_path / "a.txt").write_text("".join(f"{noise.random()}\n" for _ in range(300)) if not number else
                                        (tmp_path / "a.txt").read_text() + f"{number}\n")  # fmt: skip
        subprocess.run(["git", "-C", str(tmp_path), "add", "."], check=True)
        words = ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", f"{number}"]
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    made = subprocess.run(["git", "-C", str(tmp_path), "pack-objects", "--all", "--stdout", "-q", "--delta-base-offset"],
                          check=True, capture_output=True, input=b"").stdout  # fmt: skip
    listed = subprocess.run(["git", "-C", str(tmp_path), "rev-list", "--all", "--objects"], check=True,
                            capture_output=True, text=True).stdout  # fmt: skip
    found = read_objects([made], "sha1")
    assert all(found.get(line.split()[0]) for line in listed.splitlines())
    cut = read_objects([made[: len(made) // 2]], "sha1")
    assert any(cut.get(line.split()[0]) for line in listed.splitlines()), "of the front what is there is found"


def test_a_delta_waits_for_its_base_and_names_it():
    base, grown = b"a" * 40, b"a" * 40 + b"b"
    delta = bytes([40, 41, 0x90, 40, 1]) + b"b"
    thin = pack((REF_DELTA, delta, name(BLOB, base)))
    found = read_objects([thin], "sha1")
    assert found.list_bases() == [name(BLOB, base)]
    found = read_objects([thin, pack((BLOB, base))], "sha1")
    assert found.get(name(BLOB, grown)).data == grown
    assert not found.list_bases()


@pytest.mark.parametrize(
    "made",
    [
        b"KCAP" + b"\0" * 30,
        pack((BLOB, b"x"))[:13] + b"\xff" * 40,
        b"PACK" + (2).to_bytes(4, "big") + (1).to_bytes(4, "big") + head(BLOB, 5) + zlib.compress(b"longer than five"),
        b"PACK" + (2).to_bytes(4, "big") + (1).to_bytes(4, "big") + bytes([0x50]) + b"\0" * 30,
        pack((BLOB, b"x"), (REF_DELTA, bytes([1, 9, 0x90, 9]), name(BLOB, b"x"))),
    ],
)
def test_what_is_no_pack_is_told(made):
    with pytest.raises(Unreadable):
        read_objects([made], "sha1")


def test_a_bomb_takes_no_more_than_it_may():
    bomb = pack((BLOB, b"\0" * (9 << 20)), (BLOB, b"small"))
    found = read_objects([bomb], "sha1")
    assert found.get(name(BLOB, b"small")), "what is behind it is read"
    assert found.get(name(BLOB, b"\0" * (9 << 20))) is None
    trees = [(TREE, bytes([number]) * (8 << 20)) for number in range(9)]
    with pytest.raises(Unreadable, match="too much"):
        read_objects([pack(*trees)], "sha1")


def test_what_follows_a_large_object_is_found_by_its_commits_too():
    made = commit("1" * 40)
    found = PackHead()
    found.feed(pack((BLOB, b"a" * 300_000), (COMMIT, made)))
    assert list(found.commits) == [name(COMMIT, made)]


@pytest.mark.parametrize(
    "data",
    [
        b"100644 a\0" + b"1" * 19, b"100644 a", b"9 a\0" + b"1" * 20, b"100644 a/b\0" + b"1" * 20, b"100644 \0" + b"1" * 20,
        (b"100644 a\0" + b"1" * 20) * 2,
    ],
)  # fmt: skip
def test_a_tree_that_two_could_read_in_two_ways_is_none(data):
    with pytest.raises(Unreadable):
        read_tree(data, 20)


def build(*objects):
    found = Objects("sha1")
    found.read(pack(*objects))
    found.settle()
    return Reading(found.get, 20)


def test_a_workflow_file_counts_where_none_of_the_trusted_trees_holds_it():
    one, two = tree(x=b"1"), tree(x=b"2")
    roots = [tree(ci=name(TREE, one)), tree(ci=name(TREE, two)), tree()]
    reading = build(*((TREE, data) for data in (one, two, *roots)))
    first, second, none = (Entry(0o40000, name(TREE, root)) for root in roots)
    assert find_changed(reading, first, [second], ["ci/**"]) == ("ci/x",)
    assert find_changed(reading, first, [second, first], ["ci/**"]) == ()
    assert find_changed(reading, first, [], ["ci/**"]) == ("ci/x",)
    assert find_changed(reading, none, [first], ["CI/**"]) == ("ci/x",), "taken away, and in other letters"
    assert find_changed(reading, none, [first, none], ["ci/**"]) == ()
    assert find_changed(reading, first, [second], ["other/**", "c*"]) == ()


@pytest.mark.parametrize(
    ("pattern", "path", "may"),
    [
        (".github/workflows/**", ".github", True), (".github/workflows/**", ".github/workflows/deep", True),
        (".github/workflows/**", "src", False), ("Jenkinsfile", "Jenkinsfile", False), ("**/x", "any/where", True),
        ("a/*/c", "a/b", True), ("a/*/c", "a/b/c", False),
    ],
)  # fmt: skip
def test_a_folder_is_entered_where_a_pattern_leads(pattern, path, may):
    assert leads(pattern, path) is may


def test_what_is_wanting_is_named():
    root = tree(src=name(TREE, tree(a=b"1")))
    made = commit(name(TREE, root))
    sources = Sources("sha1", (), "")
    assert look_at_workflows(sources, name(COMMIT, made), ["1" * 40], ["x"]) == Wanting(
        old=("1" * 40,), new=(name(COMMIT, made),)
    )
    sources = Sources("sha1", (pack((COMMIT, made), (TREE, root)),), "")
    assert look_at_files(sources, name(COMMIT, made), None, whole=True) == Wanting(new=(name(TREE, tree(a=b"1")),))


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (b"", b"a\nb\n", (2, 0)), (b"a\nb\n", b"", (0, 2)), (b"a\nb\nc\n", b"a\nx\nc\n", (1, 1)), (b"a\n", b"a", (1, 1)),
        (b"a\nb\nc\nd\n", b"d\na\nb\nc\n", (1, 1)), (b"\0", b"a", None), (b"same\n", b"same\n", (0, 0)),
    ],
)  # fmt: skip
def test_lines_are_counted_as_git_counts_them(old, new, lines):
    assert count_lines(old, new) == lines


def test_texts_of_which_nothing_is_alike_take_no_time():
    old, new = (b"".join(b"%s%d\n" % (sign, number) for number in range(50_000)) for sign in (b"a", b"b"))
    assert count_lines(old, new) == (50_000, 50_000)


@pytest.mark.parametrize("first", [0xFF, 0x80 | OFS_DELTA << 4])
def test_a_header_without_end_is_none_after_a_few_bytes(first):
    endless = bytes([first]) + b"\xff" * (1 << 16)
    with pytest.raises(NoHeader):
        read_header(endless, 0, 12, 20)
    head = PackHead()
    head.feed(b"PACK" + (2).to_bytes(4, "big") + (1).to_bytes(4, "big") + endless[:32])
    assert head.ended
    with pytest.raises(Unreadable, match="no end"):
        read_objects([b"PACK" + (2).to_bytes(4, "big") + (1).to_bytes(4, "big") + endless], "sha1")


def test_a_header_that_goes_on_is_waited_for():
    whole = bytes([0x80 | OFS_DELTA << 4 | 5, 0x01, 0x80, 0x02])
    for end in range(len(whole)):
        with pytest.raises(IndexError):
            read_header(whole[:end], 0, 1000, 20)
    assert read_header(whole, 0, 1000, 20) == Header(OFS_DELTA, 21, 1000 - 130, 4)
    named = bytes([REF_DELTA << 4 | 5]) + b"\xab" * 20
    with pytest.raises(IndexError):
        read_header(named[:-1], 0, 1000, 20)
    assert read_header(named, 0, 1000, 20) == Header(REF_DELTA, 5, "ab" * 20, 21)
