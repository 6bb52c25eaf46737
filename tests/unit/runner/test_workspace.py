"""Workspaces as earlier releases packed them, unpacked with the real tar."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import tarfile

import pytest

from agent_runner.workspace import WorkspaceError, empty, is_empty, unpack
from tests.support.packing import pack


@pytest.fixture
def folders(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    return source, target


def compare(source, target):
    """Return what differs between two folders, in diff's words."""
    done = subprocess.run(["diff", "-r", "--no-dereference", source, target], capture_output=True, check=False)
    return done.stdout + done.stderr


async def stream(data):
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]


async def test_everything_a_workspace_may_hold_survives(folders, programs):
    source, target = folders
    (source / "empty").touch()
    (source / "run.sh").write_text("#!/bin/sh\n")
    (source / "run.sh").chmod(0o755)
    (source / "secret").write_text("x")
    (source / "secret").chmod(0o400)
    (source / "new\nline and ünïcode").write_text("odd")
    os.mkdir(os.fsencode(source) + b"/not \xff utf-8")  # noqa: PTH102  # no Path has such a name
    (source / "deep" / "er").mkdir(parents=True)
    (source / "deep" / "er" / "file").write_text("deep")
    (source / "locked").mkdir()
    (source / "locked" / "in").write_text("in")
    (source / "locked").chmod(0o500)
    (source / "link").symlink_to("deep/er/file")
    (source / "dangling").symlink_to("/no/such/place")
    os.link(source / "run.sh", source / "hard")
    (source / "-rf").write_text("looks like an option")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(source / "socket"))
        data = pack(source)
    await unpack(str(target), stream(data), programs)
    assert not (target / "socket").exists()
    (source / "socket").unlink()
    assert compare(source, target) == b""
    for name in ("run.sh", "secret", "locked"):
        assert (target / name).stat().st_mode == (source / name).stat().st_mode
    assert os.readlink(target / "dangling") == "/no/such/place"  # noqa: PTH115
    assert (target / "hard").stat().st_ino == (target / "run.sh").stat().st_ino


async def test_the_folder_itself_is_left_as_it_is(folders, programs):
    source, target = folders
    (source / "file").touch()
    source.chmod(0o700)
    target.chmod(0o777)
    os.utime(target, (1, 1))
    data = pack(source)
    listed = subprocess.run(["tar", "--list", "--zstd"], input=data, capture_output=True, check=True).stdout  # noqa: ASYNC221
    assert listed == b"./file\n"
    await unpack(str(target), stream(data), programs)
    assert target.stat().st_mode & 0o777 == 0o777


async def test_an_empty_folder_is_an_archive_too(folders, programs):
    source, target = folders
    await unpack(str(target), stream(pack(source)), programs)
    assert is_empty(str(target))


async def test_holes_are_neither_packed_nor_written(folders, programs):
    source, target = folders
    with (source / "disk.img").open("wb") as file:
        file.truncate(1 << 40)
        file.seek(1 << 39)
        file.write(b"in the middle")
    data = pack(source)
    await unpack(str(target), stream(data), programs)
    found = (target / "disk.img").stat()
    assert found.st_size == 1 << 40
    assert found.st_blocks * 512 < 1 << 20
    with (target / "disk.img").open("rb") as file:
        file.seek(1 << 39)
        assert file.read(13) == b"in the middle"


async def test_what_is_the_volumes_own_stays_out(folders, programs):
    source, target = folders
    (source / "lost+found").mkdir()
    assert is_empty(str(source))
    (source / "deep" / "lost+found").mkdir(parents=True)
    data = pack(source)
    await unpack(str(target), stream(data), programs)
    assert {str(found.relative_to(target)) for found in target.rglob("*")} == {"deep", "deep/lost+found"}
    empty(str(source))
    assert [found.name for found in source.iterdir()] == ["lost+found"]


def archive(*members):
    """Return an archive of (name, link target or None for a file)."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, target in members:
            info = tarfile.TarInfo(name)
            if target is not None:
                info.type, info.linkname = tarfile.SYMTYPE, target
                tar.addfile(info)
            else:
                info.size = 4
                tar.addfile(info, io.BytesIO(b"evil"))
    return subprocess.run(["zstd", "-c"], input=plain.getvalue(), capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    "members",
    [
        [("../outside", None)],
        [("a/../../outside", None)],
        [("way", ".."), ("way/outside", None)],
        [("way", "{outside}"), ("way/outside", None)],
    ],
    ids=["dots", "dots inside", "link up", "link away"],
)
async def test_nothing_leaves_the_folder(folders, programs, tmp_path, members):
    _, target = folders
    away = tmp_path / "away"
    away.mkdir()
    members = [(name, to and to.format(outside=away)) for name, to in members]
    with pytest.raises(WorkspaceError):
        await unpack(str(target), stream(archive(*members)), programs)
    assert not (tmp_path / "outside").exists()
    assert list(away.iterdir()) == []
    assert is_empty(str(target))


@pytest.mark.parametrize(
    ("link", "target"), [(None, "{secret}"), ("..", "way/secret"), ("{away}", "way/secret")], ids=["name", "up", "away"]
)
async def test_a_hard_link_leads_to_nothing_outside(folders, programs, tmp_path, link, target):
    _, folder = folders
    secret = tmp_path / "secret"
    secret.write_text("not for everyone")
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, kind, to in (("way", tarfile.SYMTYPE, link), ("found", tarfile.LNKTYPE, target)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, (to or ".").format(secret=secret, away=tmp_path)
            tar.addfile(info)
    packed = subprocess.run(["zstd", "-c"], input=plain.getvalue(), capture_output=True, check=True).stdout  # noqa: ASYNC221
    with pytest.raises(WorkspaceError):
        await unpack(str(folder), stream(packed), programs)
    assert secret.stat().st_nlink == 1
    assert is_empty(str(folder))


async def test_an_absolute_name_stays_inside(folders, programs, tmp_path):
    _, target = folders
    outside = tmp_path / "outside"
    await unpack(str(target), stream(archive((str(outside), None))), programs)
    assert not outside.exists()


async def test_half_an_archive_leaves_nothing(folders, programs):
    source, target = folders
    (source / "a").write_text("first")
    (source / "noise").write_bytes(os.urandom(200_000))
    data = pack(source)
    with pytest.raises(WorkspaceError):
        await unpack(str(target), stream(data[: len(data) // 2]), programs)
    assert is_empty(str(target))


async def test_a_stream_that_breaks_leaves_nothing(folders, programs):
    source, target = folders
    (source / "a").write_text("first")
    data = pack(source)

    async def broken():
        yield data[:100]
        raise ConnectionResetError

    with pytest.raises((ConnectionResetError, WorkspaceError)):
        await unpack(str(target), broken(), programs)
    assert is_empty(str(target))


def test_emptying_takes_away_what_a_link_is_and_not_what_it_leads_to(tmp_path):
    folder, kept = tmp_path / "folder", tmp_path / "kept"
    (folder / "deep").mkdir(parents=True)
    kept.mkdir()
    (kept / "file").touch()
    (folder / "link").symlink_to(kept)
    empty(str(folder))
    assert is_empty(str(folder))
    assert (kept / "file").exists()


def test_emptying_takes_away_folders_that_are_locked(tmp_path):
    folder = tmp_path / "folder"
    locked = folder / "a" / "locked"
    locked.mkdir(parents=True)
    (locked / "file").touch()
    locked.chmod(0o500)
    locked.parent.chmod(0)
    words = "import sys; from agent_runner.workspace import empty; empty(sys.argv[1])"
    command = [sys.executable, "-c", words, str(folder)]
    if os.getuid() == 0:  # with its rights nothing is locked
        command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]
    subprocess.run(command, check=True)
    assert is_empty(str(folder))
