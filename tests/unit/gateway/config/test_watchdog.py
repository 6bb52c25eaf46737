"""What ends a process that hangs, and what says that a loop does."""

from __future__ import annotations

import subprocess
import sys

import pytest
from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.health import Health, Heartbeats, create_health_app
from agent_gateway.watchdog import EXIT_CODE, Watchdog


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_a_loop_that_goes_round_is_left_alone_and_one_that_stands_still_is_not():
    clock = Clock()
    dog = Watchdog(hang=60, clock=clock)
    clock.now += 59
    assert dog.look() is None
    dog.feed()
    clock.now += 61
    assert dog.look() is None  # the whole process may have been held up: it gets the time to go round once
    assert "stands still" in dog.look()


def test_a_process_that_was_held_up_and_goes_on_is_left_alone():
    clock = Clock()
    dog = Watchdog(hang=60, clock=clock)
    clock.now += 1000
    assert dog.look() is None
    dog.feed()
    assert [dog.look(), dog.look()] == [None, None]


def test_an_end_has_a_deadline_and_the_earliest_holds():
    clock = Clock()
    dog = Watchdog(hang=60, clock=clock)
    dog.end_within(25)
    dog.end_within(4)
    dog.end_within(25)
    clock.now += 3.9
    assert dog.look() is None
    clock.now += 0.2
    assert "did not end in time" in dog.look()


@pytest.mark.parametrize("stuck", ["while True: pass", "time.sleep(60)"])
def test_it_ends_a_process_whose_loop_does_nothing_any_more(stuck):
    code = f"import time\nfrom agent_gateway.watchdog import Watchdog\ndog = Watchdog(hang=0.2)\ndog.start()\n{stuck}\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == EXIT_CODE
    assert "the event loop stands still" in done.stderr


def test_a_heartbeat_checks_too_and_tells_who_is_stuck():
    clock = Clock()
    beats = Heartbeats(most=120, clock=clock)
    checked = []
    sender = beats.watch("sender", lambda: checked.append(1))
    beats.watch("never begun", lambda: None)
    sender()
    assert checked == [1]
    clock.now += 120
    assert beats.problems() == []
    clock.now += 1
    assert beats.problems() == ["The loop 'sender' has been standing still for 121 s."]
    sender()
    assert beats.problems() == []


async def test_healthz_fails_where_a_loop_is_stuck():
    clock = Clock()
    health = Health()
    health.heartbeats = Heartbeats(most=120, clock=clock)
    health.heartbeats.watch("ingest", lambda: None)()
    async with TestClient(TestServer(create_health_app(health))) as client:
        assert (await client.get("/healthz")).status == 200
        clock.now += 200
        answer = await client.get("/healthz")
        assert (answer.status, await answer.text()) == (503, "The loop 'ingest' has been standing still for 200 s.")
