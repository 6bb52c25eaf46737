"""A person's language: which one a tag means, what is said where a translation lacks or spoils a message."""

from __future__ import annotations

import timeit

import pytest

from agent_gateway.wording import keys, say


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de", "de"),
        ("de-at", "de"),
        ("DE_ch", "de"),
        ("en-GB", "en"),
        ("xx-YY", "en"),
        ("", "en"),
        (None, "en"),
        ("-", "en"),
        ("de" + "-x" * 5000, "de"),
    ],
)
def test_the_nearest_language_is_chosen(tag, language):
    assert say.choose(tag) == language


def test_a_message_is_said_in_each_language_and_its_numbers_as_that_writes_them():
    assert keys.days("en", count=1) == "1 day"
    assert keys.days("en", count=1875) == "1,875 days"
    assert keys.days("de", count=1875) == "1.875 Tage"
    assert keys.days("de-CH", count=2) == "2 Tage"


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A catalogue in which German lacks one message and refers in another to what is not there."""
    for language, text in (("en", "whole = All { $what }\nlacking = Only here"), ("de", "whole = Alle { gone }")):
        (tmp_path / language).mkdir()
        (tmp_path / language / "a.ftl").write_text(text)
    monkeypatch.setattr(say, "CATALOGUE", tmp_path)
    say.read_language.cache_clear()
    say._say_fixed.cache_clear()
    yield
    say.read_language.cache_clear()
    say._say_fixed.cache_clear()


@pytest.mark.usefixtures("broken")
def test_what_a_language_lacks_or_cannot_form_is_said_in_english():
    assert say.say("de", "lacking") == "Only here"
    assert say.say("de", "whole", what="of it") == "All of it"


@pytest.mark.usefixtures("broken")
def test_what_english_lacks_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError):
        say.say("de", "nowhere")


def test_facts_are_not_read_as_fluent():
    assert keys.size_kilobytes("en", count="{ $x } { -y }") == "{ $x } { -y } kB"


def test_forming_a_message_is_cheap():
    keys.days("de", count=3)
    best = min(timeit.repeat(lambda: keys.days("de", count=12), number=200, repeat=5)) / 200
    assert best < 500e-6  # measured: 26 µs


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("pt-br", "pt"),
        ("pt", "pt"),
        ("zh", "zh-hans"),
        ("zh-CN", "zh-hans"),
        ("zh-hant", "zh-hans"),
        ("zh-TW", "zh-hans"),
    ],
)
def test_telegrams_tags_of_languages_with_regions_and_scripts(tag, language):
    assert say.choose(tag) == language


def test_plurals_of_languages_with_more_than_two():
    assert [keys.days("ru", count=n) for n in (1, 3, 5, 21)] == ["1 день", "3 дня", "5 дней", "21 день"]
