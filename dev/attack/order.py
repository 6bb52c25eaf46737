"""Which attacks are done where, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

SLEEPERS: Final = ("ws-stop-ignored", "ws-stays", "node-disk", "llm-outside-turn")
"""They wait most of their time, so they are done beside the others."""
SHARED: Final = ("secrets", "api", "net", "token", "stolen", "node", "http", "llm", "store", "kept", "look")
"""Groups whose harmless attacks share a pod: one for each group, as limits are of a run and of an address."""
REACH: Final = ("service", "tools", "pull")
"""Groups of what agents reach over the gateway, by a class of their own."""
POOL: Final = "pool"
"""The group of what a pod does that waits for a conversation, in a class of its own."""
SAID: Final[Mapping[str, Sequence[str]]] = {
    "ws-stop-ignored": ("/stop",),
    "look-answers": ("/diff all", "/branches") * 5,
}
"""What people say while an attack is done."""
PAIRS: Final = (
    (("files-plant",), ("files-planted", "files-inbox-link"), ("files-inbox-linked",)),
    (("files-archive",), ("files-unpacked",)),
    (("files-bomb",), ("files-bombed",)),
    (("kept-tricks",), ("kept-restored",)),
    (("kept-swell",), ("kept-swelled",)),
)
"""Attacks that one run begins and the next one suffers."""
PAIRED: Final = frozenset(name for phases in PAIRS for names in phases for name in names)
MORE: Final[Mapping[str, str]] = {
    "chat-imitation": "the bot's own line of a stop, written by an agent",
    "child-number": "twelve sub-agents of one run",
    "child-depth": "a sub-agent that starts another",
    "pool-pose": "a pod with all that one of a pool has, but made by somebody else",
}
"""What is neither done inside a pod nor looked at behind all: name → what is tried."""
SHORT: Final = (
    "secrets-environment", "secrets-files", "api-service", "net-postgres", "net-metrics", "token-unsigned", "stolen-session",
    "http-smuggling", "llm-other-model", "ws-many-faults", "node-write", "chat-nested-lists", "chat-links", "out-logs", "out-events",
)  # fmt: skip
