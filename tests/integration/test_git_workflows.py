"""Pushes that change what a forge runs by itself: held, refused or let through by rule, told apart by the trees themselves."""

from __future__ import annotations

import random

import pytest

from tests.support.git_lab import running_lab
from tests.support.git_server import commit, run_git

CI = ".github/workflows/ci.yml"


def write(work, **files):
    """Write files, whose names are given with two underscores for a slash, and commit them."""
    for name, content in files.items():
        path = work / NAMES.get(name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    run_git(work, "add", "-A")
    run_git(work, "commit", "-qm", "a change")
    return run_git(work, "rev-parse", "HEAD").stdout.strip()


NAMES = {"ci": CI, "code": "src/code.py", "jenkins": "Jenkinsfile", "tests": ".github/workflows/tests.yml"}


@pytest.fixture
async def lab(tmp_path):
    async with running_lab(tmp_path) as lab:
        bare = lab.server.create("acme/api")
        seed = lab.server.folder / "seed-acme-api"
        write(seed, ci="on: push\n", code="a = 1\n" * 50, jenkins="pipeline {}\n")
        run_git(seed, "push", "-q", str(bare), "HEAD:main")
        yield lab


async def push(lab, work, *words):
    return await lab.git("push", "origin", *(words or ("HEAD:agent/fix",)), cwd=work, check=False)


def stands(lab, ref="refs/heads/agent/fix"):
    return lab.server.read("acme/api", ref)


async def test_a_push_that_leaves_workflows_alone_goes_on_without_a_question(lab):
    work = await lab.clone()
    made = write(work, code="a = 2\n")
    await push(lab, work)
    assert stands(lab) == made
    assert not lab.people.held


@pytest.mark.parametrize("name", ["ci", "jenkins", "tests"])
async def test_a_push_that_changes_a_workflow_waits_for_a_person(lab, name):
    work = await lab.clone()
    made = write(work, **{name: "on: pull_request_target\n"})
    await lab.people.answers.put("refused in the chat by Ada")
    done = await push(lab, work)
    assert "refused in the chat by Ada" in done.stderr
    assert stands(lab) == ""
    assert lab.people.held[0].changes[0].workflows == (NAMES[name],)
    await lab.people.answers.put(None)
    await push(lab, work)
    assert stands(lab) == made


async def test_a_workflow_that_is_taken_away_or_is_a_link_counts_as_changed(lab):
    work = await lab.clone()
    run_git(work, "rm", "-q", CI)
    write(work, code="x\n")
    await lab.people.answers.put("no")
    await push(lab, work)
    assert lab.people.held[-1].changes[0].workflows == (CI,)
    run_git(work, "reset", "-q", "--hard", "origin/main")
    run_git(work, "rm", "-rq", ".github")
    (work / "elsewhere").mkdir()
    (work / ".github").symlink_to("elsewhere")
    write(work, code="y\n")
    await lab.people.answers.put("no")
    await push(lab, work)
    assert lab.people.held[-1].changes[0].workflows == (".github",)


async def test_where_the_rule_refuses_it_is_told_and_where_it_allows_nothing_is_looked_at(lab):
    work = await lab.clone()
    made = write(work, ci="on: pull_request_target\n")
    lab.allow(access="Write", workflows="Refuse")
    done = await push(lab, work)
    assert f"changes {CI}, which an agent may not" in done.stderr
    assert stands(lab) == ""
    lab.allow(access="Write", workflows="Allow")
    before = len(lab.server.seen)
    await push(lab, work)
    assert stands(lab) == made
    assert [path for _, path, _ in lab.server.seen[before:]].count("/acme/api.git/git-upload-pack") <= 1


async def test_what_the_default_branch_holds_is_no_change_and_what_it_held_once_is(lab):
    work = await lab.clone()
    first = write(work, code="a = 3\n")
    await push(lab, work)
    seed, bare = lab.server.folder / "seed-acme-api", str(lab.server.root / "acme/api.git")
    write(seed, ci="on: [push, pull_request]\n")
    run_git(seed, "push", "-q", bare, "HEAD:main")
    await lab.git("fetch", "-q", cwd=work)
    run_git(work, "merge", "-q", "--no-edit", "origin/main")
    await push(lab, work)
    assert stands(lab) not in {"", first}
    assert not lab.people.held
    write(work, ci="on: push\n")
    await lab.people.answers.put("no")
    await push(lab, work)
    assert lab.people.held[0].changes[0].workflows == (CI,)


async def test_an_old_commit_of_another_branch_is_held_though_upstream_has_it(lab):
    """A commit that somebody offered from a fork is upstream; as a branch of ours, its workflow would read our secrets."""
    seed = lab.server.folder / "seed-acme-api"
    run_git(seed, "checkout", "-q", "-b", "offered")
    write(seed, ci="on: push # and out with the secrets\n")
    run_git(seed, "push", "-q", str(lab.server.root / "acme/api.git"), "HEAD:refs/pull/1/head")
    work = await lab.clone()
    await lab.git("fetch", "-q", "origin", "refs/pull/1/head", cwd=work)
    await lab.people.answers.put("no")
    await push(lab, work, "FETCH_HEAD:refs/heads/agent/fix")
    assert stands(lab) == ""
    assert lab.people.held[0].changes[0].workflows == (CI,)
    run_git(work, "checkout", "-q", "FETCH_HEAD")
    write(work, code="upon it\n")
    await lab.people.answers.put("no")
    await push(lab, work)
    assert stands(lab) == ""


async def test_what_cannot_be_told_is_held_and_says_so(lab):
    work = await lab.clone()
    (work / "noise").write_bytes(random.Random(1).randbytes(17 << 20))
    (work / ".aaa").write_bytes(random.Random(2).randbytes(17 << 20))
    write(work, ci="on: pull_request_target\n")
    await lab.people.answers.put("no")
    await push(lab, work)
    assert stands(lab) == ""
    (change,) = lab.people.held[0].changes
    assert change.workflows_unknown
    lab.allow(access="Write", workflows="Refuse")
    assert "it cannot be told whether this changes workflow files" in (await push(lab, work)).stderr


async def test_a_tag_is_looked_at_like_a_branch(lab):
    lab.allow(access="Write", push=["refs/tags/**"])
    work = await lab.clone()
    write(work, ci="on: pull_request_target\n")
    run_git(work, "tag", "-a", "-m", "words", "v1")
    await lab.people.answers.put("no")
    await push(lab, work, "v1")
    assert stands(lab, "refs/tags/v1") == ""
    assert lab.people.held[0].changes[0].workflows == (CI,)


async def test_a_person_is_shown_what_is_changed(lab):
    lab.allow(access="Write", approval="Ask")
    work = await lab.clone()
    run_git(work, "rm", "-q", "file0.txt")
    write(work, code="a = 1\n" * 48 + "b = 2\n", README="new\nwords\n")
    commit(work, 77)
    await lab.people.answers.put(None)
    await push(lab, work)
    stat = lab.people.held[0].changes[0].stat
    told = run_git(work, "diff", "--numstat", "--no-renames", "origin/main", "HEAD").stdout.split("\n")
    assert [f"{one.added}\t{one.removed}\t{one.path}" for one in stat.files] == [line for line in told if line]
    write(work, code="c = 3\n")
    await lab.people.answers.put(None)
    await push(lab, work)
    assert [one.path for one in lab.people.held[1].changes[0].stat.files] == ["src/code.py"], (
        "against the branch itself"
    )


async def test_a_server_that_cannot_leave_files_out_is_looked_at_too(lab):
    run_git(lab.server.root / "acme/api.git", "config", "uploadpack.allowFilter", "false")
    work = await lab.clone()
    made = write(work, code="a = 2\n")
    await push(lab, work)
    assert stands(lab) == made
    assert not lab.people.held
