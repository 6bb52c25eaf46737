"""Words for a running turn: which pi is given, and when."""

from __future__ import annotations

import pytest

from agent_runner.steering import Steering


@pytest.fixture
def steering():
    return Steering()


def test_words_wait_until_pi_works(steering):
    steering.begin(1)
    steering.add(1, 5, "in French")
    steering.add(1, 5, "in French")
    assert steering.take() == []
    steering.begun = True
    assert steering.take() == ["in French"]
    assert steering.take() == []


def test_words_that_come_while_files_are_fetched_are_kept(steering):
    steering.add(1, 5, "in French")
    steering.begin(1)
    steering.begun = True
    assert steering.take() == ["in French"]


def test_words_for_another_turn_are_forgotten(steering):
    steering.add(1, 5, "in French")
    steering.begin(2)
    steering.begun = True
    assert steering.take() == []


def test_words_in_the_middle_of_a_turn_go_at_once(steering):
    steering.begin(1)
    steering.begun = True
    steering.add(1, 5, "in French")
    assert steering.take() == ["in French"]
    assert steering.end()
    assert not steering.begun
