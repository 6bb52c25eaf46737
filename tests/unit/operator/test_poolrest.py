"""How a pool rests behind a claim."""

from __future__ import annotations

from datetime import timedelta

from agent_operator.poolrest import REST, Rest
from tests.support.operator import NOW

PART = REST / 4


def follow(*claimed, step=PART, rest=None):
    """Return how a pool rests after looks in these steps, each with so many claimed."""
    rest = rest or Rest()
    for number, count in enumerate(claimed):
        rest = rest.follow(count, NOW + number * step)
    return rest


def test_a_claim_lets_it_rest_and_the_first_look_does_not():
    assert follow(3).until is None
    assert follow(3, 3).until is None
    rest = follow(3, 4)
    assert rest.until == NOW + PART + REST
    assert rest.compute_left(NOW + PART) == REST.total_seconds()
    assert rest.compute_left(NOW + timedelta(minutes=1)) == 0
    assert follow(3, 2).until is None, "one that ended claims nothing"


def test_it_makes_some_after_each_rest_however_many_claims_go_on():
    looks = [Rest(0)]
    for number in range(40):
        looks.append(looks[-1].follow(number + 1, NOW + number * PART))
    makes = [number for number, rest in enumerate(looks[1:]) if rest.until is None]
    assert makes[:3] == [4, 9, 14], "the first claim begins a rest; where it is over, what is missing is made"


def test_a_clock_that_was_put_back_ends_it():
    assert follow(0, 1).follow(1, NOW - timedelta(hours=1)).until is None


def test_claims_do_not_make_a_rest_longer():
    assert follow(0, 1, 2, 3).until == NOW + PART + REST
