"""Answers in nine languages, before the rules of Telegram and another parser: nothing lost, cut or refused, no marker left.

`make test` looks at a few hundred; `make fuzz-markdown` at 5,000.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter

import mdit_py_cjk_friendly as friendly
import pytest
from aiogram.methods import SendMessage
from aiogram.types import MessageEntity
from markdown_it import MarkdownIt

from agent_gateway.render.render import MAX_ENTITIES, render, render_partial
from agent_gateway.render.rich import render_rich
from agent_simulators.telegram.checks import check_text
from tests.support.answers import Writer
from tests.support.rich import check_rich

ANSWERS = int(os.environ.get("FUZZ_ANSWERS", "300"))
AT_ONCE = 50 if ANSWERS <= 1000 else 500
KINDS = {"strong": "bold", "em": "italic", "s": "strikethrough"}
HEADINGS = {"h1": ("bold",), "h2": ("bold",), "h3": ("bold",), "h4": ("bold",)}
MARKERS = frozenset("*`~#_\\<>$[]")
"""What no output has more of than what is to be seen."""

# The plugin knows Chinese and Japanese; the draft that it follows has Korean too.
friendly._CJK_RE = re.compile(friendly._CJK_RE.pattern[:-1] + "\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff]")
JUDGE = MarkdownIt("commonmark").enable("strikethrough").use(friendly.cjk_friendly)


def bare(text):
    return re.sub(r"\s+", "", text)


def check(chunks):
    """Ask the simulated Telegram, and aiogram's types, to take each message."""
    for chunk in chunks:
        fields = ("type", "offset", "length", "url", "language")
        entities = [{f: v for f in fields if (v := getattr(e, f)) is not None} for e in chunk.entities]
        text, kept = check_text(chunk.text, entities, None)
        assert text.strip()
        assert len(kept) == len(entities) <= MAX_ENTITIES
        SendMessage(chat_id=1, text=chunk.text, entities=[MessageEntity(**entity) for entity in entities])


def covered(chunk, entity):
    return chunk.text.encode("utf-16-le")[2 * entity.offset : 2 * entity.end].decode("utf-16-le")


def flag(chunks):
    """Return each visible character of messages with what marks it."""
    found = []
    for chunk in chunks:
        units = len(chunk.text.encode("utf-16-le")) // 2
        on = [set() for _ in range(units)]
        for entity in chunk.entities:
            for at in range(entity.offset, entity.end):
                on[at].add(entity.type)
        at = 0
        for character in chunk.text:
            found.append((character, on[at] & {"bold", "italic", "strikethrough", "code", "pre"}))
            at += 2 if ord(character) > 0xFFFF else 1
    return [(c, "+".join(sorted(kinds))) for c, kinds in found if not c.isspace()]


def judge(text):
    """Return the same as the other parser sees it."""
    found, numbers = [], []

    def add(words, kinds):
        found.extend((c, "+".join(sorted(kinds))) for c in words if not c.isspace())

    tokens = JUDGE.parse(text)
    heading = ()
    for token in tokens:
        match token.type:
            case "heading_open":
                heading = HEADINGS[token.tag]
            case "heading_close":
                heading = ()
            case "inline":
                on = list(heading)
                for child in token.children or []:
                    kind = KINDS.get(child.type.rsplit("_", 1)[0])
                    if kind and child.nesting == 1:
                        on.append(kind)
                    elif kind and child.nesting == -1:
                        on.remove(kind)
                    else:
                        add(child.content, {*on, "code"} if child.type == "code_inline" else set(on))
            case "fence" | "code_block":
                add(token.content, {"pre"})
            case "hr":
                add("————————", set())
            case "bullet_list_open" | "ordered_list_open":
                numbers.append(int(token.attrs.get("start", 1)) if token.type[0] == "o" else None)
            case "bullet_list_close" | "ordered_list_close":
                numbers.pop()
            case "list_item_open":
                add("•" if numbers[-1] is None else f"{numbers[-1]}.", set())
                numbers[-1] = numbers[-1] and numbers[-1] + 1
            case _:
                pass
    return found


def look(seed):
    """Return what is wrong with how an answer is shown: nothing."""
    answer = Writer(seed).write()
    chunks = render(answer.text)
    check(chunks)
    shown = "\n".join(chunk.text for chunk in chunks)
    problems = Counter()
    cursor, all_shown = 0, bare(shown)
    for words in map(bare, answer.seen):
        at = all_shown.find(words, cursor)
        problems["lost"] += at < 0
        cursor = at + len(words) if at >= 0 else cursor
    blocks = Counter(covered(chunk, e) for chunk in chunks for e in chunk.entities if e.type == "pre")
    problems["cut"] = (Counter(answer.codes) - blocks).total()
    links = Counter(e.url for chunk in chunks for e in chunk.entities if e.type == "text_link")
    problems["lost"] += (Counter(answer.links) - links).total()
    left = Counter(all_shown) - Counter("".join(map(bare, answer.seen)))
    problems["markers"] = sum(count for sign, count in left.items() if sign in MARKERS)
    if answer.ordinary:
        text = "\n\n".join(answer.ordinary)
        problems["otherwise"] = flag(render(text)) != judge(text)
    return +problems


def look_at_rich(seed):
    answer = Writer(seed).write()
    shown = bare("".join(check_rich(chunk) for chunk in render_rich(answer.text)))
    missing = [words for words in map(bare, answer.seen) if words not in shown and any(c.isalpha() for c in words)]
    return [words for words in missing if not re.search("[₁²₂α/→≥]|Warning", words)]  # formulas stay LaTeX


@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(0, ANSWERS, AT_ONCE))
def test_of_no_answer_anything_is_lost_cut_refused_or_left_as_a_marker(first):
    seeds = range(first, min(first + AT_ONCE, ANSWERS))
    wrong = {seed: problems for seed in seeds if (problems := look(seed))}
    sums = sum(wrong.values(), Counter())
    kinds = ("lost", "cut", "markers", "otherwise")
    print(f"{len(seeds)} answers: refused 0, {', '.join(f'{kind} {sums[kind]}' for kind in kinds)}")  # noqa: T201  # `make fuzz-markdown` shows it
    assert not wrong


@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(0, ANSWERS, AT_ONCE))
def test_rich_messages_are_taken_and_lose_no_word(first):
    wrong = {seed: missing for seed in range(first, min(first + AT_ONCE, ANSWERS)) if (missing := look_at_rich(seed))}
    assert not wrong


@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(0, ANSWERS, AT_ONCE))
def test_telegram_takes_states_of_an_answer_that_is_being_written(first):
    chooser = random.Random(first)
    for seed in range(first, min(first + AT_ONCE, ANSWERS)):
        text = Writer(seed).write().text
        for end in (chooser.randrange(len(text)) for _ in range(3)):
            check(render_partial(text[:end]))
