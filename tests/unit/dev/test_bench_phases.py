"""What one phase of a benchmark lacks takes nothing from the others."""

from __future__ import annotations

import os
import signal
import subprocess
import threading

import pytest

from dev.bench.bounds import ending_well
from dev.bench.phases import Phase, Phases, tell_error
from dev.progress import UserError


def hang():
    threading.Event().wait(50)


def fail(error):
    raise error


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr("dev.bench.phases._LEAST_SECONDS", 0.05)


def test_a_phase_that_is_late_or_fails_is_told_and_the_others_count(short, capsys):
    done, told = [], []
    phases = Phases(most=60, told=told.append, mend=lambda: "1 Insufficient cpu")
    for phase in (
        Phase("first", 30, lambda: done.append("first")), Phase("late", 0, hang),
        Phase("fails", 30, lambda: fail(UserError("The pool\n does not fill."))), Phase("last", 30, lambda: done.append("last")),
    ):  # fmt: skip
        phases.run(phase)
    assert done == ["first", "last"]
    assert told == ["first", "late", "fails", "last"]
    assert phases.missing == {
        "late": "it took longer than 0.05 s; 1 Insufficient cpu", "fails": "The pool does not fill.; 1 Insufficient cpu",
    }  # fmt: skip
    assert "late: not measured to its end: it took longer than 0.05 s" in capsys.readouterr().out


def test_what_needs_another_is_not_begun_without_it():
    begun, phases = [], Phases(most=60)
    phases.run(Phase("build", 30, lambda: fail(UserError("There is no Go."))))
    phases.run(Phase("measure", 30, lambda: begun.append(1), needs="build"))
    phases.run(Phase("else", 30, lambda: begun.append(2), needs="other"))
    assert begun == [2]
    assert phases.missing == {"build": "There is no Go.", "measure": "There is no Go."}


def test_no_phase_takes_longer_than_the_most():
    phases = Phases(most=0.05)
    phases.run(Phase("long", 1000, hang))
    assert phases.missing == {"long": "it took longer than 0.05 s"}


def test_an_ended_run_begins_no_more_and_tells_what_it_has():
    told, begun = [], []
    phases = Phases(most=60, told=told.append, mend=lambda: pytest.fail("somebody waits for the end"))
    with ending_well():
        phases.run(Phase("whole", 30, lambda: None))
        phases.run(Phase("cut", 30, lambda: os.kill(os.getpid(), signal.SIGTERM) or hang()))
        phases.run(Phase("never", 30, lambda: begun.append(1)))
    assert (told, begun) == (["whole", "cut"], [])
    assert phases.missing == dict.fromkeys(("cut", "never"), "the run was ended by SIGTERM")


def test_what_cannot_be_mended_or_told_ends_nothing():
    phases = Phases(most=60, told=lambda _: fail(ValueError("no figures")), mend=lambda: fail(UserError("Pods stay.")))
    phases.run(Phase("fails", 30, lambda: fail(KeyError("x"))))
    assert phases.missing == {"fails": "KeyError: 'x'; behind it: Pods stay."}


def test_an_error_is_told_in_a_part_of_a_line():
    assert tell_error(UserError("a\n  b")) == "a b"
    assert tell_error(subprocess.TimeoutExpired(["kubectl"], 120)) == "a command took longer than 2 min"
    assert len(tell_error(ValueError("x" * 1000))) < 400
