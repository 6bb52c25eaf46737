"""Titles of topics, made of a question and its answer."""

from __future__ import annotations

import time

import pytest

from agent_gateway.wording.titles import LONGEST, compute_title


@pytest.mark.parametrize(
    ("asked", "answer", "title"),
    [
        ("why does the build fail? It worked yesterday.", "Because.", "Why does the build fail?"),
        ("fix it", "# Broken import in parser.py\n\nThe import…", "Broken import in parser.py"),
        ("clone https://github.com/octocat/Hello-World and tell me what it does", "", "Clone github.com and tell me what it…"),
        ("[in reply to Bob:]\n> the quoted text\n\nis this **still** true?", "", "Is this still true?"),
        ("```python\nx = 1\n```\nwhy does `x` fail", "", "Why does x fail"),
        ("请修复这个错误。谢谢", "", "请修复这个错误"),
        ("version 2.0 is out. Update.", "", "Version 2.0 is out"),
        ("hi. can you look at the log", "", "Hi. can you look at the log"),
        ("", "no heading", ""),
        ("> only a quote", "", ""),
    ],
)  # fmt: skip
def test_a_title_says_what_is_asked(asked, answer, title):
    assert compute_title(asked, answer) == title


def test_a_title_is_short_whatever_is_written():
    for text in ("x" * 5000, "word " * 1000, "字" * 500, "#" * 3000, "[" * 5000, "[a](" * 2000, "https://" * 1000):
        begun = time.thread_time()
        assert len(compute_title(text, "")) <= LONGEST
        assert len(compute_title("", f"# {text}")) <= LONGEST
        assert time.thread_time() - begun < 1
