"""Session lines as a runner sends them."""

from __future__ import annotations

from collections.abc import Sequence

from agent_contract import wire
from agent_contract.sessionlines import MAX_STRUCTURE, LineError, measure_structure, read_entry
from agent_contract.text import clean
from agent_gateway.store.sessions import find_answered

_LONGEST_NAME = 253


def check_lines(lines: Sequence[str]) -> None:
    """Check what is to be stored of a session.

    Raises:
        FrameError: a line is no JSON object with an id, or would take too long to read; or all together would.
    """
    structure = 0
    for line in lines:
        structure += measure_structure(line)
        if structure > 2 * MAX_STRUCTURE:
            raise wire.FrameError("entries.lines: together they have too many parts")
        try:
            name = find_answered(read_entry(line))
        except LineError as error:
            raise wire.FrameError(f"entries.lines: one {error}") from error
        if name is not None and (len(name) > _LONGEST_NAME or clean(name) != name):
            raise wire.FrameError("entries.lines: one names no sub-agent")
