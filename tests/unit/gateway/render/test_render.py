from __future__ import annotations

import re

import pytest

from agent_gateway.render.entities import nest
from agent_gateway.render.render import MAX_ENTITIES, MAX_UNITS, render, render_partial
from agent_gateway.telegram.ports import Entity
from agent_gateway.wording import keys
from tests.support.markdown import Generator

NESTING = {"pre", "code"}


def units(text):
    return len(text.encode("utf-16-le")) // 2


def squeeze(text):
    return re.sub(r"\s+", "", text)


def covered(chunk, entity):
    return chunk.text.encode("utf-16-le")[2 * entity.offset : 2 * entity.end].decode("utf-16-le")


def check(chunks):
    for chunk in chunks:
        assert chunk.text.strip()
        assert units(chunk.text) <= MAX_UNITS
        assert len(chunk.entities) <= MAX_ENTITIES
        open_ones = []
        for entity in chunk.entities:
            assert entity.length > 0
            assert entity.end <= units(chunk.text)
            covered(chunk, entity)  # raises where a surrogate pair is cut
            while open_ones and open_ones[-1].end <= entity.offset:
                open_ones.pop()
            assert all(outer.end >= entity.end for outer in open_ones), "entities cross"
            assert not any(outer.type in NESTING for outer in open_ones), "an entity inside code"
            open_ones.append(entity)


def types(chunk):
    return {entity.type for entity in chunk.entities}


@pytest.mark.parametrize("seed", range(300))
def test_any_markdown_gives_messages_that_telegram_takes(seed):
    check(render(Generator(seed).text()))


@pytest.mark.parametrize("seed", range(60))
def test_splitting_loses_nothing(seed):
    text = Generator(seed).text() * 3
    whole = render_partial(text, limit=10**9)
    parts = render_partial(text)
    # The whole is one message except where its entities are too many for one.
    assert squeeze("".join(c.text for c in parts)) == squeeze("".join(c.text for c in whole))


@pytest.mark.parametrize("seed", range(8))
def test_every_prefix_renders(seed):
    text = Generator(seed).text()
    step = max(1, len(text) // 250)
    for end in [*range(0, len(text), step), len(text)]:
        check(render(text[:end]))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("vector<int> v and std::map<string, vector<int>>", "vector<int> v and std::map<string, vector<int>>"),
        ("a\n<div>\nb\n</div>\nc", "a\n<div>\nb\n</div>\nc"),
        ("git push origin <branch>", "git push origin <branch>"),
        ("**<T>** is a type", "<T> is a type"),
        ("echo $HOME/$USER and $A:$B", "echo $HOME/$USER and $A:$B"),
        ("if a || b || c", "if a || b || c"),
        ("note[^1]\n\n[^1]: the footnote", "note[^1]\n\n[^1]: the footnote"),
        ("see <https://example.org>", "see https://example.org"),
        ("Sources:\n\n[1]: https://a.org\n[b]: https://b.org", "Sources:\n\n[1]: https://a.org\n[b]: https://b.org"),
        ("As [it] says.\n\n[it]: https://a.org\n[other]: https://b.org", "As it says.\n[other]: https://b.org"),
        ("```\n[a]: b\n```", "[a]: b"),
        ("# Title", "Title"),
        ("```sh\nfalse || exit 1 || true\n|| x ||\necho $A <b>\n```", "false || exit 1 || true\n|| x ||\necho $A <b>"),
        ("    indented <code> $A || $B\n", "indented <code> $A || $B"),
        ("a\x00b\ud800c", "a\ufffdb\ufffdc"),
    ],
)
def test_nothing_an_agent_writes_is_dropped(text, seen):
    chunks = render(text)
    assert [c.text for c in chunks] == [seen]


def test_an_empty_cell_of_a_table_stays_empty():
    (chunk,) = render("|a|b|c|\n|-|-|-|\n|1||2|\n|3||4|")
    assert types(chunk) == {"pre"}
    assert "1 |   | 2" in chunk.text


def test_language_of_a_fence_is_kept():
    (chunk,) = render("before\n\n```python\nprint(1)\n```\nafter")
    (block,) = (e for e in chunk.entities if e.type == "pre")
    assert block.language == "python"
    assert covered(chunk, block) == "print(1)"


def test_a_fence_that_fits_in_one_message_is_never_cut():
    fence = "```go\n" + "\n".join(f"line {n} " + "x" * 60 for n in range(50)) + "\n```"
    text = f"{'intro words ' * 200}\n\n{fence}\n\n{'closing words ' * 200}"
    chunks = render(text)
    check(chunks)
    blocks = [covered(c, e) for c in chunks for e in c.entities if e.type == "pre"]
    assert len(chunks) == 3
    assert len(blocks) == 1
    assert blocks[0].count("\n") == 49


def test_a_fence_longer_than_a_message_is_cut_between_lines_and_keeps_its_language():
    code = "\n".join(f"    call({n})  # " + "y" * 70 for n in range(200))
    chunks = render(f"```python\n{code}\n```")
    check(chunks)
    assert len(chunks) > 3
    for chunk in chunks:
        (block,) = chunk.entities
        assert block.language == "python"
        assert all(line.strip().startswith("call(") for line in covered(chunk, block).splitlines())
    assert squeeze("".join(c.text for c in chunks)) == squeeze(code)


def test_indentation_of_code_survives_a_cut():
    code = "first\n" + "\n".join("    indented" for _ in range(1000))
    first, *others = render(f"```\n{code}\n```")
    assert first.text.startswith("first\n    indented")
    assert len(others) == 3
    assert all(chunk.text.startswith("    indented") for chunk in others)


def test_more_than_a_hundred_entities_take_more_messages():
    chunks = render(" ".join(f"**b{n}**" for n in range(250)))
    check(chunks)
    assert len(chunks) == 3
    assert sum(len(c.entities) for c in chunks) == 250


def test_a_word_longer_than_a_message_is_cut_between_characters():
    chunks = render("🦀" * 5000, "plain")
    check(chunks)
    assert [units(c.text) for c in chunks] == [4096, 4096, 1808]


def test_paragraphs_are_preferred_to_lines_and_lines_to_words():
    text = "\n\n".join("word " * 300 for _ in range(4))
    chunks = render(text, "plain")
    assert all(c.text.startswith("word") and c.text.endswith("word") for c in chunks)
    assert [c.text.count("\n\n") for c in chunks] == [1, 1]


def test_plain_shows_markdown_as_it_is():
    (chunk,) = render("**not bold** `x` <b>", "plain")
    assert chunk.text == "**not bold** `x` <b>"
    assert chunk.entities == ()


@pytest.mark.parametrize("text", ["", "  \n ", "```", "```python\n"])
def test_nothing_to_see(text):
    assert render_partial(text) == []
    assert [c.text for c in render(text)] == [keys.empty_answer("en")]


def test_a_link_that_leads_nowhere_from_a_chat_keeps_its_address():
    (chunk,) = render("[a](src/x.py) [b](https://example.org)")
    assert chunk.text == "a (src/x.py) b"
    assert [e.url for e in chunk.entities] == ["https://example.org"]


def test_hash_is_of_what_is_seen():
    assert render("**a b**")[0].hash == render("__a b__")[0].hash
    assert render("**a**")[0].hash != render("a")[0].hash
    assert render("a", "plain")[0].hash == render("a")[0].hash


def test_a_hundred_thousand_characters_render():
    text = "\n\n".join(Generator(seed).text() for seed in range(60))
    check(render(text[:100_000]))


def test_many_lone_backticks_are_no_burden():
    check(render("`" + " ``` ` `` " * 5000))


def test_a_long_fence_behind_a_short_line_begins_a_message_of_its_own():
    code = "\n".join(f"line {n} " + "x" * 60 for n in range(59))
    intro = "Look at this file, which is nearly as long as a message may be:"
    chunks = render(f"{intro}\n\n```\n{code}\n```\n\n{'After that. ' * 10}")
    assert [c.text for c in chunks][:2] == [intro, code]


def test_crossing_entities_and_those_inside_code_are_left_out():
    bold, crossing, inside = Entity("bold", 0, 6), Entity("italic", 4, 6), Entity("bold", 13, 2)
    code, outer, inner = Entity("code", 12, 5), Entity("blockquote", 20, 9), Entity("italic", 22, 3)
    assert nest([inside, crossing, inner, code, outer, bold]) == [bold, code, outer, inner]


@pytest.mark.timeout(100)
@pytest.mark.parametrize("text", ["# a\n" * 75_000, ">" * 30_000 + " a", "`a` " * 100_000])
def test_odd_texts_take_no_more_time_than_long_ones(text):
    check(render(text))  # each takes longer than that where it takes the square of its length


def test_a_quote_in_a_quote_is_one_quote():
    (chunk,) = render("> a\n>> b\n> c")
    assert [e.type for e in chunk.entities] == ["blockquote"]


@pytest.mark.parametrize("text", ["\u200b", "\u2800", "\u200f \u202e", "\ufeff\n\u2060", "\u200d" * 9000])
def test_an_answer_that_nobody_could_see_is_told_as_none(text):
    assert [c.text for c in render(text)] == [keys.empty_answer("en")]
    assert [c.text for c in render(text, "plain")] == [keys.empty_answer("en")]
    assert render_partial(text) == []


def test_words_between_marks_that_nobody_sees_stay_and_such_a_message_is_left_out():
    (chunk,) = render("\u200b" * 9000 + "שלום \u202eabc")
    assert chunk.text.endswith("שלום \u202eabc")
