"""Who may call which model now: rows and classes decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from agent_contract.agentclass import FallbackModel, ModelRef
from agent_gateway.models.errors import Refusal
from agent_gateway.models.providers import ModelId, Providers, compute_name
from agent_gateway.models.shapes.fields import Rights, show
from agent_gateway.resources.values import ClassValue, ModelValue, ThreadValue
from agent_gateway.store.modelcalls import CallFacts

_SHOWN = 12
"""Models that a refusal names."""


@dataclass(frozen=True, slots=True)
class Permit:
    """What a run may call now.

    Attributes:
        turn_id: The turn that its calls belong to.
        models: What it may call.
        rights: What else may go out.
        has_fallback: Where its first model fails, it has another.
    """

    turn_id: int
    models: frozenset[ModelId]
    rights: Rights
    has_fallback: bool = False

    def check(self, provider: str, model: str) -> None:
        """Raise Refusal for a model that the run may not call."""
        if ModelId(provider, model) in self.models:
            return
        known = sorted(found.name for found in self.models if found.provider == provider)
        named = ", ".join(known[:_SHOWN]) or "none"
        raise Refusal(
            403,
            "llm_models",
            f"{show(model)!r} is no model that this run may call at {provider}: {named} (llm_models).",
        )


class Rows(Protocol):
    """What the database says of runs."""

    async def facts(self, thread_id: int, run: int) -> CallFacts | None:
        """Return what a run's calls are judged by; None where the run is over."""
        ...


class Resources(Protocol):
    """AgentThreads as last watched, and classes as last known."""

    def cached(self, name: str) -> ThreadValue | None:
        """Return an AgentThread."""
        ...

    def find_class_name(self, thread_name: str) -> str | None:
        """Return the name of a thread's class; None where nothing is known of its AgentThread."""
        ...

    async def find_class(self, name: str) -> ClassValue | None:
        """Return a class; None where it is not known."""
        ...


class ModelAccess:
    """Says what a run may call now.

    Args:
        rows: What the database says.
        resources: AgentThreads and classes.
        providers: The settings.
    """

    def __init__(self, rows: Rows, resources: Resources, providers: Providers) -> None:
        self._rows = rows
        self._resources = resources
        self._providers = providers

    async def permit(self, thread_id: int, thread_name: str, run: int) -> Permit:
        """Return what a run may call.

        Raises:
            Refusal: nothing now, as no turn of it is under way.
            Away: the database does not answer.
        """
        facts = await self._rows.facts(thread_id, run)
        if facts is None or facts.turn_id is None:
            raise Refusal(
                403,
                "llm_no_turn",
                "No turn of this run is under way: it may call models while it answers (llm_no_turn).",
            )
        name = facts.class_name or self._resources.find_class_name(thread_name)
        own = await self._resources.find_class(name) if name is not None else None
        thread = self._resources.cached(thread_name)
        named = thread.spec.model if thread is not None else None
        models = {*self._providers.offered, *self._of_run(facts, named, own)}
        if own is None:
            return Permit(facts.turn_id, frozenset(models), Rights())
        spec = own.spec
        fallbacks = tuple(self._resolve(spec.fallback_models, spec.model.provider)) or self._providers.fallbacks
        rights = Rights(spec.provider_access.hosted_tools, spec.provider_access.addresses)
        return Permit(facts.turn_id, frozenset({*models, *fallbacks}), rights, bool(fallbacks))

    def _of_run(self, facts: CallFacts, named: ModelValue | None, own: ClassValue | None) -> Iterable[ModelId]:
        """Return what thread and class name, as the operator chooses among them."""
        of_class = own.spec.model if own is not None else ModelRef()
        provider = of_class.provider
        if named is not None:
            yield from self._resolve((named,), provider)
        yield from self._resolve((of_class,), provider)
        if named is not None and named.provider and not named.name:
            yield from self._resolve((ModelValue(named.provider, of_class.name),), None)
        if facts.model:
            chosen = self._providers.resolve(facts.model)
            yield chosen or self._name(provider, facts.model)

    def _name(self, provider: str | None, model: str) -> ModelId:
        return ModelId(compute_name(provider) if provider else self._providers.configured.name, model)

    def _resolve(
        self, refs: Iterable[FallbackModel | ModelRef | ModelValue], provider: str | None
    ) -> Iterable[ModelId]:
        for ref in refs:
            if ref.name:
                yield self._name(ref.provider or provider, ref.name)
