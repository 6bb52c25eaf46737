"""The words of the chat in a person's language: one Fluent file a language and topic in `catalogue/`. Pure but for reading it.

English is the source. What another language lacks, or cannot form, is said in English. A message is parsed when it is first said:
most of eight languages are never said by one gateway, and parsed, and with their plurals, they take some 20 MiB.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Final

from fluent.runtime import FluentBundle, FluentResource
from fluent.runtime.resolver import Message

CATALOGUE: Final = Path(__file__).parent / "catalogue"
SOURCE: Final = "en"
LANGUAGES: Final = tuple(sorted(path.name for path in CATALOGUE.iterdir() if path.is_dir()))
_LONGEST_TAG: Final = 35
"""Characters of a language tag that are read (RFC 5646, section 4.4.1)."""
_MOST_FIXED: Final = 8192
"""Texts without facts that are kept formed."""
_HEAD: Final = re.compile(r"^([A-Za-z][A-Za-z0-9_-]*) *=", re.MULTILINE)
"""Where a message begins, after the grammar of Fluent 1.0: at the start of a line."""
_RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})
_ALIASES: Final = {
    "zh": "zh-hans",
    "zh-cn": "zh-hans",
    "zh-sg": "zh-hans",
    "zh-tw": "zh-hant",
    "zh-hk": "zh-hant",
    "iw": "he",
    "in": "id",
    "no": "nb",
    "tl": "fil",
}


class Words:
    """One language. No message of the catalogue refers to another, so each can be parsed alone.

    Args:
        language: One of `LANGUAGES`.
        sources: Each message as it is written, by its name.
    """

    def __init__(self, language: str, sources: Mapping[str, str]) -> None:
        self.sources = sources
        self._language = language

    @cached_property
    def bundle(self) -> FluentBundle:
        """Form messages that were found. It brings the numbers and plurals of its language."""
        first, _, script = self._language.partition("-")
        locale = f"{first}_{script.capitalize()}" if script else first
        return FluentBundle([locale], use_isolating=first in _RIGHT_TO_LEFT)

    def find(self, name: str) -> Message | None:
        """Return a message; None where the language lacks it."""
        if not self.bundle.has_message(name):
            source = self.sources.get(name)
            if source is None:
                return None
            self.bundle.add_resource(FluentResource(source))
        return self.bundle.get_message(name) if self.bundle.has_message(name) else None


def choose(tag: str | None) -> str:
    """Return the language of the catalogue that is nearest to a tag; English where none is.

    Args:
        tag: Telegram's `language_code`: an IETF language tag that clients set, or leave out.
    """
    wanted = (tag or "")[:_LONGEST_TAG].lower().replace("_", "-")
    while wanted:
        for candidate in (wanted, _ALIASES.get(wanted, "")):
            if candidate in LANGUAGES:
                return candidate
        wanted = wanted.rpartition("-")[0]
    return SOURCE


def say(language: str, key: str, **facts: str | int) -> str:
    """Return a message in a language. Callers use the functions of `wording.keys`, which know each message's facts.

    Args:
        language: One of `LANGUAGES`, or any tag that `choose` reads.
        key: `message`, or `message.attribute`.
        facts: What the message tells; numbers are written as the language writes them.

    Raises:
        KeyError: English has no such message.
    """
    return _form(language, key, facts) if facts else _say_fixed(language, key)


def load() -> None:
    """Read every language from its files, so that no message waits for them later."""
    for language in LANGUAGES:
        read_language(language)


@lru_cache(maxsize=_MOST_FIXED)
def _say_fixed(language: str, key: str) -> str:
    return _form(language, key, {})


def _form(language: str, key: str, facts: dict[str, str | int]) -> str:
    name, _, attribute = key.partition(".")
    tried = language if language in LANGUAGES else choose(language)
    for candidate in (tried, SOURCE):
        words = read_language(candidate)
        message = words.find(name)
        pattern = message and (message.attributes.get(attribute) if attribute else message.value)
        if pattern:
            text, errors = words.bundle.format_pattern(pattern, facts)
            if not errors or candidate == SOURCE:
                return str(text)
    raise KeyError(key)


@cache
def read_language(language: str) -> Words:
    """Return what a language of the catalogue says."""
    sources: dict[str, str] = {}
    for path in sorted((CATALOGUE / language).glob("*.ftl")):
        sources.update(_split(path.read_text("utf-8")))
    return Words(language, sources)


def _split(text: str) -> Mapping[str, str]:
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return {head[1]: text[head.start() : end] for head, end in zip(heads, ends, strict=True)}
