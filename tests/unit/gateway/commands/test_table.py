"""The table of commands and what follows from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent_gateway.commands.table import OVERTAKING, TABLE, find_menu, find_near, find_rows
from agent_gateway.wording.commands import describe


def test_each_command_has_one_row_and_words():
    names = [row.name for row in TABLE]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z]{1,32}", name) for name in names)  # what Telegram's menu takes
    described = describe("en", admin=True)
    assert all(described[name] for name in names)


def test_four_commands_are_in_the_menu_and_the_rest_behind_help():
    assert {row.name for row in find_menu(admin=False)} == {"new", "stop", "model", "help"}
    assert {row.name for row in find_menu(admin=True)} == {"new", "stop", "model", "help", "status", "threads"}


def test_administrators_have_more():
    everybody, admins = ({row.name for row in find_rows(admin=admin)} for admin in (False, True))
    assert everybody < admins
    assert {"approve", "revoke"} <= admins - everybody


def test_what_acts_on_what_was_just_written_does_not_overtake_it():
    acting = {row.name for row in TABLE if row.changes}
    assert {"stop", "new", "kill", "steer", "retry", "forget"} <= acting - OVERTAKING
    assert {"start", "help", "status", "threads", "whoami"} <= OVERTAKING - acting


@pytest.mark.parametrize(("name", "near"), [("thread", "threads"), ("aprove", None), ("zzzz", None)])
def test_a_mistyped_command_is_told_the_nearest(name, near):
    assert find_near(name, admin=False) == near
    assert find_near("aprove", admin=True) == "approve"


def test_the_reference_names_every_command():
    page = (Path(__file__).parents[4] / "docs/reference/commands.md").read_text("utf-8")
    assert [row.name for row in TABLE if f"| `/{row.name}" not in page] == []
