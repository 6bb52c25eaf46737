from __future__ import annotations

import pytest

from agent_gateway.wording.again import build_buttons, build_continuation, build_error_id, parse_again, with_id


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("provider", ["re:7"]),
        ("timeout", ["co:7", "re:7"]),
        ("start_failed", ["re:7"]),
        ("run_lost", ["co:7"]),
        ("aborted", []),
    ],
)
def test_what_failed_can_be_asked_again_and_what_was_cut_goes_on(reason, data):
    assert [button.data for button in build_buttons("en", 7, reason)] == data


def test_only_its_own_buttons_are_read():
    assert parse_again("co:7") == (True, 7)
    assert parse_again("re:7") == (False, 7)
    for other in ("st:7", "re:", "re:7x", "re:-1", "", "re:" + "1" * 19):
        assert parse_again(other) is None


def test_a_continuation_tells_what_was_asked_and_what_was_seen_of_the_answer():
    told = build_continuation("port it", "x" * 5000 + "half of it", "The node is lost.")
    assert told.endswith("\n\nport it")
    assert "half of it" in told
    assert len(told) < 4400
    assert "The node is lost." in told
    assert "seen" not in build_continuation("port it", " \n", "The node is lost.")


def test_an_error_has_an_id_that_the_log_has_too():
    assert with_id("en", "It failed.", 431, "provider") == f"It failed. · error {build_error_id(431)}"
    assert with_id("de", "Es ging nicht.", 431, "agent") == f"Es ging nicht. · Fehler {build_error_id(431)}"
    assert with_id("en", "Stopped.", 431, "aborted") == "Stopped."
