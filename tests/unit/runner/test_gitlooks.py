"""What git tells of the agent's repositories: all that changed since their branches began, and nothing that they name is run."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from agent_gateway.diffs.report import read_report
from agent_runner.gitlooks import look_at_branches, look_at_changes
from agent_runner.gitprogram import GitFailed, find_repositories

ENVIRONMENT = {
    "PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C", "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_ALLOW_PROTOCOL": "file",
}  # fmt: skip


def git(folder, *words):
    done = subprocess.run(["git", *words], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder, words="change"):
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", words)


@pytest.fixture
def workspace(tmp_path):
    """Return a workspace with a clone of a repository with two files."""
    upstream, workspace = tmp_path / "upstream", tmp_path / "workspace"
    upstream.mkdir()
    workspace.mkdir()
    git(upstream, "init", "-q", "-b", "main")
    (upstream / "a.py").write_text("one\ntwo\nthree\n")
    (upstream / "old name.txt").write_text("".join(f"{n}\n" for n in range(50)))
    commit(upstream)
    git(workspace, "clone", "-q", str(upstream), "api")
    return workspace


@pytest.fixture
def look(programs):
    """Return what looks at a workspace as the runner does."""

    async def find(workspace, what=look_at_changes):
        return await what(str(workspace), programs)

    return find


async def test_commits_changes_and_new_files_since_the_branch_are_one_report(look, workspace):
    api = workspace / "api"
    git(api, "switch", "-q", "-c", "fix")
    (api / "a.py").write_text("one\n2\nthree\n")
    commit(api)
    git(api, "mv", "old name.txt", "new name.txt")
    (api / "picture.png").write_bytes(b"\x89PNG\0")
    (api / "d\u00efr").mkdir()
    (api / "d\u00efr" / "new\tfile").write_text("hello\n")
    (api / "run.sh").write_text("#!/bin/sh\n")
    (api / "run.sh").chmod(0o755)
    (api / ".env").write_text("KEY=1\n")
    (api / "node_modules").mkdir()
    (api / "node_modules" / "x.js").write_text("x")
    (api / ".gitignore").write_text("ignored\n")
    (api / "ignored").write_text("x")
    before = (api / ".git" / "index").read_bytes()
    report = read_report(await look(workspace))
    assert report.bases == ("origin/main",)
    assert {one.path: (one.what, one.added, one.removed, one.note) for one in report.files} == {
        "api/.env": ("added", 0, 0, "secret"), "api/.gitignore": ("added", 1, 0, ""), "api/a.py": ("changed", 1, 1, ""),
        "api/d\u00efr/new\N{REPLACEMENT CHARACTER}file": ("added", 1, 0, ""), "api/new name.txt": ("renamed", 0, 0, ""),
        "api/picture.png": ("added", 0, 0, "picture"), "api/run.sh": ("added", 1, 0, ""),
    }  # fmt: skip
    assert (api / ".git" / "index").read_bytes() == before
    assert git(api, "status", "--porcelain", "--untracked-files=no") == 'R  "old name.txt" -> "new name.txt"'
    (workspace / "fresh").mkdir()
    git(workspace / "fresh", "clone", "-q", str(workspace.parent / "upstream"), "api")
    (workspace / "patch").write_bytes(report.patch)
    git(workspace / "fresh", "apply", str(workspace / "patch"))
    assert (workspace / "fresh" / "api" / "a.py").read_text() == "one\n2\nthree\n"
    assert (workspace / "fresh" / "api" / "new name.txt").exists()


async def test_without_a_server_all_of_a_repository_is_new(look, tmp_path):
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "a").write_text("1\n")
    commit(tmp_path)
    (tmp_path / "b").write_text("2\n")
    report = read_report(await look(tmp_path))
    assert report.bases == ("",)
    assert {one.path: one.what for one in report.files} == {"a": "added", "b": "added"}


async def test_links_removed_files_and_rights_are_told(look, workspace):
    api = workspace / "api"
    (api / "a.py").unlink()
    (api / "a.py").symlink_to("old name.txt")
    (api / "old name.txt").chmod(0o755)
    report = read_report(await look(workspace))
    assert {one.path: (one.what, one.note) for one in report.files} == {
        "api/a.py": ("changed", ""), "api/old name.txt": ("changed", "rights"),
    }  # fmt: skip
    assert report.part(report.files[0]).count(b"diff --git") == 2


async def test_branches_are_told_with_how_far_they_are(look, workspace):
    api = workspace / "api"
    git(api, "switch", "-q", "-c", "fix")
    (api / "a.py").write_text("1\n")
    commit(api)
    told = json.loads(await look(workspace, look_at_branches))
    (found,) = told["repositories"]
    assert (found["path"], found["base"], found["more"]) == ("api", "origin/main", False)
    branches = {branch["name"]: branch for branch in found["branches"]}
    assert branches["fix"] == {"name": "fix", "current": True, "ahead": 1, "behind": 0}
    assert branches["main"] == {"name": "main", "current": False, "ahead": 0, "behind": 0}


async def test_nothing_that_a_repository_names_is_run(look, workspace, tmp_path):
    api, planted = workspace / "api", tmp_path / "planted"
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\necho $0 >> {planted}\ncat\n")
    program.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "diff.x.textconv", "diff.x.command", "filter.x.clean", "filter.x.process",
                "filter.y.z.clean", "core.pager", "pager.diff", "core.sshCommand", "core.editor", "interactive.diffFilter",
                "core.alternateRefsCommand", "credential.helper", "core.askPass", "gpg.program"):  # fmt: skip
        git(api, "config", key, str(program))
    git(api, "config", "filter.x.required", "true")
    git(api, "config", "core.hooksPath", str(tmp_path / "hooks"))
    git(api, "config", "remote.origin.promisor", "true")
    git(api, "config", "remote.origin.url", f"ext::{program} %S")
    (tmp_path / "hooks").mkdir()
    for hook in ("post-index-change", "fsmonitor-watchman", "pre-auto-gc", "reference-transaction"):
        (tmp_path / "hooks" / hook).write_bytes(program.read_bytes())
        (tmp_path / "hooks" / hook).chmod(0o755)
    (api / ".gitattributes").write_text("* diff=x filter=x\nb.py filter=y.z\n")
    (api / "a.py").write_text("changed\n")
    (api / "b.py").write_text("new\n")
    report = read_report(await look(workspace))
    assert {"api/a.py", "api/b.py", "api/.gitattributes"} == {one.path for one in report.files}
    assert b"+changed\n" in report.patch
    await look(workspace, look_at_branches)
    assert not planted.exists()


async def test_a_workspace_without_repositories_has_nothing_to_tell(look, tmp_path):
    (tmp_path / "x" / "y" / "z" / ".git").mkdir(parents=True)  # too deep
    (tmp_path / "link").symlink_to(tmp_path / "x" / "y" / "z")
    assert await find_repositories(str(tmp_path)) == []
    with pytest.raises(GitFailed):
        await look(tmp_path)


async def test_a_broken_repository_is_passed_over(look, workspace):
    (workspace / "broken" / ".git").mkdir(parents=True)
    (workspace / "api" / "a.py").write_text("x\n")
    report = read_report(await look(workspace))
    assert [one.path for one in report.files] == ["api/a.py"]


async def test_very_much_is_cut_and_said(look, workspace):
    api = workspace / "api"
    for number in range(30):
        (api / f"f{number:02}").write_text(f"{number} {'x' * 60}\n" * 5000)
    report = read_report(await look(workspace))
    assert len(report.files) == 30
    notes = [one.note for one in report.files]
    assert notes[0] == ""
    assert notes[-1] == "unread"
    assert len(report.patch) <= 4 << 20
