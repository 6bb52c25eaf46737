"""Queries that go to the server as text."""

from __future__ import annotations

import pytest

from agent_gateway.store.sql import QUERIES, fill


def test_numbers_stand_in_the_places_of_arguments():
    assert fill("fence", 7, 12).endswith("openclaw_fence(7, 12)")
    filled = fill("mark_due", [3, 4])
    assert "ANY ('{3,4}'::bigint[])" in filled
    assert "$" not in filled
    assert QUERIES["mark_due"].count("$1") == 1


@pytest.mark.parametrize("value", ["1; DROP TABLE turns", ["1", "x"]])
def test_nothing_but_whole_numbers_does(value):
    with pytest.raises(ValueError, match="invalid literal"):
        fill("mark_due", value)
