from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from agent_gateway.errors import LeadershipLost
from agent_gateway.store.chatrows import DueReaction
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import Address, TurnState
from agent_gateway.telegram.errors import (
    Ambiguous,
    NotSent,
    RefusalKind,
    Refused,
    ServerFailed,
    Throttled,
    Unauthorized,
)
from agent_gateway.telegram.fakes import FakeChat
from agent_gateway.telegram.outbound.pace import Cooldowns
from agent_gateway.telegram.outbound.reactions import DONE, FAILED, REFUSED_SECONDS, SEEN, Reactions, choose
from agent_simulators.telegram.checks import REACTIONS
from tests.support.eventually import eventually

PRIVATE, GROUP = Address(1000, 5), Address(1000, -100)
NOT_ALLOWED = Refused(RefusalKind.OTHER, "Bad Request: REACTION_INVALID")
GONE = Refused(RefusalKind.NOT_FOUND, "Bad Request: message to react not found")


class Turns:
    """Turns and what is recorded of their reactions, with the order of the real store."""

    def __init__(self):
        self.turns: dict[int, DueReaction] = {}
        self.settled: list[int] = []
        self.delays: list[float] = []
        self.failing: Exception | None = None
        self.asked = 0

    def queue(self, turn_id, address=PRIVATE):
        self.turns[turn_id] = DueReaction(turn_id, address, turn_id + 10, TurnState.QUEUED, None, False, 0)

    def end(self, turn_id, state=TurnState.DONE, reason=None):
        self.turns[turn_id] = replace(self.turns[turn_id], state=state, reason=reason)

    async def due(self, busy, exclude_chats, most):
        self.asked += 1
        if self.failing:
            raise self.failing
        return [
            t for t in self.turns.values()
            if t.turn_id not in busy and t.address.chat_id not in exclude_chats and t.turn_id not in self.settled
            and (not t.begun or choose(t.state, t.reason) != SEEN)
        ][:most]  # fmt: skip

    async def begin(self, turn_id):
        self.turns[turn_id] = replace(self.turns[turn_id], begun=True)

    async def settle(self, turn_id):
        self.settled.append(turn_id)

    async def retry(self, turn_id, delay):
        self.delays.append(delay)
        self.turns[turn_id] = replace(self.turns[turn_id], attempts=self.turns[turn_id].attempts + 1)


@pytest.fixture
def turns():
    return Turns()


@pytest.fixture
def chat():
    return FakeChat()


@contextlib.asynccontextmanager
async def reacting(chat, turns, **more):
    reactions = Reactions(chat, turns, **{"check": lambda: None, "poll": 0.01, **more})
    task = asyncio.create_task(reactions.run())
    try:
        yield reactions
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def looked(turns):
    """Wait until it was looked a few times more, so that what is not done now will not be."""
    since = turns.asked
    await eventually(lambda: turns.asked >= since + 3)


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (TurnState.QUEUED, None, SEEN),
        (TurnState.DELIVERED, None, SEEN),
        (TurnState.STARTED, None, SEEN),
        (TurnState.DONE, None, DONE),
        (TurnState.FAILED, "provider", FAILED),
        (TurnState.FAILED, "timeout", FAILED),
        (TurnState.FAILED, "aborted", None),
        (TurnState.CANCELLED, None, None),
    ],
)
def test_what_should_stand(state, reason, expected):
    assert choose(state, reason) == expected


def test_telegram_knows_each_of_them():
    assert {SEEN, DONE, FAILED} <= REACTIONS
    assert len(REACTIONS) == 73


async def test_eyes_at_once_and_the_outcome_in_their_place(chat, turns):
    turns.queue(1)
    async with reacting(chat, turns):
        await eventually(lambda: chat.reactions == {11: SEEN})
        turns.end(1)
        await eventually(lambda: chat.reactions == {11: DONE} and turns.settled == [1])
        await looked(turns)
    assert chat.kinds() == ["react", "react"]


async def test_a_hint_is_enough(chat, turns):
    async with reacting(chat, turns, poll=600) as reactions:
        await eventually(lambda: turns.asked)
        turns.queue(1)
        reactions.notify()
        await eventually(lambda: chat.reactions == {11: SEEN})


async def test_what_a_person_stopped_bears_nothing(chat, turns):
    turns.queue(1)
    async with reacting(chat, turns):
        await eventually(lambda: chat.reactions)
        turns.end(1, TurnState.FAILED, "aborted")
        await eventually(lambda: turns.settled == [1])
    assert chat.reactions == {}


async def test_a_turn_that_ended_before_its_eyes_gets_its_outcome_alone(chat, turns):
    turns.queue(1)
    turns.end(1, TurnState.FAILED, "provider")
    turns.queue(2)
    turns.end(2, TurnState.CANCELLED)
    async with reacting(chat, turns):
        await eventually(lambda: sorted(turns.settled) == [1, 2])
    assert chat.reactions == {11: FAILED}
    assert chat.kinds() == ["react"]


async def test_a_restart_leaves_no_eyes(chat, turns):
    turns.queue(1)
    async with reacting(chat, turns):
        await eventually(lambda: chat.reactions == {11: SEEN})
    turns.end(1)
    async with reacting(chat, turns):
        await eventually(lambda: chat.reactions == {11: DONE})


async def test_a_chat_that_allows_no_reactions_is_asked_once(chat, turns):
    now = 0.0
    chat.faults.append(NOT_ALLOWED)
    turns.queue(1, GROUP)
    async with reacting(chat, turns, clock=lambda: now):
        await eventually(lambda: turns.settled == [1])
        turns.end(1)
        turns.queue(2, GROUP)
        turns.queue(3)
        await eventually(lambda: turns.settled == [1, 2] and chat.reactions == {13: SEEN})
        assert chat.kinds() == ["react", "react"]
        now = REFUSED_SECONDS + 1
        turns.queue(4, GROUP)
        await eventually(lambda: chat.reactions == {13: SEEN, 14: SEEN})


async def test_eyes_go_where_the_outcome_is_not_allowed(chat, turns):
    turns.queue(1, GROUP)
    async with reacting(chat, turns):
        await eventually(lambda: chat.reactions == {11: SEEN})
        chat.faults.append(NOT_ALLOWED)
        turns.end(1)
        await eventually(lambda: turns.settled == [1])
        await looked(turns)
    assert chat.reactions == {}
    assert [text for _, _, text in chat.calls] == [SEEN, DONE, ""]


async def test_a_message_that_is_gone_says_nothing_of_its_chat(chat, turns):
    chat.faults.append(GONE)
    turns.queue(1)
    async with reacting(chat, turns):
        await eventually(lambda: turns.settled == [1])
        turns.queue(2)
        await eventually(lambda: chat.reactions == {12: SEEN})
        chat.faults.append(GONE)
        turns.end(2)
        await eventually(lambda: turns.settled == [1, 2])


@pytest.mark.parametrize("fault", [NotSent("x"), Ambiguous("x"), ServerFailed("x"), Unauthorized()])
async def test_eyes_are_tried_once_and_the_outcome_again(chat, turns, fault):
    chat.faults.append(fault)
    turns.queue(1)
    async with reacting(chat, turns):
        await eventually(lambda: chat.kinds() == ["react"])
        await looked(turns)
        assert chat.kinds() == ["react"]
        chat.faults.extend([fault, fault])
        turns.end(1)
        await eventually(lambda: chat.reactions == {11: DONE})
    assert turns.delays == [1.0, 2.0]


async def test_an_outcome_is_given_up_after_a_while(chat, turns):
    turns.queue(1)
    async with reacting(chat, turns):
        await eventually(lambda: chat.reactions)
        chat.faults.extend([NotSent("x")] * 20)
        turns.end(1)
        await eventually(lambda: turns.settled == [1])
        await looked(turns)
    assert len(chat.calls) == 1 + 8


async def test_too_many_reactions_hold_that_chats_reactions_and_nothing_else(chat, turns):
    now = 0.0
    messages = Cooldowns(lambda: now)
    chat.faults.append(Throttled(30))
    turns.queue(1, GROUP)
    async with reacting(chat, turns, cooldowns=messages, clock=lambda: now):
        await eventually(lambda: chat.calls)
        turns.end(1)
        turns.queue(2)
        await eventually(lambda: chat.reactions == {12: SEEN})
        await looked(turns)
        assert messages.held() == {}
        assert len(chat.calls) == 2
        now = 31
        await eventually(lambda: chat.reactions == {12: SEEN, 11: DONE})


async def test_a_chat_that_rests_gets_none(chat, turns):
    now = 0.0
    messages = Cooldowns(lambda: now)
    messages.hold(PRIVATE.chat_id, 10)
    turns.queue(1)
    async with reacting(chat, turns, cooldowns=messages, clock=lambda: now):
        await looked(turns)
        assert chat.calls == []
        now = 11
        await eventually(lambda: chat.reactions == {11: SEEN})


async def test_a_database_that_is_away_ends_nothing(chat, turns):
    turns.failing = Away("away")
    turns.queue(1)
    async with reacting(chat, turns):
        await looked(turns)
        turns.failing = None
        await eventually(lambda: chat.reactions == {11: SEEN})


async def test_who_does_not_lead_any_more_shows_nothing(chat, turns):
    leads = True

    def check():
        if not leads:
            raise LeadershipLost("another gateway leads")

    turns.queue(1)
    reactions = Reactions(chat, turns, check=check, poll=0.01)
    task = asyncio.create_task(reactions.run())
    await eventually(lambda: chat.reactions)
    leads = False
    turns.end(1)
    with pytest.raises(LeadershipLost):
        await task
    assert chat.reactions == {11: SEEN}
