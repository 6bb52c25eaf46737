"""Two thousand answers as agents might write them, and what a chat shows of some of them while they are being written.

`FUZZ_PREFIXES` looks at more of their states: 7,000,000 are all.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from agent_gateway.render.render import render, render_partial
from agent_simulators.telegram.checks import MAX_ENTITIES, check_text
from tests.support.markdown import Generator, read_plain, squeeze

ANSWERS = 2000
AT_ONCE = 50
PREFIXES = int(os.environ.get("FUZZ_PREFIXES", "4000"))
"""How many states of answers that are still being written are looked at, of seven million: all of them take an hour."""
MANY = 100_000
SHORT = 700
"""Characters of a short answer: each of its states is looked at."""


def check(chunks):
    """Ask the simulated Telegram to take each message."""
    for chunk in chunks:
        entities = [{"type": e.type, "offset": e.offset, "length": e.length, "url": e.url} for e in chunk.entities]
        text, kept = check_text(chunk.text, entities, None)
        assert text.strip()
        assert len(kept) == len(entities) <= MAX_ENTITIES


@pytest.mark.parametrize("first", range(0, ANSWERS, AT_ONCE))
def test_telegram_takes_every_answer_and_no_word_is_lost(first):
    for seed in range(first, first + AT_ONCE):
        text = Generator(seed).text()
        chunks = render(text)
        check(chunks)
        ours, theirs = squeeze("\n".join(c.text for c in chunks)), squeeze(read_plain(text))
        if "|---|" in text:  # a wide table is shown as records, each with the names of its columns
            assert not Counter(theirs) - Counter(ours), f"seed {seed}"
        else:
            assert ours == theirs, f"seed {seed}"


def choose_ends(text, most, seed):
    """Return where to cut a text: everywhere, or, where those are more than `most`, at as many by chance."""
    ends = range(1, len(text) + 1)
    return ends if len(ends) <= most else random.Random(seed).sample(ends, most)


@pytest.mark.timeout(3600 if PREFIXES > MANY else 60)
@pytest.mark.parametrize("first", range(0, ANSWERS, 4 * AT_ONCE))
def test_telegram_takes_every_state_of_an_answer(first):
    for seed in range(first, first + 4 * AT_ONCE):
        text = Generator(seed).text()
        for end in choose_ends(text, PREFIXES // ANSWERS, seed):
            check(render_partial(text[:end]))


@pytest.mark.parametrize("seed", range(20))
def test_telegram_takes_each_state_of_a_short_answer(seed):
    text = Generator(seed).block()
    for end in choose_ends(text, SHORT, seed):
        check(render_partial(text[:end]))
