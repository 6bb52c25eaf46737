"""Which model a run has, where the settings name one provider with one model."""

from __future__ import annotations

from agent_gateway.conversations.runmodel import RunModels
from agent_gateway.models.settings import RunSettings

USUAL_MODELS = RunModels(RunSettings("zai", "glm", None, ()), lambda _: None)
