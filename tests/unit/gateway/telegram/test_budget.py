from __future__ import annotations

import pytest

from agent_gateway.telegram.outbound.budget import (
    ALL_CALLS,
    GROUP_CALLS,
    NOTICE_CALLS,
    PREVIEW_CALLS,
    PRIVATE_CALLS,
    STRANGER_SECONDS,
    Budgets,
    ChatBudget,
    Kind,
)


def spend(budget, kind, now):
    """Take all that a kind of call may take at a moment."""
    taken = 0
    while budget.wait(kind, now) == 0:
        budget.spend(now)
        taken += 1
    return taken


def test_a_group_gets_what_telegram_allows_in_any_minute():
    budget = ChatBudget(group=True)
    made = []
    now = 0.0
    while now < 600:
        wait = budget.wait(Kind.ANSWER, now)
        if wait == 0:
            budget.spend(now)
            made.append(now)
        now += max(wait, 0.05)
    assert len(made) > 9 * GROUP_CALLS
    assert max(sum(at <= other < at + 60 for other in made) for at in made) <= 20


def test_previews_leave_room_for_the_end_of_each_turn():
    budget = ChatBudget(group=True, turns=8)
    assert spend(budget, Kind.PREVIEW, 0) == GROUP_CALLS - 8
    assert spend(budget, Kind.FIRST, 0) == 8 - 3
    assert spend(budget, Kind.ANSWER, 0) == 3
    assert budget.wait(Kind.ANSWER, 1) == pytest.approx(60.2, abs=0.1)


@pytest.mark.parametrize(("group", "most"), [(True, GROUP_CALLS), (False, PRIVATE_CALLS)])
def test_notices_leave_a_third_of_a_chat_to_what_people_wait_for(group, most):
    budget = ChatBudget(group=group)
    assert spend(budget, Kind.NOTICE, 0) == most - most // 3
    assert budget.wait(Kind.NOTICE, 5) > 0
    assert spend(budget, Kind.ANSWER, 5) == most // 3


def test_notices_and_previews_of_all_chats_leave_calls_to_answers():
    now = 0.0
    for kind, most in ((Kind.NOTICE, NOTICE_CALLS), (Kind.PREVIEW, PREVIEW_CALLS), (Kind.ANSWER, ALL_CALLS)):
        budgets = Budgets(lambda: now)
        chat = 0
        while budgets.wait(chat := chat + 1, kind) == 0:
            budgets.spend(chat, kind)
        assert chat - 1 == most
        assert (budgets.wait(chat, Kind.ANSWER) == 0) is (kind is not Kind.ANSWER)


def test_people_whom_the_bot_does_not_know_are_told_something_once_a_second():
    now = 0.0
    budgets = Budgets(lambda: now)
    budgets.spend(5, Kind.STRANGER)
    assert budgets.wait(6, Kind.STRANGER) == STRANGER_SECONDS
    assert budgets.wait(6, Kind.ANSWER) == 0
    now = 1.0
    assert budgets.wait(6, Kind.STRANGER) == 0


def test_one_turn_in_a_group_is_edited_every_few_seconds_and_ten_seldom():
    assert ChatBudget(group=True, turns=1).interval == pytest.approx(60 / 14)
    assert ChatBudget(group=True, turns=10).interval == pytest.approx(600 / 14)


def test_a_private_chat_gets_one_a_second_and_answers_before_previews():
    budget = ChatBudget(group=False)
    assert budget.interval == 2.0
    assert spend(budget, Kind.PREVIEW, 0) == PRIVATE_CALLS - 1
    assert spend(budget, Kind.ANSWER, 0) == 1
    assert budget.wait(Kind.ANSWER, 0) == 1.0
    assert budget.wait(Kind.PREVIEW, 0) == PRIVATE_CALLS
    budget.spend(1)
    assert budget.wait(Kind.ANSWER, 1.5) == 0.5


def test_a_refusal_halves_what_is_planned_and_it_comes_back_slowly():
    budget = ChatBudget(group=True)
    budget.refuse(0)
    for minutes, calls in ((1, 9), (9, 9), (13, 14), (16, 18), (21, 18)):
        budget.made.clear()
        assert spend(budget, Kind.ANSWER, minutes * 60) == calls
    for _ in range(5):
        budget.refuse(1)
    budget.made.clear()
    assert spend(budget, Kind.ANSWER, 60) == 4
    assert spend(ChatBudget(group=True, turns=30, refusals=3, refused_at=0), Kind.PREVIEW, 0) == 2


def test_all_chats_together_keep_to_what_a_bot_may():
    now = 100.0
    budgets = Budgets(lambda: now)
    for chat in range(1, ALL_CALLS + 1):
        assert budgets.wait(chat, Kind.ANSWER) == 0
        budgets.spend(chat)
    assert budgets.wait(9999, Kind.ANSWER) == pytest.approx(1.0)
    now += 1.0
    assert budgets.wait(9999, Kind.ANSWER) == 0


def test_a_chat_that_rests_holds_up_no_other():
    now = 100.0
    budgets = Budgets(lambda: now)
    budgets.throttle(-1, 30)
    assert budgets.wait(-1, Kind.ANSWER) == 30
    assert budgets.held() == {-1: 30}
    assert budgets.wait(-2, Kind.PREVIEW) == 0
    now += 30
    assert budgets.wait(-1, Kind.ANSWER) == 0
    assert budgets.of(-1).refusals == 1


def test_budgets_of_silent_chats_are_forgotten():
    now = 100.0
    budgets = Budgets(lambda: now)
    for chat in range(1, 1002):
        budgets.of(-chat).spend(now)
    now += 100
    for chat in range(1, 1002):
        budgets.of(-chat).wait(Kind.ANSWER, now)
    budgets.of(-5000)
    assert len(budgets._chats) == 1  # what is kept is what this is about
