"""What Telegram takes of a rich message, by two judges: the schema of the simulated Telegram, and aiogram's types."""

from __future__ import annotations

import copy

from aiogram.types import InputRichMessage

from agent_simulators.telegram.richblocks import Limits, flatten, read_blocks


def check_rich(chunk):
    """Return the words that a message shows, as Telegram reads it.

    Raises:
        Refused, ValidationError: Telegram would not take it.
    """
    InputRichMessage.model_validate(_as_of_10_3(chunk.rich))
    return flatten(read_blocks(chunk.rich["blocks"], Limits()))


def _as_of_10_3(rich):
    """Return a message as aiogram knows it: there a quote that unfolds has text and no blocks."""
    rich = copy.deepcopy(rich)
    nodes = list(rich["blocks"])
    while nodes:
        node = nodes.pop()
        nodes += [*node.get("blocks", ()), *node.get("items", ())]
        if node.get("type") == "expandable_blockquote":
            node["type"] = "blockquote"
    return rich
