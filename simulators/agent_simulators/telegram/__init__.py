"""A Bot API server that keeps Telegram's semantics, with endpoints to play the people."""

from __future__ import annotations

from agent_simulators.telegram.server import create_app

__all__ = ["create_app"]
