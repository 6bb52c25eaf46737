"""The spec of an AgentThread, part by part, as the gateway writes it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from agent_gateway.models.providers import ModelId
from agent_gateway.resources.values import ClaimValue, ThreadValue
from agent_gateway.store.rows import Thread

Resolve = Callable[[str], ModelId | None]


def build_claim(claim: ClaimValue | None, before: ClaimValue | None) -> dict[str, Any]:
    """Build the part of a spec that names a run's pod of a warm pool; one of the run before is taken away."""
    if claim is None:
        return {} if before is None else {"claim": None}
    return {"claim": {"run": claim.run, "jobName": claim.job_name, "podUid": claim.pod_uid}}


def build_cold(number: int, cold: str | None) -> dict[str, Any]:
    """Build the part of a spec that says why a run has no pod of a warm pool; what it says of the run before is taken away."""
    return {"cold": None if cold is None else {"run": number, "reason": cold}}


def build_model(thread: Thread, resolve: Resolve = lambda _: None) -> dict[str, Any]:
    """Build the part of a spec that names the model, and how long it thinks, as chosen in the chat; None removes a field.

    Where nobody chose, an administrator's own choice in the resource stays; a return to the class's model removes it.

    Args:
        thread: Whose choice.
        resolve: Returns whose model it stands for; where that is not known, the provider stays as it is.
    """
    if not thread.thinking:
        if thread.model is None and thread.thinking is None:
            return {}
        if thread.model == "":
            return {"model": None}
    chosen: dict[str, str | None] = {}
    if thread.model is not None:
        chosen |= _build_choice(thread.model, resolve)
    if thread.thinking is not None:
        chosen["thinking"] = thread.thinking or None
    return {"model": chosen}


def _build_choice(model: str, resolve: Resolve) -> dict[str, str | None]:
    if not model:
        return {"name": None, "provider": None}
    known = resolve(model)
    return {"name": model} if known is None else {"name": known.name, "provider": known.provider}


def without_empty(spec: dict[str, Any]) -> dict[str, Any]:
    """Return it as a new resource has it, which has nothing to remove."""
    model = {key: value for key, value in (spec.get("model") or {}).items() if value is not None}
    return {"model": model} if model else {}


def build_settings(like: ThreadValue) -> dict[str, Any]:
    """Build the part of a spec that an administrator set: class, model, suspend and narrower rules, where they are set."""
    spec = like.spec
    model = {key: value for key, value in asdict(spec.model).items() if value is not None} if spec.model else {}
    kept = {"classRef": {"name": spec.class_ref.name}, "model": model, "suspend": spec.suspend}
    settings: dict[str, Any] = {field: value for field, value in kept.items() if value}
    narrower = {"repositories": spec.repositories, "apis": spec.apis, "mcpServers": spec.mcp_servers}
    # an empty list allows nothing
    return settings | {
        field: [rule.to_dict() for rule in rules] for field, rules in narrower.items() if rules is not None
    }
