"""Which refs a server's report says that it has moved."""

from __future__ import annotations

import pytest

from agent_gateway.connections.pktline import BAND_DATA, FLUSH, encode, encode_band
from agent_gateway.connections.pushed import MOST_BYTES, Seen, find_moved
from agent_gateway.connections.pushes import Command, Push

NEW, OLD, ZERO = "1" * 40, "2" * 40, "0" * 40
PUSH = Push(
    (Command(OLD, NEW, "refs/heads/a"), Command(OLD, ZERO, "refs/heads/b"), Command(ZERO, NEW, "refs/heads/ab")),
    frozenset({"report-status"}), "sha1", "", (), (),
)  # fmt: skip


def report(*lines, end=b"\n"):
    return encode(b"unpack ok" + end) + b"".join(encode(line + end) for line in lines) + FLUSH


@pytest.mark.parametrize("end", [b"\n", b""])
def test_refs_that_are_ok_have_moved(end):
    plain = report(b"ok refs/heads/a", b"ok refs/heads/b", b"ng refs/heads/ab protected", end=end)
    for told in (plain, encode_band(BAND_DATA, plain) + FLUSH):
        assert find_moved(PUSH, told) == [("refs/heads/a", NEW), ("refs/heads/b", None)]


def test_words_of_a_server_are_no_report():
    assert find_moved(PUSH, report(b"ng refs/heads/a see ok refs/heads/a")) == []
    assert find_moved(PUSH, report(b"ok refs/heads/abc")) == []


def test_only_the_end_of_a_long_answer_is_looked_at():
    seen = Seen()
    for _ in range(10):
        seen.add(bytes(MOST_BYTES))
    seen.add(report(b"ok refs/heads/a"))
    assert len(seen.tail) == MOST_BYTES
    assert find_moved(PUSH, bytes(seen.tail)) == [("refs/heads/a", NEW)]
