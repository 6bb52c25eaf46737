"""Which hello is served."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_gateway.runners.handshake import OLDEST_PROTOCOL, check_hello
from agent_gateway.runners.identity import Identity

WHO = Identity("tg-42", 1, 3, "pod-1", "uid-1", "job")


@pytest.mark.parametrize("protocol", range(OLDEST_PROTOCOL, wire.PROTOCOL + 1))
def test_this_protocol_and_the_one_before_are_served(protocol):
    assert check_hello(wire.Hello(run=3, protocol=protocol), WHO) is None


@pytest.mark.parametrize("protocol", [OLDEST_PROTOCOL - 1, wire.PROTOCOL + 1])
def test_others_are_told_what_to_do(protocol):
    reason = check_hello(wire.Hello(run=3, protocol=protocol), WHO)
    assert f"the runner {protocol}" in reason
    assert "image" in reason


def test_a_hello_of_another_run_is_refused():
    assert "run 4" in check_hello(wire.Hello(run=4), WHO)
