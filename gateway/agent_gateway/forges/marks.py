"""What is put into texts for a forge: who asked, and an unseen mark by which a comment is known to be ours. Pure."""

from __future__ import annotations

import re
from typing import Final

from agent_gateway.telegram.inbound.foreign import clean_name

_MARK: Final = re.compile(r"<!-- openclaw:([A-Za-z0-9._-]{1,63}) -->")
"""At the beginning, as of a long comment only that is kept; what quotes it begins otherwise."""


def build_body(body: str, asker: str, subagent: bool) -> str:
    """Return the description of a pull request, with a line that says by whom it was asked for.

    The name stands as code, so that it calls nobody.
    """
    name = clean_name(asker).replace("`", "'")
    who = f" for `{name}`" if name else ""
    agent = "a sub-agent" if subagent else "an agent"
    return f"{body.rstrip()}\n\n---\nOpened by {agent}{who}.".lstrip()


def mark(body: str, call_id: str) -> str:
    """Return a comment with the id of the call that says it, which no page shows."""
    return f"<!-- openclaw:{call_id} -->\n\n{body.strip()}"


def read_mark(text: str) -> str | None:
    """Return the id of the call that said a comment; None where none did."""
    found = _MARK.match(text)
    return found[1] if found else None
