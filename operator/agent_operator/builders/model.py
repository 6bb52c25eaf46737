"""Which model a run talks to, and which ones where that fails, as the contract chooses."""

from __future__ import annotations

from agent_contract.modelchoice import Model, choose_fallbacks, choose_model, find_api, find_card

__all__ = ["Model", "choose_fallbacks", "choose_model", "find_api", "find_card"]
