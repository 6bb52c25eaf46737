"""Clones that begin with a bundle of the gateway's: Debian's git, and `git http-backend` behind the gateway."""

from __future__ import annotations

import asyncio
import os

import pytest

from agent_gateway.mirrors import mirror as mirrors
from agent_gateway.mirrors.shelf import Shelf, build_shelf
from tests.support.git_lab import running_lab
from tests.support.git_server import commit, run_git


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "shelf", 64 << 20)


def commit_noise(server, name, number, size=300_000):
    """Commit a file that does not pack, and push it."""
    work = server.folder / f"seed-{name.replace('/', '-')}"
    made = commit(work, number, os.urandom(size).hex())
    run_git(work, "push", "-q", "--force", str(server.root / f"{name}.git"), "HEAD:main")
    return made


async def clone(lab, folder, *words, name="acme/api"):
    """Clone as a workspace is; return how many bytes the forge sent, and what git said."""
    before = len(lab.server.seen)
    bundle = f"{lab.gateway}/git/lab/{name}.git/bundle"
    done = await lab.git(
        "clone", f"--bundle-uri={bundle}", *words, f"https://forge.example/{name}.git", folder, check=False
    )
    return done, lab.server.seen[before:]


def measure(folder):
    """Return the bytes of the packs that a clone fetched from the forge: the bundle's has objects of its own."""
    return sorted(path.stat().st_size for path in (folder / ".git/objects/pack").glob("*.pack"))


async def test_a_clone_begins_with_what_the_one_before_left_and_has_what_came_since(tmp_path, shelf):
    async with running_lab(tmp_path, shelf) as lab:
        lab.server.create("acme/api", commits=1)
        first = commit_noise(lab.server, "acme/api", 1)
        done, _ = await clone(lab, "one")
        assert done.returncode == 0, done.stderr
        await lab.mirror.wait()
        assert (await asyncio.to_thread(shelf.find, "lab/acme/api")).oid == first
        newest = commit_noise(lab.server, "acme/api", 2, 1000)
        run_git(lab.server.root / "acme/api.git", "branch", "other", "main~1")
        done, _ = await clone(lab, "two")
        assert done.returncode == 0, done.stderr
        assert run_git(tmp_path / "two", "rev-parse", "HEAD").stdout.strip() == newest
        refs = run_git(tmp_path / "two", "for-each-ref", "--format=%(refname)").stdout.split()
        assert "refs/remotes/origin/other" in refs
        small, large = measure(tmp_path / "two")
        assert (small < 10_000, large > 300_000) == (True, True), "the forge sent no more than what came since"
        assert run_git(tmp_path / "two", "fsck").returncode == 0


async def test_a_key_that_was_taken_back_stops_bundles_too(tmp_path, shelf):
    async with running_lab(tmp_path, shelf) as lab:
        lab.server.create("acme/api")
        await clone(lab, "one")
        await lab.mirror.wait()
        (tmp_path / "key").write_text("another\n")
        bundle = f"{lab.gateway}/git/lab/acme/api.git/bundle"
        done = await lab.git(
            "clone", f"--bundle-uri={bundle}", "https://forge.example/acme/api.git", "two", check=False
        )
        assert done.returncode != 0
        assert not (tmp_path / "two").exists()
        lab.rights.levels = [[]]
        seen = len(lab.server.seen)
        done, _ = await clone(lab, "three")
        assert done.returncode != 0
        assert len(lab.server.seen) == seen, "who may not use it has the forge asked for nothing"


async def test_what_was_rewritten_is_given_no_more(tmp_path, shelf):
    async with running_lab(tmp_path, shelf) as lab:
        bare = lab.server.create("acme/api", commits=1)
        secret = commit_noise(lab.server, "acme/api", 1)
        await clone(lab, "one")
        await lab.mirror.wait()
        work = lab.server.folder / "seed-acme-api"
        run_git(work, "reset", "-q", "--hard", "HEAD~1")
        newest = commit_noise(lab.server, "acme/api", 2)
        run_git(bare, "reflog", "expire", "--expire=now", "--all")
        run_git(bare, "gc", "-q", "--prune=now")
        done, _ = await clone(lab, "two")
        assert done.returncode == 0, done.stderr
        assert run_git(tmp_path / "two", "cat-file", "-e", secret, check=False).returncode != 0
        await lab.mirror.wait()
        assert (await asyncio.to_thread(shelf.find, "lab/acme/api")).oid == newest


async def test_an_old_bundle_is_made_anew_when_it_is_used(tmp_path, shelf, monkeypatch):
    async with running_lab(tmp_path, shelf) as lab:
        lab.server.create("acme/api")
        await clone(lab, "one")
        await lab.mirror.wait()
        newest = commit_noise(lab.server, "acme/api", 9, 1000)
        await clone(lab, "two")
        assert not lab.mirror._tasks, "what came since is little yet"
        monkeypatch.setattr(mirrors, "OLD_SECONDS", -1.0)
        await clone(lab, "three")
        await lab.mirror.wait()
        assert (await asyncio.to_thread(shelf.find, "lab/acme/api")).oid == newest


async def test_what_is_too_large_is_cloned_without_and_not_tried_again(tmp_path):
    shelf = Shelf(tmp_path / "shelf", 400_000)
    async with running_lab(tmp_path, shelf) as lab:
        lab.server.create("acme/api", commits=1)
        commit_noise(lab.server, "acme/api", 1)
        for folder in ("one", "two"):
            done, _ = await clone(lab, folder)
            assert done.returncode == 0, done.stderr
            await lab.mirror.wait()
        assert list((tmp_path / "shelf").iterdir()) == []
        assert list(lab.mirror._resting) == ["lab/acme/api"]


async def test_the_shelf_has_room_for_what_is_used(tmp_path):
    now = [1000.0]
    shelf = Shelf(tmp_path / "shelf", 700_000, lambda: now[0])
    async with running_lab(tmp_path, shelf) as lab:
        for number, name in enumerate(("acme/a", "acme/b", "acme/c")):
            lab.server.create(name, commits=1)
            commit_noise(lab.server, name, 1, 250_000)
            now[0] += 10
            await clone(lab, f"first-{number}", name=name)
            await lab.mirror.wait()
            if name == "acme/b":
                now[0] += 10
                assert shelf.find("lab/acme/a") is not None, "it is used"
        assert [shelf.find(f"lab/acme/{one}") is not None for one in "abc"] == [True, False, True]


@pytest.mark.parametrize("answer", [b"PACK" + b"x" * 100, b"no pack at all, as everybody sees", b""])
async def test_a_pack_that_is_not_whole_is_not_kept(tmp_path, shelf, answer, monkeypatch):
    async with running_lab(tmp_path, shelf) as lab:
        lab.server.create("acme/api")

        async def broken():
            yield b"packfile\n"
            yield b"\x01" + answer

        command = lab.mirror._upstream.command
        monkeypatch.setattr(
            lab.mirror._upstream, "command", lambda *words: broken() if "fetch" in words else command(*words)
        )
        done, _ = await clone(lab, "one")
        assert done.returncode == 0, done.stderr
        await lab.mirror.wait()
        assert list((tmp_path / "shelf").iterdir()) == []


async def test_two_at_once_have_one_capture_and_what_was_begun_before_is_tidied_away(tmp_path, shelf):
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf/left.coming").write_text("of another process")
    async with running_lab(tmp_path, shelf) as lab:
        lab.server.create("acme/api")
        lab.server.create("acme/empty", commits=0)
        first, second, empty = await asyncio.gather(
            clone(lab, "one"), clone(lab, "two"), clone(lab, "three", name="acme/empty")
        )
        assert first[0].returncode == second[0].returncode == empty[0].returncode == 0
        await lab.mirror.wait()
        assert len(list((tmp_path / "shelf").iterdir())) == 1


async def test_without_a_folder_there_is_none(tmp_path):
    assert build_shelf(None, "2Gi") is None
    assert build_shelf(tmp_path, "1Mi").most_of_one == int(int((1 << 20) * 0.9) * 0.5)
    async with running_lab(tmp_path) as lab:
        lab.server.create("acme/api")
        done, _ = await clone(lab, "one")
        assert done.returncode == 0, done.stderr
