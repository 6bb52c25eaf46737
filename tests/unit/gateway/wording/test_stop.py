from __future__ import annotations

import pytest

from agent_gateway.wording.stop import build_button, parse_stop


def test_a_button_names_its_turn():
    button = build_button("en", 9_000_000_000)
    assert parse_stop(button.data) == 9_000_000_000
    assert len(button.data.encode()) <= 64


@pytest.mark.parametrize(
    "data", ["", "st:", "st:x", "st:-1", "st:1 ", "st:1\n", "sa:cancel:1", "st:" + "9" * 19, "st:٣"]
)
def test_any_other_button_is_none(data):
    assert parse_stop(data) is None
