"""Who may ask forges at once."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from agent_gateway.forges.places import MOST_AT_ONCE, MOST_OF_RUN, MOST_WAITING, NoPlace, Places


def test_one_run_keeps_no_other_from_a_place():
    places = Places()
    with ExitStack() as held:
        for _ in range(MOST_OF_RUN):
            held.enter_context(places.hold((1, 1)))
        with pytest.raises(NoPlace), places.hold((1, 1)):
            pass
        with places.hold((2, 1)), places.wait((1, 1)):
            pass
    with places.hold((1, 1)):
        pass


def test_all_runs_together_have_no_more_than_there_are():
    places = Places()
    with ExitStack() as held:
        for run in range(MOST_AT_ONCE):
            held.enter_context(places.hold((run, 1)))
        with pytest.raises(NoPlace), places.hold((99, 1)):
            pass


def test_those_that_wait_are_counted_apart():
    places = Places()
    with ExitStack() as held:
        for _ in range(MOST_WAITING):
            held.enter_context(places.wait((1, 1)))
        with pytest.raises(NoPlace), places.wait((1, 1)):
            pass
        with places.wait((2, 1)), places.hold((1, 1)):
            pass
    with places.wait((1, 1)):
        pass
