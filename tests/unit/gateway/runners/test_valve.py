"""A transport reads where neither side holds it back."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from agent_gateway.runners.valve import Valve


class Reading(asyncio.Transport):
    def __init__(self):
        super().__init__()
        self.reads, self.closing = True, False

    def is_reading(self):
        return self.reads

    def is_closing(self):
        return self.closing

    def pause_reading(self):
        self.reads = False

    def resume_reading(self):
        self.reads = True


STEPS = ("pause_reading", "resume_reading", "hold", "release")


@pytest.mark.parametrize("steps", list(itertools.product(STEPS, repeat=4)))
def test_it_reads_where_neither_holds_it_back(steps):
    inner = Reading()
    valve = Valve(inner)
    paused = held = False
    for step in steps:
        getattr(valve, step)()
        paused = {"pause_reading": True, "resume_reading": False}.get(step, paused)
        held = {"hold": True, "release": False}.get(step, held)
        assert valve.is_reading() is inner.reads is not (paused or held)


def test_one_that_closes_reads_no_more():
    inner = Reading()
    valve = Valve(inner)
    valve.hold()
    inner.closing = True
    valve.release()
    assert not valve.is_reading()
