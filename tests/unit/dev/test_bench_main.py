"""A run of the latency benchmark from its beginning to its end, with a release that is played."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from types import SimpleNamespace

import pytest

from dev.bench import __main__ as bench
from dev.bench.phases import Phase
from dev.progress import UserError


@pytest.fixture
def play(monkeypatch, tmp_path):
    """Return what runs it with phases, and notes what was done to the cluster."""
    done = []
    release = SimpleNamespace(
        cluster=None, namespace="n", install=lambda _: done.append("install"), kubectl=lambda *_, **__: "",
        forward=lambda *_: contextlib.nullcontext(1),
    )  # fmt: skip
    archive = tmp_path / "image.tar"
    archive.write_bytes(b"")
    monkeypatch.setattr(bench, "prepare", lambda *_: (release, {}))
    monkeypatch.setattr(bench, "clear", lambda _, *, beside: done.append("clear"))
    monkeypatch.setattr(bench, "mend", lambda _: "")
    monkeypatch.setattr(bench, "build_all", lambda: {"runner": ("ref", archive), "gateway": ("ref", archive)})
    monkeypatch.setattr(bench, "RESULT", tmp_path / "build" / "found.json")
    monkeypatch.setattr("dev.bench.__main__.step", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr("sys.argv", ["bench", "--pool"])

    def run(*works):
        def build(some, _asked, _chats):
            return [Phase(f"phase {number}", 1, lambda work=work: work(some)) for number, work in enumerate(works)]

        monkeypatch.setattr(bench, "build_phases", build)
        return bench.main()

    return SimpleNamespace(run=run, done=done, release=release, file=tmp_path / "build" / "found.json")


def measure(some):
    some.direct.append(8.0)


def test_a_whole_run_begins_and_ends_with_a_cluster_that_has_nothing_of_it(play):
    assert play.run(measure) == 0
    assert play.done == ["clear", "install", "clear"]
    assert json.loads(play.file.read_text())["samples"]["direct"] == [8.0]


def test_what_is_missing_shows_in_the_table_and_in_the_exit_code(play, capsys):
    def fail(_):
        raise UserError("The pool does not fill.")

    assert play.run(fail, measure) == 1
    said = capsys.readouterr().out
    assert "| phase 0 | | | | | not measured to its end: The pool does not fill. | |" in said
    assert "| pi alone: prompt → first text | 1 | 8 | 8 | 8 | | |" in said


def test_a_run_that_is_ended_tells_what_it_has_and_removes_its_own(play, capsys):
    def end(_):
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(50)

    assert play.run(measure, end, lambda _: pytest.fail("it goes on")) == 130
    said = capsys.readouterr().out
    assert said.index("pi alone: prompt → first text") < said.index("phase 1: not measured to its end")
    assert "| phase 2 | | | | | not measured to its end: the run was ended by SIGTERM | |" in said
    assert play.done == ["clear", "install", "clear"]


def test_an_installation_that_fails_is_removed_too(play):
    def install(_):
        raise UserError("no room")

    play.release.install = install
    with pytest.raises(UserError, match="no room"):
        play.run(measure)
    assert play.done == ["clear", "clear"]


def test_what_cannot_be_removed_at_the_end_takes_no_figure_away(play, monkeypatch, capsys):
    clears = iter([None, UserError("a namespace stays")])

    def clear(_, **_more):
        if error := next(clears):
            raise error

    monkeypatch.setattr(bench, "clear", clear)
    assert play.run(measure) == 0
    assert "Not all of it could be removed: a namespace stays" in capsys.readouterr().err
