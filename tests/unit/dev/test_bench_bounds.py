"""A deadline, or somebody who ends a benchmark, reaches what waits, and finds that it cleans up."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading

import pytest

from dev.bench.bounds import InterruptedRunError, TooLongError, bench_guard, bounded, ending_well, tell_seconds

SOON = 0.05
NEVER = 50


def block():
    threading.Event().wait(NEVER)


def run_program():
    subprocess.run(["sleep", str(NEVER)], check=False)


def wait_in_a_loop():
    asyncio.run(asyncio.sleep(NEVER))


def block_within_a_task():
    async def task():
        block()

    asyncio.run(task())


@pytest.mark.parametrize("wait", [block, run_program, wait_in_a_loop, block_within_a_task])
def test_a_deadline_reaches_what_waits(wait):
    with pytest.raises(TooLongError, match=r"longer than 0\.05 s"), bounded(SOON):
        wait()


def test_a_deadline_lets_a_loop_clean_up():
    cleaned = []

    async def work():
        try:
            await asyncio.sleep(NEVER)
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    with pytest.raises(TooLongError), bounded(SOON):
        asyncio.run(work())
    assert cleaned == [True]


def test_a_signal_behind_the_end_strikes_nobody():
    with bounded(NEVER):
        pass
    signal.raise_signal(signal.SIGUSR1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_ends_a_run_lets_it_clean_up(number, monkeypatch):
    """make and timeout(1) both pass a signal on: the second one must not end what cleans up."""
    monkeypatch.setattr("dev.bench.bounds._ONE_PERSON_SECONDS", 1000)
    cleaned = []
    before = signal.getsignal(number)

    def run():
        try:
            os.kill(os.getpid(), number)
            block()
        finally:
            os.kill(os.getpid(), number)
            cleaned.append(True)

    with pytest.raises(InterruptedRunError, match=number.name), ending_well():
        run()
    assert cleaned == [True]
    assert signal.getsignal(number) is before


def test_a_guard_tells_why_it_ended(capsys, monkeypatch):
    monkeypatch.delenv("BENCH_MINUTES", raising=False)
    assert bench_guard(block, SOON / 60) == 1
    assert "The benchmark was ended: it took longer than 0.05 s." in capsys.readouterr().out
    assert bench_guard(lambda: 3, 1) == 3


def test_a_person_may_let_it_take_longer(monkeypatch):
    monkeypatch.setenv("BENCH_MINUTES", str(SOON / 60))
    assert bench_guard(block, 1000) == 1


def test_an_ended_run_has_an_exit_code_of_its_own():
    assert bench_guard(lambda: os.kill(os.getpid(), signal.SIGTERM) or block(), 1) == 130


def test_times_are_told_in_words():
    assert [tell_seconds(one) for one in (30, 90, 600)] == ["30 s", "90 s", "10 min"]
