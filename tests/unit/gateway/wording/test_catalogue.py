"""The catalogue: what is generated from it is up to date, every language is whole, every message can be formed."""

from __future__ import annotations

import re

import pytest

from agent_gateway.wording import say
from dev import words

SOURCE = words.read_language(say.SOURCE)
LONGEST_BUTTON = 40
LONGEST_MENU = 256
"""Bot API, BotCommand.description."""
SENTENCES = frozenset({"admin"})
"""Attributes that are no buttons."""


def test_the_generated_functions_are_up_to_date():
    assert words.main([]) == 0


def test_whether_every_language_has_every_message():
    source = {(topic, key) for topic, messages in SOURCE.items() for key in messages}
    for language in say.LANGUAGES:
        found = words.read_language(language)
        assert source - {(topic, key) for topic, messages in found.items() for key in messages} == set(), language


def _form_all(language):
    for topic, messages in words.read_language(language).items():
        for key in messages:
            facts = SOURCE[topic][key][0]
            for count in (0, 1, 2, 5, 21, 1875):
                samples = {name: count if kind == "int" else f"«{name}»" for name, kind in facts.items()}
                name, _, attribute = key.partition(".")
                message = say.read_language(language).find(name)
                pattern = message.attributes[attribute] if attribute else message.value
                text, errors = say.read_language(language).bundle.format_pattern(pattern, samples)
                yield topic, key, str(text), errors
                if "int" not in facts.values():
                    break


@pytest.mark.parametrize("language", say.LANGUAGES)
def test_every_message_can_be_formed(language):
    for _, key, text, errors in _form_all(language):
        assert not errors, key
        assert text.strip() == text, key
        assert text, key
        assert not set("{}") & set(text), key


def test_a_message_is_parsed_when_it_is_said_and_no_other_is():
    say.read_language.cache_clear()
    read = say.read_language("de")
    assert read.find("approved") is not None
    assert read.bundle.has_message("approved")
    assert not any(read.bundle.has_message(name) for name in read.sources if name != "approved")


@pytest.mark.parametrize("language", say.LANGUAGES)
def test_no_message_refers_to_another(language):
    assert not [name for name, text in say.read_language(language).sources.items() if re.search(r"\{\s*-?[a-z]", text)]


@pytest.mark.parametrize("language", say.LANGUAGES)
def test_buttons_are_short(language):
    for topic, key, text, _ in _form_all(language):
        attribute = key.partition(".")[2]
        if attribute and attribute not in SENTENCES:
            assert len(text) <= (LONGEST_MENU if topic == "menu" else LONGEST_BUTTON), key
            assert "\n" not in text, key


def _write(folder, language, text):
    (folder / language).mkdir(exist_ok=True)
    (folder / language / "a.ftl").write_text(text)


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    monkeypatch.setattr(words, "CATALOGUE", tmp_path)
    monkeypatch.setattr(words, "KEYS", tmp_path / "keys")
    _write(
        tmp_path,
        "en",
        "queued = { $place ->\n    [0] Next\n   *[other] { $place } before you, { $name }\n}\n    .stop = Drop\n",
    )
    (tmp_path / "keys").mkdir()
    return tmp_path


def test_the_facts_of_a_message_are_typed(catalogue, monkeypatch):
    module = words.build_modules(words.read_language("en"))["a.py"]
    assert "def queued(language: str, *, place: int, name: str) -> str:" in module
    assert "def queued_stop(language: str) -> str:" in module


@pytest.mark.parametrize(
    ("german", "problem"),
    [
        ("queued = { $who }", "de/a.ftl: queued: English has no fact $who of type str"),
        (
            "queued = { $name ->\n    [one] a\n   *[other] b\n}",
            "de/a.ftl: queued: English has no fact $name of type int",
        ),
        ("other = x", "de/a.ftl: English has no other"),
        ("queued = x\n    .more = y", "de/a.ftl: English has no queued.more"),
    ],
)
def test_a_translation_adds_nothing(catalogue, german, problem):
    _write(catalogue, "de", german)
    assert words.check_translation("de", words.read_language("en")) == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [("queued = { $place", "a.ftl:1"), ("a = b\na = c", "a stands there twice")],
)
def test_what_cannot_be_read_is_refused(catalogue, text, problem):
    _write(catalogue, "en", text)
    with pytest.raises(words.CatalogueError, match=problem):
        words.read_language("en")


def test_two_messages_of_one_name_are_refused(catalogue):
    (catalogue / "en" / "b.ftl").write_text("queued-stop = x")
    with pytest.raises(words.CatalogueError, match="queued_stop"):
        words.build_modules(words.read_language("en"))
