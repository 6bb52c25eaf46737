"""Two thousand answers as agents might write them, and what a chat shows of them while they are being written."""

from __future__ import annotations

import os
import random

import pytest

from agent_gateway.render.render import render, render_partial
from agent_simulators.telegram.checks import MAX_ENTITIES, check_text
from tests.support.markdown import Generator, read_plain, squeeze

ANSWERS = 2000
AT_ONCE = 50
PREFIXES = int(os.environ.get("FUZZ_PREFIXES", "12000"))
"""How many states of answers that are still being written are looked at, of seven million: all of them take an hour."""


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
        assert squeeze("\n".join(c.text for c in chunks)) == squeeze(read_plain(text)), f"seed {seed}"


@pytest.mark.timeout(3600 if PREFIXES > 100_000 else 60)
@pytest.mark.parametrize("first", range(0, ANSWERS, 4 * AT_ONCE))
def test_telegram_takes_every_state_of_an_answer(first):
    chooser = random.Random(first)
    for seed in range(first, first + 4 * AT_ONCE):
        text = Generator(seed).text()
        most = PREFIXES // ANSWERS
        ends = range(1, len(text)) if len(text) <= most else chooser.sample(range(1, len(text)), most)
        for end in ends:
            check(render_partial(text[:end]))


@pytest.mark.parametrize("seed", range(20))
def test_telegram_takes_each_prefix_of_a_short_answer(seed):
    text = Generator(seed).block()
    for end in range(1, len(text) + 1):
        check(render_partial(text[:end]))
