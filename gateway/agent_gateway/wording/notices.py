"""What an agent's pod reports beside its answer, for a person."""

from __future__ import annotations

from typing import Final

from agent_contract import wire
from agent_gateway.wording import keys
from agent_gateway.wording.texts import quote_inline, workspace_text

_SAID: Final = {
    "file_not_fetched": keys.file_not_fetched,
    "tool_server_away": keys.tool_server_away,
    "project_file_cut": keys.project_file_cut,
    "project_file_unread": keys.project_file_unread,
    "source_not_fetched": keys.source_not_fetched,
}


def notice_text(language: str, notice: wire.Notice) -> str:
    """Return a notice in Markdown: in our words where it is known what it is about, else as the pod's own, set apart.

    Args:
        language: Of the reader.
        notice: What the pod reports.
    """
    say = _SAID.get(notice.code)
    if say is not None and notice.name:
        return say(language, name=quote_inline(notice.name))
    return workspace_text(language, notice.text)  # what an extension says, or an older runner
