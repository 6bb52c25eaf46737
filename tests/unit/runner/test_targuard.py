"""What a hostile archive may not bring into a workspace, by the real zstd and tar behind the guard."""

from __future__ import annotations

import io
import os
import random
import subprocess
import tarfile

import pytest

from agent_runner.targuard import BLOCK, Bounds, TarGuard, UnfitError
from agent_runner.workspace import UnfitWorkspaceError, empty, is_empty, unpack
from tests.support.packing import pack


def member(name, kind=tarfile.REGTYPE, data=b"", mode=0o644, **more):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size = kind, mode, len(data)
    for key, value in more.items():
        setattr(info, key, value)
    return info, data


def plain(*members, form=tarfile.GNU_FORMAT):
    found = io.BytesIO()
    with tarfile.open(fileobj=found, mode="w", format=form) as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return found.getvalue()


async def unpacked(folder, data, programs, **bounds):
    packed = subprocess.run(["zstd", "-c"], input=data, capture_output=True, check=True).stdout  # noqa: ASYNC221

    async def stream():
        for start in range(0, len(packed), 1000):
            yield packed[start : start + 1000]

    await unpack(str(folder), stream(), programs, Bounds(**bounds))


async def test_pipes_and_devices_are_left_out_and_rights_are_bounded(tmp_path, programs):
    odd = [member(kind, getattr(tarfile, kind), linkname="") for kind in ("FIFOTYPE", "CHRTYPE", "BLKTYPE")]
    long = member("d" * 150, tarfile.FIFOTYPE)
    data = plain(*odd, long, member("tool", data=b"x", mode=0o6755), member("kept" * 40, data=b"y", mode=0o644))
    await unpacked(tmp_path, data, programs)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["kept" * 40, "tool"]
    assert (tmp_path / "tool").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / ("kept" * 40)).read_text() == "y"


@pytest.mark.parametrize(
    ("bounds", "members", "words"),
    [
        ({"files": 10}, [member(f"f{n}") for n in range(11)], "more than 10 files"),
        ({"bytes": 1 << 20}, [member(f"f{n}", data=b"x" * 600_000) for n in range(2)], "more than 1 MiB"),
        ({"depth": 5}, [member("/".join("abcdef"), tarfile.DIRTYPE)], "more than 5 folders"),
        ({"depth": 50}, [member("x/" * 60 + "f", data=b"1")], "more than 50 folders"),
    ],
    ids=["files", "bytes", "depth", "depth by a long name"],
)
async def test_each_bound_is_kept_and_named(tmp_path, programs, bounds, members, words):
    with pytest.raises(UnfitWorkspaceError, match=words):
        await unpacked(tmp_path, plain(*members), programs, **bounds)
    assert is_empty(str(tmp_path))


def forge(block, **fields):
    """Return a header with other bytes at some places, and a checksum that fits."""
    for at, value in fields.items():
        begin = int(at[1:])
        block = block[:begin] + value + block[begin + len(value) :]
    total = sum(block[:148]) + 256 + sum(block[156:])
    return block[:148] + b"%06o\0 " % total + block[156:]


HIDDEN = plain(member("hidden", tarfile.FIFOTYPE))[:BLOCK]
FILE = plain(member("f", data=b"x" * BLOCK))


@pytest.mark.parametrize(
    "data",
    [
        FILE[:148] + b"000000\0 " + FILE[156:],  # tar passes over such a header, and takes its contents for the next
        forge(plain(member("l", tarfile.SYMTYPE, linkname="t"))[:BLOCK], a124=b"00000001000\0") + HIDDEN,
        forge(FILE[:BLOCK], a124=b"-00000001000") + HIDDEN,
        forge(FILE[:BLOCK], a156=b"M") + HIDDEN,
        forge(FILE[:BLOCK], a156=b"x") + HIDDEN,
        forge(FILE[:BLOCK], a156=b"S", a386=b"00000000000\0" + b"00000004000\0", a410=bytes(24)) + HIDDEN * 4,
        FILE[: BLOCK + 100],
    ],
    ids=["checksum", "a link with contents", "a number of old", "a part of a volume", "pax", "holes that lie", "cut"],
)
async def test_what_tar_could_read_in_another_way_is_refused(tmp_path, programs, data):
    with pytest.raises(UnfitWorkspaceError):
        await unpacked(tmp_path, data, programs)
    assert is_empty(str(tmp_path))


async def test_files_with_many_holes_come_through(tmp_path, programs):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    with (source / "holes").open("wb") as file:
        for part in range(200):
            file.seek(part << 20)
            file.write(b"part %d" % part)

    async def stream():
        yield pack(source)

    await unpack(str(target), stream(), programs)
    assert (target / "holes").read_bytes() == (source / "holes").read_bytes()
    assert (target / "holes").stat().st_blocks * 512 < 8 << 20


def test_pieces_of_any_size_give_the_same():
    data = plain(member("a" * 300, data=b"1" * 700), member("p", tarfile.FIFOTYPE), member("b", data=b"2" * 512))
    whole = TarGuard(Bounds()).feed(data)
    chance = random.Random(7)
    guard, parts, at = TarGuard(Bounds()), [], 0
    while at < len(data):
        size = chance.randint(1, 900)
        parts.append(guard.feed(data[at : at + size]))
        at += size
    guard.finish()
    assert b"".join(parts) == whole
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        assert [info.name for info in tar] == ["a" * 300, "b"]


def test_noise_is_refused_in_words():
    chance = random.Random(3)
    for _ in range(200):
        with pytest.raises(UnfitError):
            TarGuard(Bounds()).feed(chance.randbytes(4096))


def test_fifteen_hundred_folders_within_each_other_are_removed(tmp_path):
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("a-name-of-some-length", dir_fd=here)
        below = os.open("a-name-of-some-length", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    empty(str(tmp_path))
    assert is_empty(str(tmp_path))
