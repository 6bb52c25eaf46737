"""Answers as they are written: nothing twice, nothing left out, whatever comes in which pieces."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from agent_gateway.console.reading import PIECE, Had, dump_turns
from agent_gateway.store.console import ConsoleTurn
from agent_gateway.store.rows import TurnState
from kubectl_openclaw.follow import Follower

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)


def turn(number, *texts, state="started", reason=None, run=3):
    return ConsoleTurn(
        number, TurnState(state), reason, run, NOW, NOW, None if state == "started" else NOW, None, texts, None
    )


def ask(follower, turns, seen="s"):
    """Play the console: what it answers to the follower's question."""
    query = follower.build_query(5)
    had = Had(int(query["turn"]), int(query["have"]), int(query["crc"]))
    asked = [one for one in turns if one.id >= int(query["first"])]
    return "".join(follower.take({"seen": seen, "turns": dump_turns(asked, had)}))


def test_a_text_that_grows_is_written_once():
    follower = Follower(7, headers=False)
    whole = "Zwölf Tests liefen. 🧪 " * 40
    written = "".join(ask(follower, [turn(7, whole[:n])]) for n in range(0, len(whole), 17))
    written += ask(follower, [turn(7, whole, state="done")])
    assert written == whole + "\n"
    assert follower.ended["state"] == "done"
    assert ask(follower, [turn(7, whole, state="done")]) == "", "what was shown is shown once"


def test_a_long_answer_comes_in_pieces_and_no_call_waits_before_all_is_there():
    follower = Follower(7, headers=False)
    whole = "".join(random.Random(1).choices("abc äöü\n", k=3 * PIECE + 5))
    whole = whole.strip("\n")
    written, calls = "", 0
    while follower.ended is None:
        assert "wait" not in follower.build_query(5)
        written += ask(follower, [turn(7, whole, state="done")])
        calls += 1
    assert (written, calls) == (whole + "\n", 4)


def test_an_answer_that_begins_anew_is_written_anew():
    follower = Follower(7, headers=False)
    assert ask(follower, [turn(7, "The first try")]) == "The first try"
    assert ask(follower, [turn(7, "Another one, longer than that")]) == "\n\nAnother one, longer than that"


def test_turns_follow_each_other_over_runs_and_what_waits_is_not_passed():
    follower = Follower(7)
    text = ask(follower, [turn(7, "one", state="done"), turn(8, run=None, state="queued"), turn(9, state="queued")])
    assert text.count("── ") == 3
    assert "── turn 7, run 3" in text
    assert "turn 9" not in text
    text = ask(follower, [turn(8, "two", state="failed", reason="run_lost"), turn(9, "three", run=4)])
    assert text.startswith("two\n── failed (run_lost) in 0 s")
    assert "── turn 9, run 4" in text
    assert text.endswith("three")


def test_only_what_is_all_shown_waits_for_more():
    follower = Follower(7)
    assert "wait" not in follower.build_query(5)
    ask(follower, [turn(7, "one")], seen="abc")
    assert (follower.build_query(5)["wait"], follower.build_query(5)["seen"]) == ("5", "abc")


@pytest.mark.parametrize("odd", ["\x1b]0;title\x07", "\x9b2J", "\u202eabc", "\r", "\b"])
def test_no_answer_steers_the_terminal(odd):
    follower = Follower(7, headers=False)
    shown = ask(follower, [turn(7, f"a{odd}b")])
    assert not set(shown) & set("\x1b\x07\x9b\u202e\r\b")
