"""What follows which outcome of a call: the table of docs/explanation/chat.md."""

from __future__ import annotations

import pytest

from agent_gateway.telegram.errors import (
    Ambiguous,
    Conflict,
    Moved,
    NotSent,
    RefusalKind,
    Refused,
    ServerFailed,
    Throttled,
    Unauthorized,
    Unsupported,
)
from agent_gateway.telegram.outbound.after import (
    UNKNOWN_PAUSES,
    Act,
    Again,
    Anew,
    Dead,
    Hold,
    Plain,
    Probe,
    Sent,
    Shorter,
    Tries,
    Unanchored,
    after,
    compute_pause,
)

SEND, EDIT, FILE, DELETE = Act
KIND = RefusalKind


def refused(kind):
    return Refused(kind, "Bad Request: words")


@pytest.mark.parametrize(
    ("outcome", "acts", "step"),
    [
        (None, Act, Sent()),
        (Throttled(7), Act, Again(7)),
        (NotSent("away"), Act, Again(4)),
        (ServerFailed("502"), Act, Again(4)),
        (Conflict("terminated by other getUpdates"), Act, Again(4)),
        (Moved(-100), Act, Again(4)),
        (Unauthorized(), Act, Again(30)),
        (Unsupported("sendRichMessage"), Act, Plain()),
        (Ambiguous("timeout"), (SEND, FILE), Probe(UNKNOWN_PAUSES[0])),
        (Ambiguous("timeout"), (EDIT, DELETE), Again(4)),
        (refused(KIND.TOPIC_CLOSED), Act, Hold()),
        (refused(KIND.THREAD_NOT_FOUND), (SEND, EDIT, FILE), Dead("the topic is gone")),
        (refused(KIND.CHAT_GONE), (SEND, EDIT, FILE), Dead("the chat is gone, or the bot may not write there")),
        (refused(KIND.REPLY_GONE), (SEND, FILE), Unanchored()),
        (refused(KIND.CANT_PARSE), (SEND, EDIT), Plain()),
        (refused(KIND.TOO_LONG), (SEND, EDIT), Shorter()),
        (refused(KIND.NOT_FOUND), (EDIT,), Anew()),
        (refused(KIND.FILES_FORBIDDEN), (FILE,), Plain()),
        (refused(KIND.TOO_LONG), (FILE,), Plain()),
        (refused(KIND.OTHER), (FILE,), Plain()),
        (refused(KIND.OTHER), (SEND, EDIT), Dead("Telegram refuses: Bad Request: words")),
        (refused(KIND.NOT_FOUND), (DELETE,), Sent()),
        (refused(KIND.OTHER), (DELETE,), Sent()),
    ],
)
def test_what_follows(outcome, acts, step):
    assert {act: after(outcome, act, Tries(3)) for act in acts} == dict.fromkeys(acts, step)


def test_an_unknown_send_is_asked_for_again_a_few_times_with_growing_pauses_and_is_then_lost():
    steps = [after(Ambiguous("timeout"), SEND, Tries(9, unknown)) for unknown in range(len(UNKNOWN_PAUSES) + 1)]
    assert steps[:-1] == [Probe(pause) for pause in UNKNOWN_PAUSES]
    assert list(UNKNOWN_PAUSES) == sorted(UNKNOWN_PAUSES)
    assert isinstance(steps[-1], Dead)


def test_no_outcome_but_a_success_counts_as_sent():
    outcomes = [Ambiguous("a"), ServerFailed("b"), NotSent("c"), *map(refused, KIND)]
    assert not [o for o in outcomes for act in (SEND, EDIT, FILE) if isinstance(after(o, act, Tries(99, 99)), Sent)]


def test_pauses_grow_to_a_minute():
    assert [compute_pause(n) for n in (0, 1, 2, 3, 6, 7, 1000)] == [1, 1, 2, 4, 32, 60, 60]
