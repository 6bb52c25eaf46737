"""Which lines a run begins with, and which pictures."""

from __future__ import annotations

import pytest

from agent_gateway.store.walk import MOST_PICTURE_BYTES, MOST_PICTURES, MOST_STEPS, Step, Walk, choose_pictures


def step(ordinal, parent="", kind="message", refers=None, pictures=()):
    parent = (f"e{ordinal - 1}" if ordinal > 1 else None) if parent == "" else parent
    return Step(ordinal, f"e{ordinal}", 100, kind, parent, refers, tuple(pictures))


def find(steps, page=3):
    walk = Walk()
    newest = list(reversed(steps))
    for at in range(0, len(newest), page):
        if not walk.done:
            walk.take(newest[at : at + page])
    return [found.ordinal for found in walk.finish()]


LINEAR = [step(n) for n in range(1, 11)]


def at(ordinal, **changed):
    return [step(ordinal, **changed) if s.ordinal == ordinal else s for s in LINEAR]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], []),
        (LINEAR, range(1, 11)),
        (at(7, kind="compaction", refers="e5"), range(5, 11)),
        (at(7, kind="compaction", refers="e7"), range(7, 11)),  # it keeps none before it
        (at(10, kind="compaction", refers="e9"), (9, 10)),
        (at(7, kind="compaction", refers="e9"), range(1, 11)),  # what it keeps is not before it
        (at(7, kind="compaction", refers="gone"), range(1, 11)),
        (at(7, kind="compaction"), range(1, 11)),
        (at(8, parent="e3"), (1, 2, 3, 8, 9, 10)),  # somebody went back
        (at(5, parent=None), range(5, 11)),
        (at(5, parent="cut"), range(5, 11)),
        (at(5, parent="e5"), range(5, 11)),
        (at(5, parent="e9"), range(5, 11)),
    ],
)
def test_a_start_is_the_branch_from_the_last_compaction_on(steps, expected):
    assert find(steps) == list(expected)


def test_of_two_compactions_the_newest_counts_that_the_branch_has():
    steps = [
        step(1), step(2), step(3, kind="compaction", refers="e2"), step(4), step(5),
        step(6, kind="compaction", refers="e5"), step(7), step(8, parent="e4"), step(9),
    ]  # fmt: skip
    assert find(steps[:7]) == [5, 6, 7]
    assert find(steps) == [2, 3, 4, 8, 9]


def test_a_walk_ends_however_long_a_session_is():
    walk = Walk()
    walk.take(step(n) for n in range(2 * MOST_STEPS, 0, -1))
    assert walk.done
    assert len(walk.finish()) == MOST_STEPS


def test_the_newest_pictures_are_put_back_as_far_as_there_is_room():
    steps = [step(n, pictures=[f"{n}a", f"{n}b"]) for n in range(1, MOST_PICTURES + 1)]
    chosen = choose_pictures(steps, {name: 10 for s in steps for name in s.pictures})
    assert [n for n, shown in chosen.items() if all(shown)] == list(range(MOST_PICTURES, MOST_PICTURES // 2, -1))
    large = MOST_PICTURE_BYTES // 2 - 1
    chosen = choose_pictures(steps[:3], {"3b": large, "3a": large, "2b": large, "2a": 1, "1b": 1, "1a": 1})
    assert chosen == {3: (True, True), 2: (False, False), 1: (False, False)}


def test_what_no_model_sees_is_not_put_back():
    steps = [step(1, pictures=["a"]), step(2, pictures=["b", "gone"]), step(3, kind="context_edit", refers="e1")]
    assert choose_pictures(steps, {"a": 1, "b": 1}) == {1: (False,), 2: (True, False)}
