"""A model provider that does what the prompt's first words say, over the OpenAI-compatible wire protocol."""

from __future__ import annotations

from agent_simulators.model.server import create_app

__all__ = ["create_app"]
