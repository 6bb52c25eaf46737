"""Updates as they come become rows of the inbox. Pure."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from agent_gateway.telegram.inbound.updates import build_queue_key

log = logging.getLogger(__name__)
_MAX_UPDATE_ID = 2**62


def build_rows(updates: Sequence[Any], offset: int) -> tuple[list[tuple[int, str, str]], int]:
    """Return the (update id, queue, payload) rows of a batch and the offset behind it.

    What has no usable id cannot be stored or confirmed: it is left out, and confirmed with those after it.
    """
    rows = []
    for update in updates:
        update_id = update.get("update_id") if isinstance(update, dict) else None
        if isinstance(update_id, bool) or not isinstance(update_id, int) or not 0 <= update_id < _MAX_UPDATE_ID:
            log.warning("an update without a usable update_id was left out")
            continue
        rows.append((update_id, build_queue_key(update), json.dumps(update)))
    return rows, max([offset, *(update_id + 1 for update_id, _, _ in rows)])
