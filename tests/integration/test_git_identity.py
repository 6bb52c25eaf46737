"""Commits by Debian's git with a pod's settings: author, committer and what stands at the end of a message."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent_contract import wire
from agent_runner.gitsettings import PodGit
from agent_runner.launch import Setup
from agent_runner.pifiles import Folders

ADA = wire.GitPerson(name='Ada "L" \\ Love', email="ada@users.noreply.invalid")
BOT = wire.GitPerson(name="team_bot", email="team_bot@users.noreply.invalid")
LINK = "Asked-in: https://t.me/c/1/2"
NEXT = "Asked-in: https://t.me/c/1/9"


def signed(*trailers, author=ADA, committer=BOT):
    return wire.CommitIdentity(turn=1, author=author, committer=committer, trailers=trailers)


@dataclass
class Pod:
    """A pod's folders, with a repository."""

    folder: Path
    work: Path
    git: PodGit

    def run(self, *words, check=True, cwd=None, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        state = self.folder / "state"
        env = {
            **kept, "HOME": str(self.folder / "home"), "GIT_CONFIG_SYSTEM": str(state / "gitconfig"),
            "PATH": f"{state}/bin:{os.environ['PATH']}", "GIT_EDITOR": "true", **more,
        }  # fmt: skip
        done = subprocess.run(words, cwd=cwd or self.work, env=env, text=True, capture_output=True, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done

    def write(self, name, text="x\n"):
        (self.work / name).write_text(text)
        self.run("git", "add", name)

    def show(self, what="%B", ref="HEAD"):
        return self.run("git", "log", "-1", f"--format={what}", ref).stdout.strip()

    def trailers(self, ref="HEAD"):
        return self.show("%(trailers:only,unfold)", ref).splitlines()


@pytest.fixture
def pod(tmp_path):
    for name in ("state", "home"):
        (tmp_path / name).mkdir()
    folders = Folders(str(tmp_path / "state"), str(tmp_path / "home"), "/tmp")
    git = PodGit(Setup({"gatewayUrl": "http://gw"}, folders, str(tmp_path), "/token", (), ""))
    git.connect([])
    git.sign(signed(LINK))
    pod = Pod(tmp_path, tmp_path / "work", git)
    pod.run("git", "init", "-q", "-b", "main", str(pod.work), cwd=tmp_path)
    pod.write("base")
    pod.run("git", "commit", "-qm", "base")
    return pod


def branch(pod, name, start="main"):
    pod.run("git", "checkout", "-q", "-b", name, start)


def make_foreign(pod, name):
    """Commit as somebody did elsewhere: in another name, without what ends our messages."""
    pod.write(name)
    env = {"GIT_CONFIG_SYSTEM": "/dev/null", "PATH": os.environ["PATH"]}
    own = ("-c", "user.name=Zoe", "-c", "user.email=zoe@example.org", "-c", "core.hooksPath=/dev/null")
    pod.run("git", *own, "commit", "-qm", name, **env)


@pytest.mark.parametrize(
    "words",
    [
        ("git", "commit", "-m", "a"), ("git", "-c", "core.abbrev=8", "-C", ".", "commit", "-qm", "commit it"),
        ("git", "commit", "-m", "a", "--", "new"), ("sh", "-c", "printf 'a\n' | git commit -F -"),
        ("sh", "-c", f"{shutil.which('git')} commit -m a"), ("git", "-c", "alias.ci=commit", "ci", "-m", "a"),
    ],
)  # fmt: skip
def test_a_commit_names_the_asker_the_bot_and_the_chat(pod, words):
    pod.write("new")
    pod.run(*words)
    assert pod.show("%an <%ae> %cn <%ce>") == f"{ADA.name} <{ADA.email}> {BOT.name} <{BOT.email}>"
    assert pod.trailers() == [LINK]


def test_what_is_no_commit_is_passed_on_as_it_is(pod):
    assert pod.run("git", "log", "--format=%s", "--grep", "commit base").stdout == ""
    assert pod.run("git", "rev-parse", "--git-path", "hooks").stdout.strip() == ".git/hooks"
    assert pod.run("git", "config", "core.hooksPath", check=False).returncode == 1, "programs that install hooks look"
    odd = pod.run("git", "commit-nothing", check=False)
    assert (odd.returncode, "not a git command" in odd.stderr) == (1, True)


def test_an_amended_commit_says_it_once_and_a_later_turn_beside_it(pod):
    pod.run("git", "commit", "-q", "--amend", "--no-edit")
    pod.run("git", "commit", "-q", "--amend", "-m", f"base\n\n{LINK}")
    assert pod.trailers() == [LINK]
    pod.git.sign(signed(NEXT))
    pod.run("git", "commit", "-q", "--amend", "--no-edit")
    assert pod.trailers() == [LINK, NEXT]


def test_a_merge_is_signed(pod):
    branch(pod, "side")
    make_foreign(pod, "theirs")
    pod.run("git", "checkout", "-q", "main")
    pod.run("git", "merge", "-q", "--no-ff", "--no-edit", "side")
    assert (pod.show("%an %cn"), pod.trailers()) == (f"{ADA.name} {BOT.name}", [LINK])
    assert pod.show("%s") == "Merge branch 'side'"


def test_what_is_put_elsewhere_keeps_its_words_and_its_author(pod):
    branch(pod, "side")
    make_foreign(pod, "theirs")
    pod.write("ours")
    pod.run("git", "commit", "-qm", "ours")
    pod.git.sign(signed(NEXT))
    pod.run("git", "checkout", "-q", "main")
    pod.write("more")
    pod.run("git", "commit", "-qm", "more")
    pod.run("git", "cherry-pick", "side~1", "side")
    assert (pod.show("%an %cn", "HEAD~1"), pod.trailers("HEAD~1")) == (f"Zoe {BOT.name}", [])
    assert (pod.show("%an"), pod.trailers()) == (ADA.name, [LINK])
    pod.run("git", "reset", "-q", "--hard", "HEAD~2")
    pod.run("git", "rebase", "-q", "main", "side")
    assert (pod.show("%an %cn", "HEAD~1"), pod.trailers("HEAD~1")) == (f"Zoe {BOT.name}", [])
    assert pod.trailers() == [LINK]
    pod.run("git", "revert", "--no-edit", "HEAD")
    assert pod.trailers() == [NEXT], "to take something back is new"


@pytest.mark.parametrize("folder", [".git/hooks", ".husky/_"])
def test_a_repositorys_own_hooks_run_and_the_message_is_signed_too(pod, folder):
    if folder != ".git/hooks":
        pod.run("git", "config", "core.hooksPath", folder)
    (pod.work / folder).mkdir(parents=True, exist_ok=True)
    for name in ("pre-commit", "commit-msg"):
        hook = pod.work / folder / name
        hook.write_text(f"#!/bin/sh\necho {name} >>ran\n")
        hook.chmod(0o755)
    pod.write("new")
    pod.run("git", "commit", "-qm", "new")
    assert (pod.work / "ran").read_text() == "pre-commit\ncommit-msg\n"
    assert pod.trailers() == [LINK]


def test_what_a_person_or_a_command_says_itself_goes_before(pod):
    pod.write("one")
    pod.run("git", "commit", "-qm", "one", "--author", "Zoe <zoe@example.org>")
    assert pod.show("%an <%ae> %cn") == f"Zoe <zoe@example.org> {BOT.name}"
    pod.run("git", "config", "user.name", "Own")
    pod.run("git", "config", "user.email", "own@example.org")
    pod.write("two")
    pod.run("git", "commit", "-qm", "two", "-s")
    assert pod.show("%an <%ae> %cn") == f"Own <own@example.org> {BOT.name}"
    assert pod.trailers() == [f"Signed-off-by: {BOT.name} <{BOT.email}>", LINK]


def test_another_turn_has_another_asker_and_none_of_the_words_before(pod):
    pod.git.sign(signed("Asked-in: a private chat", "Co-authored-by: Bob <bob@x>", author=BOT))
    pod.git.connect([])
    pod.write("new")
    pod.run("git", "commit", "-qm", "new")
    assert pod.show("%an %cn") == f"{BOT.name} {BOT.name}"
    assert pod.trailers() == ["Asked-in: a private chat", "Co-authored-by: Bob <bob@x>"]
    pod.git.sign(signed())
    pod.run("git", "commit", "-q", "--allow-empty", "-m", "none")
    assert (pod.trailers(), pod.show("%an")) == ([], ADA.name)


def test_nothing_in_a_name_becomes_a_setting_or_a_line(pod):
    name = 'x"\n[alias]\n\tst = !touch broken\n#'
    pod.git.sign(signed("Asked-in: a\nSigned-off-by: x", author=wire.GitPerson(name=name, email="a@b\n[core]")))
    assert pod.run("git", "config", "--get-regexp", "alias.*", check=False).stdout == ""
    pod.write("new")
    pod.run("git", "commit", "-qm", "new")
    assert pod.trailers() == ["Asked-in: aSigned-off-by: x"]


def test_without_a_runner_the_hook_of_a_repository_does_nothing(pod):
    for file in ("prepare-commit-msg", "git-trailers"):
        (pod.folder / "state" / file).unlink()
    pod.write("new")
    pod.run("git", "commit", "-qm", "new")
    assert pod.trailers() == []
