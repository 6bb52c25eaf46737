"""Git over the gateway against Debian's own server: clones, fetches, pushes and what is refused."""

from __future__ import annotations

import pytest

from agent_contract.repositories import RepositoryRule
from agent_runner.gitsettings import build_settings
from tests.support.git_lab import TOKEN, running_lab
from tests.support.git_server import KEY, commit, run_git


@pytest.fixture
async def lab(tmp_path):
    async with running_lab(tmp_path) as lab:
        lab.server.create("acme/api")
        yield lab


@pytest.mark.parametrize("words", [(), ("--depth", "1"), ("--filter=blob:none",), ("-c", "protocol.version=0"),
                                   ("-c", "protocol.version=1")])  # fmt: skip
async def test_a_repository_is_cloned_by_its_own_address(lab, words):
    work = await lab.clone("acme/api", *words)
    assert (work / "file2.txt").exists()
    assert run_git(work, "rev-parse", "HEAD").stdout.strip() == lab.server.read("acme/api")


@pytest.mark.parametrize(
    "address",
    [
        "git@forge.example:acme/api.git", "ssh://git@forge.example/acme/api", "http://forge.example/acme/api",
        "git://forge.example/acme/api.git", "https://git@forge.example/acme/api", "ssh://git@forge.example:22/acme/api.git",
    ],
)  # fmt: skip
async def test_every_way_to_write_an_address_is_the_same_repository(lab, address):
    assert lab.server.read("acme/api") in (await lab.git("ls-remote", address)).stdout


async def test_the_key_reaches_the_server_alone_and_nothing_of_the_pod_does(lab):
    work = await lab.clone()
    commit(work, 9)
    done = await lab.git("push", "origin", "HEAD:agent/x", cwd=work)
    held = "\n".join(str(path.read_bytes()) for path in work.rglob("*") if path.is_file())
    assert KEY not in held + done.stderr + done.stdout
    assert all(TOKEN not in str(headers) for _, _, headers in lab.server.seen)
    assert {name for _, _, headers in lab.server.seen for name in headers} <= {
        "Host", "Authorization", "User-Agent", "Accept", "Accept-Encoding", "Git-Protocol", "Content-Type",
        "Content-Length", "Transfer-Encoding",
    }  # fmt: skip


async def test_what_no_rule_names_does_not_exist(lab):
    lab.server.create("other/api")
    lab.rights.levels = [[RepositoryRule(connection="lab", pattern="other/x")]]
    done = await lab.git("ls-remote", f"{lab.gateway}/git/lab/other/api.git", check=False)
    assert done.returncode != 0
    assert "not among the repositories" in done.stderr or "not found" in done.stderr
    assert not lab.server.seen


async def test_what_may_only_be_read_takes_no_push(lab):
    work = await lab.clone()
    lab.allow()
    commit(work, 9)
    done = await lab.git("push", "origin", "HEAD:agent/x", cwd=work, check=False)
    assert done.returncode != 0
    assert lab.server.read("acme/api", "refs/heads/agent/x") == ""


async def test_a_push_is_let_through_where_it_may_be_and_refused_with_words_elsewhere(lab):
    work = await lab.clone()
    made = commit(work, 9)
    await lab.git("push", "-q", "origin", "HEAD:agent/fix", cwd=work)
    assert lab.server.read("acme/api", "refs/heads/agent/fix") == made
    done = await lab.git("push", "origin", "HEAD:main", cwd=work, check=False)
    assert "may not be changed by an agent: only agent/** may be" in done.stderr
    assert lab.server.read("acme/api") != made
    done = await lab.git("push", "origin", "HEAD:agent/two", "HEAD:main", cwd=work, check=False)
    assert "another ref of this push was refused" in done.stderr
    assert lab.server.read("acme/api", "refs/heads/agent/two") == ""
    assert [(path, moved) for _, _, path, moved in lab.record.moved] == [("acme/api", [("refs/heads/agent/fix", made)])]


async def test_history_is_not_written_anew_but_where_it_may_be(lab):
    work = await lab.clone()
    commit(work, 9)
    await lab.git("push", "-q", "origin", "HEAD:agent/fix", cwd=work)
    run_git(work, "commit", "-q", "--amend", "-m", "other words")
    done = await lab.git("push", "-f", "origin", "HEAD:agent/fix", cwd=work, check=False)
    assert "not a fast-forward" in done.stderr
    run_git(work, "reset", "-q", "--hard", "HEAD~1")
    done = await lab.git("push", "-f", "origin", "HEAD:agent/fix", cwd=work, check=False)
    assert "not a fast-forward" in done.stderr
    lab.allow(access="Write", force=["agent/**"])
    made = commit(work, 10)
    await lab.git("push", "-qf", "origin", "HEAD:agent/fix", cwd=work)
    assert lab.server.read("acme/api", "refs/heads/agent/fix") == made


async def test_a_branch_moves_to_a_commit_that_the_server_has_already(lab):
    work = await lab.clone()
    await lab.git("push", "-q", "origin", "HEAD~2:refs/heads/agent/old", cwd=work)
    await lab.git("push", "-q", "origin", "HEAD:agent/old", cwd=work)
    assert lab.server.read("acme/api", "refs/heads/agent/old") == lab.server.read("acme/api")


async def test_a_merge_of_what_the_server_has_moves_a_branch_forward(lab):
    work = await lab.clone()
    await lab.git("push", "-q", "origin", "HEAD~2:refs/heads/agent/old", cwd=work)
    run_git(work, "checkout", "-q", "-b", "side", "HEAD~2")
    commit(work, 20)
    run_git(work, "merge", "-q", "--no-ff", "-m", "merge", "main")
    await lab.git("push", "-q", "origin", "HEAD:agent/old", cwd=work)
    assert lab.server.read("acme/api", "refs/heads/agent/old") == run_git(work, "rev-parse", "HEAD").stdout.strip()


async def test_a_push_waits_for_a_person(lab):
    lab.allow(access="Write", approval="Ask")
    work = await lab.clone()
    made = commit(work, 9)
    await lab.people.answers.put(None)
    done = await lab.git("push", "origin", "HEAD:agent/fix", cwd=work)
    assert "waiting for approval in the chat" in done.stderr
    assert lab.server.read("acme/api", "refs/heads/agent/fix") == made
    (held,) = lab.people.held
    assert (held.path, [c.subject for c in held.changes[0].commits]) == ("acme/api", ["commit 9"])
    commit(work, 10)
    await lab.people.answers.put("refused in the chat by Ada")
    done = await lab.git("push", "origin", "HEAD:agent/fix", cwd=work, check=False)
    assert "refused in the chat by Ada" in done.stderr
    assert lab.server.read("acme/api", "refs/heads/agent/fix") == made


async def test_a_push_that_is_too_large_is_refused_with_words(lab):
    lab.allow(access="Write", max_push="1Mi")
    work = await lab.clone()
    (work / "noise").write_bytes(bytes(__import__("random").Random(1).randbytes(3 << 20)))
    commit(work, 9)
    done = await lab.git("push", "origin", "HEAD:agent/fix", cwd=work, check=False)
    assert done.returncode != 0
    assert lab.server.read("acme/api", "refs/heads/agent/fix") == ""


async def test_a_large_push_and_many_haves_pass(lab):
    work = await lab.clone()
    (work / "noise").write_bytes(__import__("random").Random(1).randbytes(3 << 20))
    made = commit(work, 9)
    await lab.git("push", "-q", "origin", "HEAD:agent/fix", cwd=work)
    assert lab.server.read("acme/api", "refs/heads/agent/fix") == made
    for number in range(100, 140):
        commit(work, number)
    other = await lab.clone()
    commit(other, 99)
    await lab.git("push", "-q", "origin", "HEAD:agent/other", cwd=other)
    await lab.git("fetch", "-q", "origin", "agent/other", cwd=work)
    assert run_git(work, "rev-parse", "FETCH_HEAD").stdout.strip() == lab.server.read(
        "acme/api", "refs/heads/agent/other"
    )


async def test_a_submodule_comes_along(lab):
    lab.server.create("acme/part")
    work = await lab.clone()
    await lab.git("submodule", "add", "-q", "git@forge.example:acme/part.git", "part", cwd=work)
    run_git(work, "commit", "-qm", "part")
    await lab.git("push", "-q", "origin", "HEAD:agent/part", cwd=work)
    again = await lab.clone("acme/api", "--recurse-submodules", "-b", "agent/part")
    assert (again / "part" / "file0.txt").exists()


async def test_a_bad_token_is_told_and_shown_to_nobody(lab):
    (lab.folder / "token").write_text("another")
    done = await lab.git("ls-remote", "https://forge.example/acme/api", check=False)
    assert done.returncode != 0
    assert not lab.server.seen
    settings = build_settings(lab.gateway, str(lab.folder / "token"), [])
    assert "credential" not in settings, "without a connection nothing is rewritten"
