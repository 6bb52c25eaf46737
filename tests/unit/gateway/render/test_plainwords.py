"""Pieces of Markdown as plain words."""

from __future__ import annotations

import random

import pytest

from agent_gateway.render.plainwords import to_words


@pytest.mark.parametrize(
    ("piece", "words"),
    [
        ("## Result\n\nThe **retry** bug is in `loop.py`, _really_.", "Result The retry bug is in loop.py, really."),
        ("retry** bug. The **fix** is `wait()`", "retry bug. The fix is wait()"),
        ("the loop` of `wait`", "the loop of wait"),
        ("~~old~~ new, gone~~ too", "old new, gone too"),
        ("- one\n- **two**\n\n3. three\n4. four", "• one • two 3. three 4. four"),
        ("> quoted **words**", "quoted words"),
        ("see [the page](https://example.org/x) now", "see the page now"),
        ("| a | b |\n|---|---|\n| **1** | 2 |", "a · b 1 · 2"),
        ("```python\n# a comment\nx = a ** b\n```\ndone", "# a comment x = a ** b done"),
        ("`f(**kwargs)` and `#!/bin/sh`", "f(**kwargs) and #!/bin/sh"),
        ("2**10 is 1024, issue #12, C# and snake_case_name", "2**10 is 1024, issue #12, C# and snake_case_name"),
        ("<b>bold</b> and x < y", "bold and x < y"),
        ("the answer is\n42", "the answer is 42"),
        ("***", "***"),
        ("", ""),
    ],
)
def test_marks_go_and_words_and_code_stay(piece, words):
    assert to_words(piece) == words


def test_a_piece_may_be_cut_anywhere():
    text = "## Plan\n\n1. **Read** `a.py`\n2. Fix *it* and ~~wait~~ [go](https://e.org/)\n\n```sh\nls **\n```\n\nDone **well**.\n"
    chance = random.Random(7)
    for _ in range(500):
        start, end = sorted(chance.sample(range(len(text) + 1), 2))
        words = to_words(text[start:end])
        assert "\n" not in words, (start, end)
        inner = [word for word in ("Read", "a.py", "wait", "Done") if word in text[start:end]]
        assert all(word in words for word in inner), (start, end, words)


def test_what_is_nested_beyond_reason_is_shown_as_it_is():
    piece = ">" * 300 + " x"
    assert to_words(piece) == piece
