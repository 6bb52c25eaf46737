"""How a question is read, and how the index is asked for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent_gateway.memory.asking import MOST_CHARACTERS, build_probes, find_stem, narrow_days, read_day, read_question
from agent_gateway.store.search import Narrowing, Term, Visible

BERLIN = ZoneInfo("Europe/Berlin")


def test_words_and_filters_are_told_apart():
    question = read_question("retry since:2026-11-01 BY:Agent bug until:2026-11-30", BERLIN)
    assert question.words == "retry bug"
    assert question.narrowing == Narrowing(
        "assistant", datetime(2026, 11, 1, tzinfo=BERLIN), datetime(2026, 12, 1, tzinfo=BERLIN)
    )
    assert read_question("http://a since:", UTC).words == "http://a since:"


@pytest.mark.parametrize(
    "part", ["since:yesterday", "until:2026-13-01", "by:root", "since:0000-01-01", "until:9999-12-31"]
)
def test_a_filter_that_is_none_is_named(part):
    assert read_question(f"retry {part}", UTC).unknown == part


def test_a_question_is_bounded():
    question = read_question("a " * 10_000, UTC)
    assert len(question.words) == MOST_CHARACTERS


def test_days_begin_in_a_zone():
    assert read_day("2026-03-29", BERLIN) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert read_day("29.3.2026", BERLIN) is None
    now = datetime(2026, 11, 29, tzinfo=UTC)
    assert narrow_days(Narrowing(), 7, now).since == now - timedelta(days=7)
    assert narrow_days(Narrowing(), 0, now) == Narrowing()


@pytest.mark.parametrize(
    ("word", "stems", "common"),
    [
        ("retries", ("retri",), "retr"),
        ("зависимости", ("зависим",), "зависим"),
        ("abhangigkeiten", ("abhang", "abhangigkeit"), "abhangigkeit"),
        ("port", ("port",), "port"),
        ("bug", ("bug",), ""),
        ("12345", ("12345",), ""),
        ("内存", ("内存",), ""),
    ],
)
def test_forms_of_a_word_have_their_beginning_in_common(word, stems, common):
    assert find_stem(Term(word, 0, stems)) == common


def test_the_index_is_asked_only_for_what_may_be_seen():
    probes = build_probes([Term("the", 1, ()), Term("port", 0, ())], [Visible(7, 0), Visible(9, 3)])
    assert [(one.number, one.asked, one.weight) for one in probes] == [
        (0, "('#7'|'#9')&'port'", 1.0), (0, "('#7'|'#9')&'port':*", 0.6),
    ]  # fmt: skip


def test_words_that_say_nothing_count_where_there_are_no_others():
    assert [one.asked for one in build_probes([Term("the", 1, ())], [Visible(7, 0)])] == ["('#7')&'the'"]


def test_a_character_that_stands_alone_begins_pairs_and_quotes_end_nothing():
    assert [one.asked for one in build_probes([Term("猫", 0, ())], [Visible(7, 0)])] == ["('#7')&'猫':*"]
    assert [one.asked for one in build_probes([Term("a'\\", 0, ())], [Visible(7, 0)])] == ["('#7')&'a''\\\\'"]
