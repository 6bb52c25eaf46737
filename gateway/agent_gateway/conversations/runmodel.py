"""Which model a conversation's next run has, where it is not its class's: for a pod that was started with that. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from agent_contract import wire
from agent_contract.modelchoice import ClassModels, Model, ModelSettings, choose_model
from agent_gateway.resources.threadspec import Resolve, build_model
from agent_gateway.resources.values import ModelValue, ThreadValue
from agent_gateway.store.rows import Thread


@dataclass(frozen=True, slots=True)
class RunModels:
    """Chooses as the operator does for a pod that it makes.

    Attributes:
        settings: What the settings say of models.
        resolve: Returns whose model a choice of people stands for.
    """

    settings: ModelSettings
    resolve: Resolve

    def choose(self, thread: Thread, found: ThreadValue | None, spec: ClassModels) -> wire.ClaimedModel | None:
        """Return the model of a conversation; None where it is its class's.

        Args:
            thread: The conversation, with what people chose.
            found: Its resource, with what an administrator chose.
            spec: What its class says.
        """
        own = read_own(thread, found, self.resolve)
        usual = choose_model(None, spec, self.settings)
        chosen = choose_model(own, spec, self.settings) if own is not None else None
        return None if chosen is None or chosen == usual else _build(chosen)


def read_own(thread: Thread, found: ThreadValue | None, resolve: Resolve) -> ModelValue | None:
    """Return what the resource will say of the model once the run is written; None for nothing."""
    written = build_model(thread, resolve)
    stands = found.spec.model if found is not None else None
    values = asdict(stands) if stands is not None else {}
    if "model" in written:
        values = {} if written["model"] is None else values | written["model"]
    return ModelValue(**values) if any(value is not None for value in values.values()) else None


def _build(model: Model) -> wire.ClaimedModel:
    return wire.ClaimedModel.model_validate(
        {
            "provider": model.provider, "model": model.name, "thinking": model.thinking, "api": model.api,
            "reasoning": model.reasoning, "images": model.images, "maxTokens": model.max_tokens,
            "contextWindow": model.context_window,
        }
    )  # fmt: skip
