from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from agent_kube.clock import ServerClock

SERVER = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Machine:
    """A clock that stands 45 s behind the API server's until told otherwise."""

    def __init__(self):
        self.seconds = 1000.0

    def steady(self):
        return self.seconds

    def wall(self):
        return SERVER.timestamp() - 45


def answer(clock, at, took=0.0):
    begun = clock.stamp()
    clock.note(format_datetime(datetime.fromtimestamp(int(at), UTC), usegmt=True), begun - took)


def test_before_the_first_answer_this_machines_time_counts():
    clock = ServerClock(wall=Machine().wall, steady=Machine().steady)
    assert not clock.heard
    assert clock.now().timestamp() == SERVER.timestamp() - 45


def test_the_servers_time_counts_and_goes_on_between_answers():
    machine = Machine()
    clock = ServerClock(wall=machine.wall, steady=machine.steady)
    answer(clock, SERVER.timestamp())
    assert clock.heard
    assert abs(clock.now().timestamp() - SERVER.timestamp()) <= 1
    machine.seconds += 100
    assert abs(clock.now().timestamp() - SERVER.timestamp() - 100) <= 1


def test_answers_within_a_second_do_not_move_it():
    machine = Machine()
    clock = ServerClock(wall=machine.wall, steady=machine.steady)
    told = []
    for tenth in range(50):
        machine.seconds = 1000 + tenth / 10
        answer(clock, SERVER.timestamp() + 0.35 + tenth / 10)
        told.append(clock.now().timestamp() - machine.seconds)
    assert max(told[10:]) - min(told[10:]) < 1e-6
    assert abs(told[10] + 1000 - SERVER.timestamp() - 0.35) <= 0.2


def test_a_slow_answer_allows_for_its_way():
    machine = Machine()
    clock = ServerClock(wall=machine.wall, steady=machine.steady)
    answer(clock, SERVER.timestamp())
    before = clock.now()
    answer(clock, SERVER.timestamp() - 8, took=10)
    assert clock.now() == before


def test_a_date_that_cannot_be_read_says_nothing():
    clock = ServerClock(wall=Machine().wall, steady=Machine().steady)
    for date in (None, "", "yesterday", "Wed, 99 Foo 2026 00:00:00 GMT"):
        clock.note(date, clock.stamp())
    assert not clock.heard
