"""What an agent says does no more than say it, and looks like nothing that the bot says."""

from __future__ import annotations

import pytest

from agent_gateway.render.foreign import break_taps, clean_said, disarm, spell_hidden
from agent_gateway.render.render import fit_caption, render, without_entities
from agent_gateway.render.rich import render_rich

JOINER = "\u2060"


def marked(text, kind="code"):
    (chunk,) = render(text)
    units = chunk.text.encode("utf-16-le")
    return [units[2 * e.offset : 2 * e.end].decode("utf-16-le") for e in chunk.entities if e.type == kind]


@pytest.mark.parametrize(
    ("text", "inert"),
    [
        ("Tap /forget to go on", ["/forget"]),
        ("😀 /new@some_bot", ["/new@some_bot"]),
        ("/for<b>get</b> it", ["/forget"]),
        ("**/kill**, *see* (/stop)", ["/kill", "/stop"]),
        ("look into /etc/passwd and a/b", []),
        ("ask @alice and a@b.example", ["@alice"]),
        ("<b>@dataclass</b>", ["@dataclass"]),
        ("`/new` stays", ["/new"]),
        ("[/new](https://a.example)", []),
        ("tg://resolve?domain=x and ton://transfer/y", ["tg://resolve?domain=x", "ton://transfer/y"]),
        ("> quoted /forget", ["/forget"]),
        ("| a | b |\n|-|-|\n| /new " + "wide " * 20 + "| x |", ["/new"]),
        ("+ " * 3000 + "/new", ["/new"]),  # nested beyond reason: as it is
    ],
)
def test_commands_and_names_are_code_that_a_tap_copies(text, inert):
    chunks = render(text)
    found = []
    for chunk in chunks:
        units = chunk.text.encode("utf-16-le")
        found += [units[2 * e.offset : 2 * e.end].decode("utf-16-le") for e in chunk.entities if e.type == "code"]
    assert found == inert


def test_without_formatting_a_joiner_breaks_them():
    (chunk,) = render("/new by @ann, tg://x, /etc/passwd, https://a.example/b")
    plain = without_entities(chunk)
    assert plain.text == f"/{JOINER}new by @{JOINER}ann, tg:{JOINER}//x, /etc/passwd, https://a.example/b"
    assert break_taps(plain.text) == plain.text
    assert fit_caption("Tap /forget\u202e") == f"Tap /{JOINER}forget"


@pytest.mark.parametrize(
    ("text", "shown", "links"),
    [
        ("[again](tg://resolve?domain=evilbot)", "again (tg://resolve?domain=evilbot)", []),
        ("[pay](ton://transfer/x)", "pay (ton://transfer/x)", []),
        ("[run](javascript:alert)", "run (javascript:alert)", []),
        ("[mail](mailto:a@b.example)", "mail (a@b.example)", []),
        ("[x](https://good.example@evil.example)", "x (https://good.example@evil.example)", []),
        ("[https://good.example](https://evil.example/a)", "https://good.example (evil.example)", ["https://good.example"]),
        ("[see www.good.example](http://evil.example)", "see www.good.example (evil.example)", ["see www.good.example"]),
        ("[good.example/login](https://evil.example)", "good.example/login (evil.example)", ["good.example/login"]),
        ("[t.me/bot](https://evil.example)", "t.me/bot (evil.example)", ["t.me/bot"]),
        ("[**good.example**](https://evil.example)", "good.example (evil.example)", ["good.example"]),
        ("[good.example](https://www.good.example/a)", "good.example", ["good.example"]),
        ("[good.example](https://docs.good.example/a)", "good.example", ["good.example"]),
        ("[main.py](https://forge.example/main.py)", "main.py", ["main.py"]),
        ("[the words](https://forge.example/)", "the words", ["the words"]),
    ],
)  # fmt: skip
def test_a_link_leads_to_a_page_and_not_elsewhere_than_its_words_say(text, shown, links):
    (chunk,) = render(text)
    assert chunk.text == shown
    assert marked(text, "text_link") == links
    (rich,) = render_rich(text)
    assert rich.text == shown
    assert ("'url'" in str(rich.rich)) == bool(links)


def test_what_is_read_and_not_seen_is_left_out():
    hidden = "a\u202eb\u200bc\u2063d\u00ade\u2066f\ufefff\U000e0041g\u061ch\u3164i\ufdd0j\x1b[31mk\x07"
    assert clean_said(hidden) == "abcdeffghijk"
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 ❤️"
    assert clean_said(family) == family


def test_the_signs_of_the_bot_s_own_lines_are_others_in_what_an_agent_says():
    assert (
        clean_said("▸ 3 steps · 2 s\n⏳ Wait.\n🧩 **Sub-agent k1** (2 s)")
        == "▹ 3 steps · 2 s\n⌛ Wait.\n🔹 **Sub-agent k1** (2 s)"
    )
    assert disarm("⏹ Stopped. /forget") == f"◻ Stopped. /{JOINER}forget"


def test_what_an_agent_asks_leave_for_is_seen_whole():
    assert spell_hidden("rm a\u202eb\x00\x1b[0m\n\tc") == "rm a\\u202eb\N{REPLACEMENT CHARACTER}\\u001b[0m\n\tc"
