"""What an agent is asked where checks of what it pushed have failed. Pure."""

from __future__ import annotations

from typing import Final

from agent_gateway.forges.values import Checks
from agent_gateway.store.pulls import PullRow
from agent_gateway.telegram.inbound.foreign import clean_name

HEADER: Final = "[Checks failed "
"""A person's line that begins so is marked as theirs (`telegram.inbound.foreign`)."""


def build_failed_prompt(path: str, branch: str, sha: str, checks: Checks, pull: PullRow | None) -> str:
    """Return what an agent is asked; names of checks are the repository's."""
    names = ", ".join(clean_name(one, 100) for one in checks.failing) or "not named"
    of_pull = f", pull request #{pull.number} {pull.url}" if pull is not None else ""
    return (
        f"{HEADER}of {clean_name(path, 250)}, branch {clean_name(branch, 250)} at {sha[:12]}{of_pull}, which you pushed in this "
        f"conversation. Nobody in this chat wrote this. Names of the checks: {names}]\n\n"
        "Find out why, as far as you can run the same here. Mend it if it is about your change, and push to the same branch; "
        "otherwise say in a sentence or two what people should know."
    )
