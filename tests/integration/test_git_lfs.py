"""Large files over the gateway with Debian's own git-lfs: up, down, what is refused, and servers that answer oddly."""

from __future__ import annotations

import json
import random

import aiohttp
import pytest

from agent_gateway.metrics import LIMITS
from dev.shell import apt_install
from tests.support.git_lab import TOKEN, running_lab
from tests.support.git_server import KEY
from tests.support.lfs_server import STORE_KEY

FILTERS = """
[filter "lfs"]
\tclean = git-lfs clean -- %f
\tsmudge = git-lfs smudge -- %f
\tprocess = git-lfs filter-process
\trequired = true
"""
CONTENT = random.Random(5).randbytes(300_000)
OID = "ab" * 32


@pytest.fixture(scope="module", autouse=True)
def client():
    apt_install({"git-lfs": "git-lfs"})


@pytest.fixture
async def lab(tmp_path):
    async with running_lab(tmp_path) as lab:
        with (tmp_path / "gitconfig").open("a") as settings:
            settings.write(FILTERS)
        lab.server.create("acme/api")
        yield lab


async def push_large(lab, branch="agent/large", *, check=True):
    """Push a commit with a large file; return git's answer."""
    work = await lab.clone()
    (work / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    (work / "model.bin").write_bytes(CONTENT)
    await lab.git("add", ".", cwd=work)
    # A commit of the same second, words and parent would be the one that is there already, and git-lfs brings nothing.
    await lab.git("commit", "-qm", f"large from {work.name}", cwd=work)
    done = await lab.git("lfs", "push", "origin", "HEAD", cwd=work, check=False)
    assert not check or done.returncode == 0, done.stderr
    return await lab.git("push", "-q", "origin", f"HEAD:{branch}", cwd=work) if check else done


async def test_a_large_file_goes_up_and_comes_down_and_no_key_is_seen(lab):
    done = await push_large(lab)
    assert list(lab.large.objects.values()) == [CONTENT]
    assert lab.large.verified == list(lab.large.objects)
    work = await lab.clone("acme/api", "-b", "agent/large")
    assert (work / "model.bin").read_bytes() == CONTENT
    held = b"\n".join(path.read_bytes() for path in lab.folder.glob("work-*/**/*") if path.is_file())
    for key in (KEY, STORE_KEY):
        assert key.encode() not in held + done.stderr.encode()
    assert b"/store/" not in held


async def test_who_may_only_read_takes_files_and_brings_none(lab):
    await push_large(lab)
    lab.allow()
    work = await lab.clone("acme/api", "-b", "agent/large")
    assert (work / "model.bin").read_bytes() == CONTENT
    lab.large.objects.clear()
    done = await push_large(lab, check=False)
    assert "may only be read by this agent" in done.stderr
    assert not lab.large.objects


async def test_files_above_the_limit_are_refused_by_its_name(lab):
    lab.allow(access="Write", max_push="128Ki")
    before = LIMITS.labels("git-push")._value.get()
    done = await push_large(lab, check=False)
    assert "The files are larger than" in done.stderr
    assert LIMITS.labels("git-push")._value.get() > before
    assert not lab.large.objects


async def test_a_store_on_a_host_that_nobody_named_is_not_asked(lab):
    lab.large.store = "http://169.254.169.254"
    done = await push_large(lab, check=False)
    assert "keeps it on a host not allowed" in done.stderr
    assert not lab.large.objects


async def test_a_file_that_is_gone_is_told(lab):
    await push_large(lab)
    lab.large.objects.clear()
    work = lab.folder / "again"
    done = await lab.git(
        "clone", "-q", "-b", "agent/large", "https://forge.example/acme/api.git", str(work), check=False
    )
    assert "There is no such object" in done.stderr


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ([], 502), ("x", 502), ({}, 502), ({"objects": None}, 502), ({"objects": 5}, 502), ({"objects": {}}, 502),
        ({"objects": [5, None, [], {}]}, 200), ({"objects": [{"oid": [OID]}, {"oid": {}}]}, 200),
        ({"objects": [{"oid": OID, "actions": 5}]}, 200), ({"objects": [{"oid": OID, "actions": ["download"]}]}, 200),
        ({"objects": [{"oid": OID, "actions": {"download": 5, "upload": None}}]}, 200),
        ({"objects": [{"oid": OID, "actions": {"download": {"href": 5, "header": 5}}}]}, 200),
        ({"objects": [{"oid": OID, "actions": {"download": {"href": "http://[", "header": []}}}]}, 200),
        ({"objects": [{"oid": OID, "error": {"code": "x", "message": ["y"]}}]}, 200),
    ],
)  # fmt: skip
async def test_a_server_that_answers_oddly_is_told_of_and_breaks_nothing(lab, answer, status):
    lab.large.odd = answer
    asked = {"operation": "download", "objects": [{"oid": OID, "size": 1}]}
    address = f"{lab.gateway}/git/lab/acme/api.git/info/lfs/objects/batch"
    async with (
        aiohttp.ClientSession(headers={"Authorization": aiohttp.encode_basic_auth("pod", TOKEN)}) as session,
        session.post(address, data=json.dumps(asked)) as response,
    ):
        found = await response.json(content_type=None)
    assert response.status == status
    assert "message" in found if status == 502 else all("href" not in str(item) for item in found["objects"])


async def test_an_address_is_of_its_own_repository(lab):
    await push_large(lab)
    lab.server.create("acme/other")
    (oid,) = lab.large.objects
    asked = {"operation": "download", "objects": [{"oid": oid, "size": len(CONTENT)}]}
    base = f"{lab.gateway}/git/lab/acme"
    async with aiohttp.ClientSession(headers={"Authorization": aiohttp.encode_basic_auth("pod", TOKEN)}) as session:
        async with session.post(f"{base}/api.git/info/lfs/objects/batch", data=json.dumps(asked)) as response:
            href = (await response.json(content_type=None))["objects"][0]["actions"]["download"]["href"]
        async with session.get(href) as response:
            assert await response.read() == CONTENT
        async with session.get(href.replace("/api.git/", "/other.git/")) as response:
            assert response.status == 404
