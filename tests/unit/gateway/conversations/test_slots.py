from __future__ import annotations

import random

from agent_gateway.conversations.slots import SlotQueue

ANN, BEN, EVE = 41, 42, 43


def places(line):
    """Return the threads in the order in which they get a place, each place taken kept by its person."""
    order = []
    people = {thread: person for thread, (_, person) in line._waiting.items()}
    while (first := line.first()) is not None:
        order.append(first)
        line.leave(first)
        line.working = {**line.working, people[first]: line.working.get(people[first], 0) + 1}
    return order


def test_one_persons_turns_go_by_when_they_were_written():
    line = SlotQueue()
    assert line.first() is None
    line.join(thread_id=1, turn_id=30, person=ANN)
    line.join(thread_id=2, turn_id=20, person=ANN)
    assert line.first() == 2
    assert line.count_before(2, 20, ANN) == 0
    assert line.count_before(1, 30, ANN) == 1
    assert line.count_before(3, 31, ANN) == 2
    line.leave(2)
    line.leave(2)
    assert line.first() == 1


def test_several_people_go_by_who_wrote_first():
    line = SlotQueue()
    for thread, turn, person in ((1, 30, ANN), (2, 10, BEN), (3, 20, EVE)):
        line.join(thread, turn, person)
    assert places(line) == [2, 3, 1]


def test_the_turns_of_one_person_wait_behind_the_first_of_another():
    line = SlotQueue()
    for number in range(1, 5):
        line.join(number, number, ANN)
    assert line.count_before(9, 9, BEN) == 1
    line.join(9, 9, BEN)
    line.join(10, 10, BEN)
    assert [line.count_before(n, n, ANN) for n in range(1, 5)] == [0, 2, 4, 5]
    assert places(line) == [1, 9, 2, 10, 3, 4]


def test_places_that_a_person_has_count_too():
    line = SlotQueue()
    line.working = {ANN: 2, EVE: 1}
    for thread, turn, person in ((1, 1, ANN), (2, 2, ANN), (3, 3, BEN), (4, 4, BEN), (5, 5, EVE)):
        line.join(thread, turn, person)
    assert places(line) == [3, 4, 5, 1, 2]


def test_a_thread_waits_once_with_its_oldest_turn():
    line = SlotQueue()
    line.join(1, 5, ANN)
    line.join(1, 7, BEN)
    assert line.count_before(2, 6, EVE) == 0
    assert line.is_empty_but_for(1)
    assert not line.is_empty_but_for(2)


def test_whoever_is_told_a_place_gets_theirs_in_that_order():
    rng = random.Random(5)
    line = SlotQueue()
    waiting = [(n, rng.randrange(1000) * 100 + n, rng.choice([ANN, ANN, ANN, BEN, EVE])) for n in range(40)]
    for one in waiting:
        line.join(*one)
    by_place = sorted(waiting, key=lambda one: line.count_before(*one))
    assert [line.count_before(*one) for one in by_place] == list(range(40))
    assert places(line) == [thread for thread, _, _ in by_place]
