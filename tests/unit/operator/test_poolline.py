"""For how long a pod stays that was for somebody who is in line no more."""

from __future__ import annotations

from datetime import timedelta

from agent_operator.poolline import STAY, Line
from tests.support.operator import NOW

SOON = NOW + STAY / 2
LATER = NOW + STAY


def test_it_stays_a_moment_after_the_line_is_shorter_and_no_longer():
    line = Line().follow(2, NOW)
    assert (line, line.compute_left(NOW)) == (Line(2), None)
    line = line.follow(1, NOW + timedelta(hours=1)).follow(0, NOW + timedelta(hours=1) + STAY / 2)
    assert (line.pods, line.compute_left(NOW + timedelta(hours=1) + STAY / 2)) == (2, STAY.total_seconds() / 2)
    assert line.follow(0, NOW + timedelta(hours=1) + STAY) == Line(0)


def test_who_comes_back_has_it_for_as_long_as_they_wait():
    line = Line(1).follow(0, NOW).follow(1, SOON)
    assert line == Line(1)
    assert line.follow(0, LATER).pods == 1


def test_more_in_line_have_more_at_once():
    assert Line(1).follow(0, NOW).follow(3, SOON) == Line(3)
