"""Lists of kept files: read as they were written, and refused with words where they are anything else."""

from __future__ import annotations

import json
import random
import zlib

import pytest

from agent_contract.keptfiles import (
    CHUNK_BYTES,
    MAX_LIST_BYTES,
    BadListError,
    Bounds,
    Entry,
    check_whole,
    decode_entries,
    encode_entries,
    overlay,
)

DIGEST = "ab" * 20
ENTRIES = (
    Entry("d", "workspace/d", 0o755),
    Entry("f", "workspace/d/f", 0o644, 17, 3 * CHUNK_BYTES - 5, (DIGEST, 1, DIGEST)),
    Entry("f", "workspace/empty \udcff\n\u2028", 0o600, 1, 0, ()),
    Entry("h", "workspace/h", target="workspace/d/f"),
    Entry("l", "workspace/l", target="../../etc/passwd"),
    Entry("d", "home/.config", 0o700),
)


def pack(*rows):
    return zlib.compress(b"".join(json.dumps(row).encode() + b"\n" for row in rows))


def test_a_list_is_read_as_it_was_written():
    found, removed = decode_entries(encode_entries(ENTRIES, ["workspace/gone"]))
    assert tuple(found.values()) == ENTRIES
    assert removed == {"workspace/gone"}
    check_whole(found)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "workspace", "workspace/", "workspace/../x", "workspace/./x", "workspace//x", "other/x", "", "home/",
        "workspace/a\0b", "workspace/" + "d/" * 100 + "x", "workspace/" + "x" * 5000, "workspace/\ud800", 7, None, ["x"],
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(path):
    for row in (["d", path, 0o755, 0], ["l", path, "x"], ["-", path], ["h", "workspace/x", path]):
        with pytest.raises(BadListError):
            decode_entries(pack(row))


@pytest.mark.parametrize(
    "row",
    [
        [], ["f"], ["x", "workspace/x"], {"f": 1}, 7, None, ["f", "workspace/x", 0o644, 0, 1], [["f"], "workspace/x"],
        ["f", "workspace/x", 0o644, 0, 1, DIGEST, DIGEST], ["f", "workspace/x", 0o4755, 0, 0],
        ["f", "workspace/x", 0o644, -1, 0], ["f", "workspace/x", 0o644, 0, 1, "ab"], ["f", "workspace/x", 0o644, 0, 1, 0],
        ["f", "workspace/x", 0o644, 0, 1, True], ["f", "workspace/x", 0o644, 0, 1 << 60, 1 << 40],
        ["f", "workspace/x", 0o644, 0, 1e300], ["d", "workspace/x", True, 0], ["l", "workspace/x", ""],
        ["d", "workspace/x", 0o755, 0, 0],
    ],
)  # fmt: skip
def test_a_line_that_is_none_is_refused(row):
    with pytest.raises(BadListError):
        decode_entries(pack(row))


def test_what_is_too_much_is_refused():
    rows = [["d", f"workspace/{n}", 0o755, 0] for n in range(11)]
    with pytest.raises(BadListError, match="more than 10 files"):
        decode_entries(pack(*rows), Bounds(files=10))
    large = Entry("f", "workspace/x", 0o644, 0, 2 * CHUNK_BYTES, (DIGEST, DIGEST))
    with pytest.raises(BadListError, match="more than 1 MiB"):
        decode_entries(encode_entries([large]), Bounds(bytes=CHUNK_BYTES))
    sparse = Entry("f", "workspace/x", 0o644, 0, 1 << 50, (1 << 30,))
    assert decode_entries(encode_entries([sparse]), Bounds(bytes=CHUNK_BYTES))[0] == {"workspace/x": sparse}
    with pytest.raises(BadListError, match="given twice"):
        decode_entries(pack(rows[0], rows[0]))


def test_a_bomb_is_never_whole_in_memory():
    for line in (b"\n" * 1000, b"[" * 1000):
        packer = zlib.compressobj()
        data = b"".join(packer.compress(line * 1000) for _ in range(MAX_LIST_BYTES // 10**6 + 5)) + packer.flush()
        with pytest.raises(BadListError):
            decode_entries(data)
    with pytest.raises(BadListError):
        decode_entries(pack("[" * 10))
    with pytest.raises(BadListError):
        decode_entries(zlib.compress(b"[" * 100_000 + b"\n"))


def test_a_list_that_is_cut_or_goes_on_is_refused():
    data = encode_entries(ENTRIES)
    for broken in (data[:-5], data + b"x", b"", b"x" + data):
        with pytest.raises(BadListError):
            decode_entries(broken)


@pytest.mark.parametrize(
    "entries",
    [
        (Entry("f", "workspace/a/b", 0o644),),
        (Entry("f", "workspace/a", 0o644), Entry("f", "workspace/a/b", 0o644)),
        (Entry("l", "workspace/a", target="/"), Entry("f", "workspace/a/b", 0o644)),
        (Entry("h", "workspace/a", target="workspace/b"),),
        (Entry("d", "workspace/b", 0o755), Entry("h", "workspace/a", target="workspace/b")),
    ],
)
def test_what_cannot_stand_as_it_says_is_refused(entries):
    with pytest.raises(BadListError):
        check_whole({entry.path: entry for entry in entries})


def test_whatever_comes_is_read_or_refused():
    """A list with random bytes, values and lines changed is one, or is none: nothing else comes of it."""
    source = random.Random(20)  # the same each time
    plain = zlib.decompress(encode_entries(ENTRIES, ["workspace/gone"]))
    odd = [b"\0", b'"', b"[", b"]", b"-1", b"1e9", b"null", b"../", b"\\ud800", b"true", b"\n", b"99999999999999999999"]
    for _ in range(3000):
        data = bytearray(plain)
        for _ in range(source.randint(1, 4)):
            at = source.randrange(len(data))
            data[at : at + source.randint(0, 6)] = source.choice(odd)
        try:
            found, removed = decode_entries(zlib.compress(bytes(data)))
            check_whole(overlay(found, {}, removed))
        except BadListError:
            continue
        for path in found:
            assert path.split("/")[0] in ("workspace", "home")
            assert ".." not in path.split("/")


def test_what_differs_from_a_whole_list_is_laid_over_it():
    whole = {entry.path: entry for entry in ENTRIES}
    new = Entry("d", "workspace/new", 0o755)
    after = overlay(whole, {new.path: new}, ["workspace/l"])
    assert set(after) == (set(whole) | {"workspace/new"}) - {"workspace/l"}
