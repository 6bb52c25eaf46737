from __future__ import annotations

import json

from agent_contract import names, wire
from agent_gateway.runners.tools import ToolLog
from agent_gateway.wording.tools import DETAILS


def started(call, tool="read", summary=""):
    return wire.ToolStarted(call=call, tool=tool, summary=summary or f"file-{call}")


def ended(call, *, error=False):
    return wire.ToolEnded(call=call, tool="read", error=error)


def filled(*events, stored=None):
    log = ToolLog(stored)
    for event in events:
        log.apply(event)
    return log


def test_tools_run_and_end():
    log = filled(started("a"), started("b"), ended("a"), ended("b", error=True), started("c"))
    assert log.lines() == ("📖 file-a ✓", "📖 file-b ✗", "📖 file-c …")
    assert (log.total, log.failed) == (3, 1)


def test_what_comes_again_changes_nothing():
    log = filled(started("a"), started("a"), ended("a", error=True), ended("a", error=True), ended("unknown"))
    assert (log.total, log.failed, len(log.lines())) == (1, 1, 1)


def test_the_end_of_an_early_call_is_not_missed():
    log = filled(*(started(str(n)) for n in range(8)), ended("0", error=True))
    assert log.failed == 1
    assert log.lines()[0] == "3 earlier"
    assert len(log.lines()) == 6


def test_more_is_kept_and_shown_where_more_is_asked_for():
    events = [started(str(n), "bash", f"{n} {'x' * 200}") for n in range(12)]
    log = ToolLog(None, DETAILS[2])
    for event in events:
        log.apply(event)
    assert (len(log.lines()), log.lines()[0]) == (11, "2 earlier")
    assert {len(line) for line in log.lines()[1:]} == {len("💻 ") + 120 + len(" …")}


def test_nothing_is_shown_where_only_the_answer_is_asked_for():
    log = ToolLog(None, DETAILS[0])
    log.apply(started("a"))
    log.apply(ended("a", error=True))
    assert (log.lines(), log.total, log.failed) == ((), 1, 1)


def test_sub_agents_are_left_out():
    log = filled(started("a", names.SUBAGENT_TOOL), ended("a"))
    assert (log.total, log.lines()) == (0, ())


def test_it_goes_on_from_what_was_stored():
    log = filled(*(started(str(n)) for n in range(7)), ended("6"))
    again = filled(ended("5", error=True), started("6"), stored=json.loads(json.dumps(log.state())))
    assert (again.total, again.failed) == (7, 1)
    assert again.lines()[-2:] == ("📖 file-5 ✗", "📖 file-6 ✓")


def test_nothing_of_it_grows_without_bound():
    log = filled(*(started(str(n), "t" * 1000, "x" * 1000) for n in range(1000)))
    assert log.total == 1000
    assert len(json.dumps(log.state())) < 40_000


def test_half_a_surrogate_pair_can_be_stored_and_shown():
    log = filled(started("a", "bash", "echo \ud83d\x00"))
    assert log.lines()[0].encode()
    assert "\\u0000" not in json.dumps(log.state())


def test_a_line_of_a_tool_holds_nothing_that_steers_a_terminal():
    log = ToolLog()
    log.apply(wire.ToolStarted(call="a", tool="bash", summary="echo \x1b[31mred\x1b[0m\x07"))
    assert log.lines() == ("💻 echo red …",)
