"""What an agent is told of notes, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from agent_gateway.memory.telling import MOST_CHARACTERS, MOST_TOLD, compute_digest, must_tell, tell_notes
from agent_gateway.store.notes import Note, Scope, Told

AT = datetime(2026, 11, 12, tzinfo=UTC)


def note(number=1, text="we use uv", scope=Scope.CONVERSATION, name="Ada", by_agent=False):
    return Note(number, scope, 7, 42, name, by_agent, text, AT, "the\nparser")


def test_each_says_when_where_and_by_whom():
    assert tell_notes([note(2, "tabs\nnot spaces", Scope.CHAT, by_agent=True), note(name=None)], 7).splitlines()[
        1:3
    ] == [
        "- 2026-11-12, this chat, noted by an agent for Ada: tabs not spaces",
        "- 2026-11-12, this conversation, by a person: we use uv",
    ]


def test_what_was_noted_in_another_topic_names_it_and_whom_it_was_for():
    mine = note(2, "tabs", Scope.CHAT, by_agent=True)
    assert tell_notes([mine, replace(mine, person_id=None), note(scope=Scope.CHAT)], 8).splitlines()[1:4] == [
        "- 2026-11-12, this chat, noted by an agent for Ada in the topic 'the parser': tabs",
        "- 2026-11-12, this chat, noted by an agent that no person had asked in the topic 'the parser': tabs",
        "- 2026-11-12, this chat, by Ada in the topic 'the parser': we use uv",
    ]


def test_what_is_told_is_bounded():
    many = tell_notes([note(n, "x" * 20) for n in range(100)], 7)
    assert many.count("\n- ") == MOST_TOLD + 1
    assert "- 70 older ones are left out" in many
    assert len(tell_notes([note(n, "x" * 500) for n in range(100)], 7)) < MOST_CHARACTERS + 400


def test_they_are_told_once_a_session_and_again_when_they_change():
    session, some, more = uuid4(), compute_digest([note()]), compute_digest([note(), note(2)])
    told = Told(session, 5, some, lately=True)
    assert not must_tell(None, session, 6, "")
    assert must_tell(None, session, 6, some)
    assert not must_tell(told, session, 6, some)
    assert must_tell(told, session, 5, some)  # the same turn is sent again
    assert must_tell(told, session, 6, more)
    assert must_tell(told, uuid4(), 6, some)
    assert must_tell(Told(session, 5, some, lately=False), session, 6, some)


def test_that_all_were_deleted_is_told_too():
    session = uuid4()
    told = Told(session, 5, compute_digest([note()]), lately=True)
    assert must_tell(told, session, 6, compute_digest([]))
    assert not must_tell(told, uuid4(), 6, compute_digest([]))
    assert "was forgotten" in tell_notes([], 7)
    assert not must_tell(Told(session, 5, "", lately=False), session, 6, "")


def test_a_note_that_holds_elsewhere_now_is_another():
    assert compute_digest([note()]) != compute_digest([note(scope=Scope.CHAT)])
