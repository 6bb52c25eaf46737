"""A loop that fails is begun again; lost leadership ends all, within seconds."""

from __future__ import annotations

import asyncio
import logging

import pytest

from agent_gateway.errors import LeadershipLost
from agent_gateway.metrics import LOOP_FAILURES
from agent_gateway.store.errors import Away
from agent_gateway.supervise import (
    Loop,
    LoopState,
    Policy,
    Supervisor,
    compute_pause,
    describe_problem,
    note_failure,
)
from tests.support.eventually import PATIENCE, eventually

POLICY = Policy(first_pause=0.001, longest_pause=0.004, end=0.2)


async def for_ever():
    await asyncio.Event().wait()


class Script:
    """A loop that does one thing after the other: raises an error, or returns; at last it runs for ever."""

    def __init__(self, *steps):
        self.steps = list(steps)
        self.begun = 0
        self.running = False
        self.cancelled = False

    async def __call__(self):
        self.begun += 1
        if self.steps:
            step = self.steps.pop(0)
            if step is None:
                return
            raise step
        self.running = True
        try:
            await for_ever()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


class Hanging:
    """A loop whose clean-up waits for what never answers, until a test lets it go."""

    def __init__(self):
        self.answered = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def __call__(self):
        try:
            await for_ever()
        finally:
            self.cancelled.set()
            await self.answered.wait()


async def stop(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def counted(name):
    return LOOP_FAILURES.labels(name)._value.get()


# --- pure ------------------------------------------------------------------------------------------


def test_pauses_double_up_to_the_cap():
    policy = Policy(first_pause=0.5, longest_pause=30)
    assert [compute_pause(policy, n, 0) for n in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert compute_pause(policy, 10**9, 0) == 30


def test_chance_takes_a_part_of_a_pause_and_adds_none():
    assert compute_pause(Policy(), 7, 1) == 30 * 0.75
    assert compute_pause(Policy(), 7, 0.5) == 30 * 0.875


def test_failures_count_in_a_row_until_the_loop_ran_well():
    running = LoopState("a", "running", 100)
    first = note_failure(Policy(), running, "E", 130)
    assert first == LoopState("a", "pausing", 130, 1, 130, "E")
    again = LoopState("a", "running", 131, 1, 130, "E")
    assert note_failure(Policy(), again, "F", 190.9) == LoopState("a", "pausing", 190.9, 2, 130, "F")
    assert note_failure(Policy(), again, "F", 191) == LoopState("a", "pausing", 191, 1, 191, "F")


@pytest.mark.parametrize(
    ("state", "now", "told"),
    [
        (LoopState("a", "running", 0), 1000, False),
        (LoopState("a", "pausing", 100, 1, 100, "E"), 130, False),
        (LoopState("a", "pausing", 100, 1, 100, "E"), 131, True),
        (LoopState("a", "running", 128, 5, 100, "E"), 131, True),  # it fails after a few seconds each time
        (LoopState("a", "running", 128, 5, 100, "E"), 158, False),
        (LoopState("a", "ended", 131, 5, 100, "E"), 132, False),
    ],
)
def test_a_loop_is_a_problem_when_it_has_failed_for_long(state, now, told):
    words = describe_problem(Policy(), state, now)
    assert (words is not None) is told
    if told:
        assert words == f"The loop 'a' has been failing for 31 s (E, {state.failures} in a row)."


def test_two_loops_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two loops have one name"):
        Supervisor([Loop("a", for_ever), Loop("a", for_ever)])


# --- failures --------------------------------------------------------------------------------------


async def test_a_loop_that_fails_is_begun_again_and_the_others_go_on(caplog):
    failing, steady = Script(Away("secret words"), KeyError("secret words"), OSError()), Script()
    before = counted("failing")
    supervisor = Supervisor([Loop("failing", failing), Loop("steady", steady)], policy=POLICY)
    with caplog.at_level(logging.DEBUG):
        task = asyncio.create_task(supervisor.run())
        await eventually(lambda: failing.running)
        first, second = supervisor.states()
        assert (first.name, first.state, first.failures, first.last_error) == ("failing", "running", 3, "OSError")
        assert (second.name, second.state, second.failures, second.last_error) == ("steady", "running", 0, None)
        await stop(task)
    assert (failing.begun, steady.begun) == (4, 1)
    assert failing.cancelled
    assert steady.cancelled
    assert counted("failing") - before == 3
    faults = [r.fault for r in caplog.records if r.message == "loop_failed"]
    assert [fault.split(" < ")[0] for fault in faults] == ["Away", "KeyError", "OSError"]
    assert "test_supervise:" in faults[0]
    assert "secret" not in caplog.text + "".join(faults)


async def test_a_loop_that_returns_is_begun_again():
    returning = Script(None, None)
    supervisor = Supervisor([Loop("returning", returning)], policy=POLICY)
    task = asyncio.create_task(supervisor.run())
    await eventually(lambda: returning.running)
    (state,) = supervisor.states()
    assert (state.failures, state.last_error) == (2, "LoopReturned")
    await stop(task)


async def test_a_finite_loop_may_return_and_is_not_begun_again():
    finite, other = Script(OSError(), None), Script(None)
    supervisor = Supervisor([Loop("finite", finite, finite=True), Loop("other", other, finite=True)], policy=POLICY)
    await asyncio.wait_for(supervisor.run(), PATIENCE)
    assert (finite.begun, other.begun) == (2, 1)
    assert [state.state for state in supervisor.states()] == ["ended", "ended"]


async def test_a_cancellation_that_leaks_out_of_a_loop_is_a_failure():
    leaking = Script(asyncio.CancelledError())
    supervisor = Supervisor([Loop("leaking", leaking)], policy=POLICY)
    task = asyncio.create_task(supervisor.run())
    await eventually(lambda: leaking.running)
    assert supervisor.states()[0].last_error == "CancelledError"
    await stop(task)


async def test_a_group_of_errors_is_told_by_what_it_holds():
    grouped = Script(ExceptionGroup("g", [ExceptionGroup("h", [Away()])]))
    supervisor = Supervisor([Loop("grouped", grouped)], policy=POLICY)
    task = asyncio.create_task(supervisor.run())
    await eventually(lambda: grouped.running)
    assert supervisor.states()[0].last_error == "Away"
    await stop(task)


async def test_a_loop_that_keeps_failing_is_told_in_words():
    now = [0.0]

    async def fail():
        raise Away

    policy = Policy(first_pause=0.001, longest_pause=0.001, patience=30)
    supervisor = Supervisor([Loop("sender", fail), Loop("steady", for_ever)], policy=policy, clock=lambda: now[0])
    task = asyncio.create_task(supervisor.run())
    await eventually(lambda: supervisor.states() and supervisor.states()[0].failures > 2)
    assert supervisor.problems() == []
    now[0] = 40.0
    (problem,) = supervisor.problems()
    assert problem.startswith("The loop 'sender' has been failing for 40 s (Away, ")
    await stop(task)


# --- the end ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [LeadershipLost("l"), ExceptionGroup("g", [OSError(), LeadershipLost("l")])])
async def test_lost_leadership_ends_all_loops_and_is_raised(lost):
    steady, pausing = Script(), Script(OSError())
    leader = Script(lost)
    policy = Policy(first_pause=3600, longest_pause=3600)

    async def lose():
        await eventually(lambda: steady.running and pausing.begun)
        await leader()

    supervisor = Supervisor([Loop("leader", lose), Loop("steady", steady), Loop("pausing", pausing)], policy=policy)
    with pytest.raises(LeadershipLost):
        await asyncio.wait_for(supervisor.run(), PATIENCE)
    assert steady.cancelled
    assert (steady.begun, pausing.begun, leader.begun) == (1, 1, 1)
    assert supervisor.given_up == ()


async def test_a_loop_that_hangs_in_its_clean_up_does_not_hold_up_the_end(caplog):
    hanging, steady = Hanging(), Script()

    async def lose():
        await eventually(lambda: steady.running)
        raise LeadershipLost

    supervisor = Supervisor([Loop("leader", lose), Loop("hanging", hanging), Loop("steady", steady)], policy=POLICY)
    with pytest.raises(LeadershipLost):
        await supervisor.run()
    assert hanging.cancelled.is_set()
    assert steady.cancelled
    assert supervisor.given_up == ("hanging",)
    (record,) = [r for r in caplog.records if r.message == "loops_given_up"]
    assert record.loops == ("hanging",)
    hanging.answered.set()
    await eventually(lambda: all(task.get_name() != "hanging" for task in asyncio.all_tasks()))


async def test_a_loop_that_overhears_its_cancellation_is_not_begun_again():
    begun, deaf = [], asyncio.Event()

    async def run():
        begun.append(1)
        try:
            await for_ever()
        except asyncio.CancelledError:
            deaf.set()

    supervisor = Supervisor([Loop("deaf", run)], policy=POLICY)
    task = asyncio.create_task(supervisor.run())
    await eventually(lambda: begun)
    await stop(task)
    assert deaf.is_set()
    assert begun == [1]
    assert supervisor.states()[0].state == "ended"


async def test_an_error_of_the_clean_up_is_logged_and_hides_nothing(caplog):
    async def run():
        try:
            await for_ever()
        finally:
            raise OSError("secret words")

    async def lose():
        await asyncio.sleep(0)
        raise LeadershipLost

    supervisor = Supervisor([Loop("bad end", run), Loop("leader", lose)], policy=POLICY)
    with pytest.raises(LeadershipLost):
        await supervisor.run()
    await eventually(lambda: [r for r in caplog.records if r.message == "loop_end_failed"])
    (record,) = [r for r in caplog.records if r.message == "loop_end_failed"]
    assert (record.loop, record.fault.split(" < ")[0]) == ("bad end", "OSError")
    assert "secret" not in caplog.text


async def test_a_cancelled_supervisor_waits_for_its_loops_within_the_bound():
    hanging, steady = Hanging(), Script()
    supervisor = Supervisor([Loop("hanging", hanging), Loop("steady", steady)], policy=POLICY)
    task = asyncio.create_task(supervisor.run())
    await eventually(lambda: steady.running)
    await stop(task)
    assert (steady.cancelled, supervisor.given_up) == (True, ("hanging",))
    hanging.answered.set()
    await eventually(lambda: len(asyncio.all_tasks()) == 1)
