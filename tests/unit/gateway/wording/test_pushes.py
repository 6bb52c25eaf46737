"""The question of a push: what it changes, on a phone's width."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_gateway.connections.held import Change, Held
from agent_gateway.connections.looks import FileChange, Stat
from agent_gateway.connections.packs import Commit
from agent_gateway.connections.pushes import Command
from agent_gateway.wording.pushes import build_push_message
from agent_gateway.wording.say import LANGUAGES

MOVE = Command("1" * 40, "2" * 40, "refs/heads/agent/fix")


def say(*changes, language="en"):
    return build_push_message(language, Held(1, 1, "hub", "acme/api", changes), None).text


def change(count=3, **more):
    files = tuple(FileChange(f"src/{number}.py", number, 1) for number in range(count))
    return replace(Change(MOVE, (Commit("2" * 40, (), "Mend it"),), rewrites=False, stat=Stat(files)), **more)


def test_the_first_files_stand_open_and_the_rest_is_folded():
    text = say(change(9))
    assert "9 files, +36 \N{MINUS SIGN}9\n- `src/0.py` \N{MINUS SIGN}1\n- `src/1.py` +1 \N{MINUS SIGN}1" in text
    assert text.count("\n- `src/") == 5
    assert text.count("\n> `src/") == 4


def test_many_files_are_cut_and_said_to_be_more():
    text = say(change(300, stat=Stat(tuple(FileChange(f"{n}", None, None) for n in range(300)), more=True)))
    assert "More than 300 files" in text
    assert text.count("\n> `") == 25
    assert "> …and more" in text


def test_workflow_files_are_named_above_all():
    text = say(change(workflows=(".github/workflows/ci.yml",)))
    assert "⚠ This changes what runs by itself there, often with keys of its own:\n- `.github/workflows/ci.yml`" in text
    assert "⚠ I could not tell whether" in say(change(workflows_unknown=True))


def test_what_could_not_be_looked_at_is_said():
    assert "I could not look at what it changes." in say(change(stat=None))


@pytest.mark.parametrize("path", ["a`b\n# c", "x/" * 200 + "end.py", "\u202egpj.exe"])
def test_a_path_breaks_no_line_and_hides_nothing(path):
    text = say(change(stat=Stat((FileChange(path, 1, 0),))))
    line = next(line for line in text.split("\n") if line.startswith("- `") and line.endswith("` +1"))
    assert len(line) < 60
    assert "\u202e" not in line


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_worst_question_fits_into_a_message(language):
    worst = change(300, workflows=tuple(f".github/workflows/{'x' * 100}{n}" for n in range(30)), workflows_unknown=True)
    commits = tuple(Commit("2" * 40, (), "s" * 200) for _ in range(20))
    assert len(say(*[replace(worst, commits=commits)] * 6, language=language)) < 4096
