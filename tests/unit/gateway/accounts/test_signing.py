"""Whom commits name: names that git takes, addresses that belong to nobody, and what stands at a message's end."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from agent_contract import wire
from agent_gateway.accounts.settings import CommitSettings
from agent_gateway.accounts.signing import MOST_NAME, build_commits, clean_name
from agent_gateway.store.commits import Asked, Asker
from agent_gateway.store.rows import Address

ADA, BOB = Asker(42, "Ada Lovelace"), Asker(43, "Bob", "bob@users.noreply.github.com")
GROUP = Address(1, -1001234567890, 7)
BOT = wire.GitPerson(name="team_bot", email="team_bot@users.noreply.invalid")


def build(asked, **settings):
    return build_commits(CommitSettings.model_validate(settings), "team_bot", 5, asked)


def test_the_asker_is_the_author_and_the_bot_commits():
    found = build(Asked(GROUP, 45, (ADA,)))
    assert (found.author.name, found.committer) == ("Ada Lovelace", BOT)
    assert found.author.email.endswith("@users.noreply.invalid")
    assert "42" not in found.author.email.partition("@")[0].removeprefix("tg-")[:2], "no number of Telegram's is shown"
    assert found.trailers == ["Asked-in: https://t.me/c/1234567890/7/45"]


def test_without_a_topic_the_link_is_the_messages_and_a_plain_group_has_none():
    assert build(Asked(Address(1, -1001234567890), 45, (ADA,))).trailers == ["Asked-in: https://t.me/c/1234567890/45"]
    assert build(Asked(Address(1, -4123456), 45, (ADA,))).trailers == ["Asked-in: a group"]


def test_two_people_of_one_name_have_two_addresses_and_each_keeps_theirs():
    one, two = (build(Asked(GROUP, 45, (Asker(number, "Ada"),))).author.email for number in (42, 43))
    assert one != two
    assert one == build(Asked(Address(1, 42), 9, (Asker(42, "Ada L."),))).author.email


def test_a_private_chat_has_no_link_and_is_said_in_words():
    assert build(Asked(Address(1, 42), 45, (ADA,))).trailers == ["Asked-in: a private chat"]


def test_who_adds_words_is_a_co_author_by_the_address_of_a_linked_account():
    found = build(Asked(GROUP, 45, (ADA, BOB, BOB)))
    assert found.trailers[1:] == ["Co-authored-by: Bob <bob@users.noreply.github.com>"]


def test_the_reverse_and_the_bot_alone():
    found = build(Asked(GROUP, 45, (ADA, BOB)), author="bot", committer="asker")
    assert (found.author, found.committer.name) == (BOT, "Ada Lovelace")
    found = build(Asked(GROUP, 45, (ADA, BOB)), author="bot", botName="Robot", botEmail="robot@example.org")
    assert found.author == found.committer == wire.GitPerson(name="Robot", email="robot@example.org")
    assert found.trailers == ["Asked-in: https://t.me/c/1234567890/7/45"], "it names nobody"
    assert build(Asked(GROUP, 45, (ADA, BOB)), trailers=False).trailers == []


def test_what_nobody_asked_the_bot_signs_alone():
    found = build(Asked(Address(1, 0), None))
    assert (found.author, found.committer, found.trailers) == (BOT, BOT, [])


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Ada\nBob", "Ada Bob"), ("Eve <root@host>", "Eve root@host"), ("\x1b[31mRed\x00", "[31mRed"),
        ("a\u202eb\u200bc", "abc"), (" .,;'\" ", ""), ("", ""), ("x" * 500, "x" * MOST_NAME),
        ("Zoë Łódź", "Zoë Łódź"), ("李雷", "李雷"), ("🦊 Fox.", "🦊 Fox"), ("a\u2028b", "a b"), ("\ud800x", "x"),
    ],
)  # fmt: skip
def test_a_name_is_made_one_that_git_takes(name, clean):
    assert clean_name(name) == clean
    assert build(Asked(GROUP, 1, (Asker(1, name),))).author.name == (clean or "Somebody")


def test_many_who_add_words_are_bounded():
    people = tuple(Asker(number, f"P{number}") for number in range(40))
    assert len(build(Asked(GROUP, 1, people)).trailers) == 16


@pytest.mark.parametrize("wrong", [{"emailDomain": "a b"}, {"botEmail": "x"}, {"author": "me"}, {"other": 1}])
def test_settings_that_git_could_not_take_are_refused(wrong):
    with pytest.raises(ValidationError):
        CommitSettings.model_validate(wrong)
