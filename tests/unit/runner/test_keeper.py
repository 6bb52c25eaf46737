"""Workspaces kept in increments and written anew, with the real zstd."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import subprocess

import pytest

from agent_contract.keptfiles import CHUNK_BYTES, Bounds, Entry, encode_entries
from agent_contract.packs import compute_digest
from agent_runner.keeper.lists import Ended
from agent_runner.keeper.packs import Packer
from agent_runner.keeper.restore import BrokenError, UnfitError
from tests.support.keeping import Kept, Place


@pytest.fixture
def kept():
    return Kept()


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "one")


@pytest.fixture
def other(tmp_path):
    return Place(tmp_path / "two")


def compare(source, target):
    """Return what differs between two folders, in diff's words."""
    done = subprocess.run(["diff", "-r", "--no-dereference", source, target], capture_output=True, check=False)
    return done.stdout + done.stderr


def test_everything_a_workspace_may_hold_survives(place, other, kept):
    source, target = place.workspace, other.workspace
    (source / "empty").touch()
    (source / "hollow").mkdir()
    (source / "run.sh").write_text("#!/bin/sh\n")
    (source / "run.sh").chmod(0o755)
    (source / "secret").write_text("x")
    (source / "secret").chmod(0o400)
    (source / "new\nline and ünïcode").write_text("odd")
    (source / "-rf").write_text("looks like an option")
    os.mkdir(os.fsencode(source) + b"/not \xff utf-8")  # noqa: PTH102  # no Path has such a name
    (source / "locked").mkdir()
    (source / "locked" / "in").write_text("in")
    (source / "locked").chmod(0o500)
    (source / "link").symlink_to("deep/er/file")
    (source / "dangling").symlink_to("/no/such/folder")
    os.link(source / "run.sh", source / "hard")
    (source / "large").write_bytes(os.urandom(3 * CHUNK_BYTES + 17))
    os.utime(source / "large", (1, 1.5))
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(source / "socket"))
        place.keep(kept)
    (source / "socket").unlink()
    other.restore(kept.frames())
    assert compare(source, target) == b""
    for name in ("run.sh", "secret", "locked"):
        assert (target / name).stat().st_mode == (source / name).stat().st_mode
    assert (target / "hard").stat().st_ino == (target / "run.sh").stat().st_ino
    assert (target / "large").stat().st_mtime == 1.5


def test_only_what_changed_goes_out(place, kept):
    for number in range(50):
        (place.workspace / f"{number}").write_bytes(os.urandom(20_000))
    place.keep(kept)
    first = kept.sent
    place.keep(kept)
    assert (kept.sent, kept.same, len(kept.states)) == (first, 1, 1)
    (place.workspace / "7").write_text("changed")
    (place.workspace / "8").rename(place.workspace / "moved")
    (place.workspace / "copy").write_bytes((place.workspace / "9").read_bytes())
    (place.workspace / "10").unlink()
    place.keep(kept)
    assert kept.sent - first < 1000
    assert len(kept.states) == 2
    names = {path.partition("/")[2] for path in kept.entries()}
    assert {"7", "moved", "copy"} <= names
    assert not {"8", "10"} & names


def test_a_part_of_a_large_file_goes_out_alone(place, other, kept):
    (place.workspace / "base").write_bytes(os.urandom(8 * CHUNK_BYTES))
    place.keep(kept)
    first = kept.sent
    with (place.workspace / "base").open("r+b") as file:
        file.seek(5 * CHUNK_BYTES)
        file.write(b"changed")
    place.keep(kept)
    assert kept.sent - first < 2 * CHUNK_BYTES
    other.restore(kept.frames())
    assert compare(place.workspace, other.workspace) == b""


def test_what_was_taken_is_not_packed_again_after_an_end_in_the_middle(place, other, kept):
    for number in range(30):
        (place.workspace / f"{number}").write_bytes(os.urandom(CHUNK_BYTES))
    kept.left = 2
    with pytest.raises(Ended):
        place.keep(kept)
    sent, kept.left = kept.sent, None
    assert sent > 8 << 20
    place.keep(kept)
    assert kept.sent < 31 << 20
    other.restore(kept.frames())
    assert compare(place.workspace, other.workspace) == b""


def test_packs_that_are_no_longer_stored_are_packed_anew(place, other, kept):
    (place.workspace / "one").write_text("one")
    place.keep(kept)
    kept.packs.clear()
    (place.workspace / "two").write_text("two")
    place.keep(kept)
    other.restore(kept.frames())
    assert compare(place.workspace, other.workspace) == b""


def test_a_run_goes_on_from_what_it_began_with(place, other, kept):
    for number in range(20):
        (place.workspace / f"{number}").write_bytes(os.urandom(50_000))
    place.keep(kept)
    sent = kept.sent
    other.restore(kept.frames())
    other.keep(kept)
    assert (kept.sent, kept.same) == (sent, 1)
    (other.workspace / "0").write_text("changed")
    other.keep(kept)
    assert kept.sent - sent < 1000


def test_holes_are_neither_kept_nor_written(place, other, kept):
    with (place.workspace / "disk.img").open("wb") as file:
        file.truncate(1 << 40)
        file.seek(1 << 39)
        file.write(b"in the middle")
    place.keep(kept)
    assert kept.sent < 10_000
    other.restore(kept.frames())
    found = (other.workspace / "disk.img").stat()
    assert found.st_size == 1 << 40
    assert found.st_blocks * 512 < 1 << 20
    with (other.workspace / "disk.img").open("rb") as file:
        file.seek(1 << 39)
        assert file.read(13) == b"in the middle"


def test_what_tools_make_anew_is_left_out(place, kept):
    for name in ("node_modules", "a/.venv", "a/b/target", "keep", "tagged", "data/raw", "x.o"):
        (place.workspace / name).mkdir(parents=True)
        (place.workspace / name / "file").write_text("x")
    (place.workspace / "tagged" / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    place.keep(kept)
    names = {path.partition("/")[2] for path in kept.entries()}
    assert names == {"a", "a/b", "keep", "keep/file", "data", "data/raw", "data/raw/file", "x.o", "x.o/file"}
    assert sorted(kept.about["excluded"]) == ["a/.venv", "a/b/target", "node_modules", "tagged"]
    place.keep(kept, exclude=("*.o", "data/raw", "keep"))
    names = {path.partition("/")[2] for path in kept.entries()}
    assert "node_modules/file" in names
    assert not {"x.o", "data/raw", "keep"} & names


def test_settings_of_the_home_folder_are_kept_and_nothing_else_of_it(place, other, kept):
    (place.home / ".gitconfig").write_text("[user]\n")
    (place.home / ".config" / "git").mkdir(parents=True)
    (place.home / ".config" / "git" / "ignore").write_text("*.o\n")
    (place.home / ".bashrc").symlink_to("/etc/passwd")
    (place.home / ".profile").write_bytes(bytes(100_000))
    (place.home / ".netrc").write_text("a password")
    place.keep(kept)
    (other.home / ".gitconfig").write_text("of the image")
    other.restore(kept.frames())
    assert (other.home / ".gitconfig").read_text() == "[user]\n"
    assert (other.home / ".config" / "git" / "ignore").read_text() == "*.o\n"
    assert sorted(path.name for path in other.home.iterdir()) == [".config", ".gitconfig"]


def test_the_smallest_files_are_kept_where_there_is_no_room_for_all(place, other, kept):
    (place.workspace / "code.py").write_text("print()")
    (place.workspace / "large").write_bytes(os.urandom(3 << 20))
    place.keep(kept, limit=2 << 20)
    assert (kept.about["over"], kept.about["overCount"]) == (["large"], 1)
    sent = kept.sent
    place.keep(kept, limit=2 << 20)
    assert (kept.sent, kept.same) == (sent, 1)  # nor is it packed again and again
    assert other.restore(kept.frames()) == {"over": ["large"], "overCount": 1}
    assert [path.name for path in other.workspace.iterdir()] == ["code.py"]
    place.keep(kept, limit=8 << 20)
    assert kept.about["over"] == []


def test_many_small_packs_become_one_and_what_is_dead_goes(place, other, kept):
    (place.workspace / "log").touch()
    for number in range(40):
        (place.workspace / f"{number}").write_text(f"{number}")
        (place.workspace / "log").write_bytes(os.urandom(10_000))
        place.keep(kept)
    heads = [len(body.partition(b"\n")[0]) for body in kept.states]
    assert max(heads) < 34 * 70 + 200
    other.restore(kept.frames())
    assert compare(place.workspace, other.workspace) == b""


def test_a_long_list_is_stored_once(place, other, kept):
    for number in range(40):
        folder = place.workspace / f"{number:0100}"
        folder.mkdir()
        for below in range(100):
            (folder / f"{below}").write_text(f"{number * below * 7919}")
    place.keep(kept)
    first = kept.sent
    (place.workspace / "new").write_text("new")
    (folder / "7").unlink()
    place.keep(kept)
    assert kept.sent - first < 1000
    assert len(kept.states[-1]) < 1000
    other.restore(kept.frames())
    assert compare(place.workspace, other.workspace) == b""


def test_no_link_is_followed_out_of_the_workspace(place, kept, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    (place.workspace / "way").symlink_to(tmp_path / "outside")
    place.keep(kept)
    assert set(kept.entries()) == {"workspace/way"}


def test_what_could_not_be_written_again_is_left_out_and_counted(place, other, kept):
    here = os.open(place.workspace, os.O_RDONLY)
    for _ in range(200):
        os.mkdir("deep", dir_fd=here)
        below = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    place.keep(kept)
    assert (len(kept.entries()), kept.about["unread"]) == (100, 1)
    other.restore(kept.frames())
    place.keep(kept, most=3)
    assert (len(kept.entries()), kept.about["unread"]) == (3, 1)


def test_a_copy_is_a_state_though_nothing_changed(place, kept):
    (place.workspace / "one").write_text("one")
    place.keep(kept)
    place.keep(kept, copy=True)
    assert (len(kept.states), kept.same) == (2, 0)
    place.keep(kept)
    assert kept.same == 1


# --- what somebody else may have stored -----------------------------------------------------------------------


def build(entries, packs=(), **head):
    """Return the frames of a state that says anything."""
    said = {"whole": None, "packs": [], "files": 0, "size": 0, "over": [], "overCount": 0} | head
    body = json.dumps(said).encode() + b"\n" + encode_entries(entries)
    frames = [({"type": "pack", "id": hashlib.sha256(pack).hexdigest()}, pack) for pack in packs]
    return [({"type": "state"}, body), *frames, ({"type": "end"}, b"")]


def make_pack(*contents):
    packer = Packer()
    for data in contents:
        packer.add(compute_digest(data), data)
    return packer.finish()[1]


def test_a_state_that_lacks_contents_is_told(other):
    entry = Entry("f", "workspace/f", 0o644, 0, 3, (compute_digest(b"abc"),))
    with pytest.raises(UnfitError, match="contents are missing"):
        other.restore(build([entry]))


def test_a_state_that_ends_in_the_middle_may_be_whole_another_time(other):
    with pytest.raises(BrokenError):
        other.restore(build([], [make_pack(b"abc")])[:-1])


def test_contents_of_another_size_are_refused(other):
    entry = Entry("f", "workspace/f", 0o644, 0, 4, (compute_digest(b"abc"),))
    with pytest.raises(UnfitError, match="do not fit"):
        other.restore(build([entry], [make_pack(b"abc")]))


def test_a_pack_that_lies_about_its_contents_is_refused(other):
    packer = Packer()
    packer.add(compute_digest(b"one"), b"two")
    with pytest.raises(UnfitError, match="not what it says"):
        other.restore(build([], [packer.finish()[1]]))
    with pytest.raises(UnfitError, match="cannot be unpacked"):
        other.restore(build([], [b"no zstd"]))


def test_a_bomb_is_refused_before_it_is_unpacked(other):
    bomb = subprocess.run(["zstd", "--stdout"], input=bytes(1 << 28), capture_output=True, check=True).stdout
    assert len(bomb) < 1 << 16
    with pytest.raises(UnfitError, match="cannot be unpacked"):
        other.restore(build([], [bomb]))


def test_no_more_is_written_than_the_workspace_may_hold(other):
    """One piece that many files name is small on its way."""
    data = os.urandom(CHUNK_BYTES)
    entries = [Entry("f", f"workspace/{n}", 0o644, 0, len(data), (compute_digest(data),)) for n in range(8)]
    with pytest.raises(UnfitError, match="more than 4 MiB"):
        other.restore(build(entries, [make_pack(data)]), Bounds(bytes=4 << 20))


def test_nothing_is_written_through_a_link(other, tmp_path):
    (tmp_path / "outside").mkdir()
    digest = compute_digest(b"abc")
    link = Entry("l", "workspace/way", target=str(tmp_path / "outside"))
    below = Entry("f", "workspace/way/in", 0o644, 0, 3, (digest,))
    with pytest.raises(UnfitError, match="below what is no folder"):
        other.restore(build([link, below], [make_pack(b"abc")]))
    assert list((tmp_path / "outside").iterdir()) == []
    (other.home / ".gitconfig").symlink_to(tmp_path / "outside" / "new")
    other.restore(build([Entry("f", "home/.gitconfig", 0o644, 0, 3, (digest,))], [make_pack(b"abc")]))
    assert list((tmp_path / "outside").iterdir()) == []
    assert (other.home / ".gitconfig").read_text() == "abc"


def test_what_is_said_of_a_state_may_be_anything(other):
    for line in (b"null", b"[]", b"7", b'{"whole":7}', b"", b'{"over":7}'):
        with contextlib.suppress(UnfitError, BrokenError):
            other.restore([({"type": "state"}, line + b"\n" + encode_entries([])), ({"type": "end"}, b"")])
