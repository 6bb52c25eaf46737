"""From what the API server sends to the values that are kept: read by the contract's models, then made slim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from agent_contract import names
from agent_contract.agentclass import AgentClass, AgentClassSpec, ModelRef
from agent_contract.agentthread import AgentThread, Claim, RunStatus
from agent_contract.conditions import Condition, ConditionType
from agent_contract.repositories import RepositoryRule
from agent_contract.subagent import SubAgent
from agent_contract.warmpool import WarmPoolStatus, asks_for_pool
from agent_gateway.resources.values import (
    ChannelValue,
    ClaimValue,
    ClassRefValue,
    ClassSpec,
    ClassValue,
    ConditionValue,
    ModelValue,
    RunValue,
    SubAgentSpecValue,
    SubAgentStatusValue,
    SubAgentValue,
    ThreadSpec,
    ThreadStatus,
    ThreadValue,
)

R = TypeVar("R")


def read_thread(raw: Any) -> ThreadValue:
    """Make the value of an AgentThread.

    Raises:
        ValidationError: it is not as the contract says.
    """
    found = AgentThread.model_validate(raw)
    spec, status, channel = found.spec, found.status, found.spec.channel
    return ThreadValue(
        name=found.name, uid=found.uid, version=_read_version(found.metadata), deleting=_is_going(found.metadata),
        spec=ThreadSpec(
            channel=ChannelValue(channel.bot, channel.bot_id, channel.chat_id, channel.topic_id),
            class_ref=ClassRefValue(spec.class_ref.name), title=spec.title, run=spec.run, stop=spec.stop,
            suspend=spec.suspend, model=read_model(spec.model),
            repositories=_freeze(spec.repositories), apis=_freeze(spec.apis), mcp_servers=_freeze(spec.mcp_servers),
            claim=_read_claim(spec.claim),
        ),
        status=ThreadStatus(
            phase=status.phase, run=_read_run(status.run), previous_run=_read_run(status.previous_run),
            conditions=tuple(_read_refusals(status.conditions)),
        ),
    )  # fmt: skip


def _freeze(rules: Sequence[R] | None) -> tuple[R, ...] | None:
    return None if rules is None else tuple(rules)


def read_subagent(raw: Any) -> SubAgentValue:
    """Make the value of a SubAgent.

    Raises:
        ValidationError: it is not as the contract says.
    """
    found = SubAgent.model_validate(raw)
    spec, status = found.spec, found.status
    labels = found.metadata.get("labels") or {}
    return SubAgentValue(
        name=found.name, uid=found.uid, version=_read_version(found.metadata), deleting=_is_going(found.metadata),
        call_id=str(labels.get(names.LABEL_CALL, "")),
        spec=SubAgentSpecValue(ClassRefValue(spec.class_ref.name), spec.timeout_seconds, spec.depth, spec.cancel),
        status=SubAgentStatusValue(
            status.phase, status.finished_at, status.reason, status.message, status.result
        ),
    )  # fmt: skip


def read_class(raw: Any) -> ClassValue:
    """Make the value of an AgentClass.

    Raises:
        ValidationError: it is not as the contract says.
    """
    found = AgentClass.model_validate(raw)
    spec = found.spec
    sources = tuple(_read_sources(spec))
    kept = ClassSpec(
        spec.model, spec.workspace, spec.timeouts, spec.sub_agents, spec.approvals, spec.budgets,
        tuple(spec.fallback_models), spec.provider_access, (*spec.repositories, *sources), sources,
        tuple(spec.apis), tuple(spec.mcp_servers), tuple(spec.commands), spec.heartbeat, spec.retention, spec.search,
    )  # fmt: skip
    meta, pool = found.metadata, _read_pool(found)
    return ClassValue(
        kept, str(meta.get("name", "")), str(meta.get("uid", "")), pool.hash, asks_for_pool(spec.warm_pool), pool.reason or "",
        spec.warm_pool.ahead, found.status.in_line or 0,
    )  # fmt: skip


def _read_pool(found: AgentClass) -> WarmPoolStatus:
    """Return what is told of the pool; nothing where that is of the class as it was before its last change."""
    pool, generation = found.status.warm_pool, int(found.metadata.get("generation", 0))
    told = (one.observed_generation for one in found.status.conditions if one.type == ConditionType.WARM_POOL)
    outdated = any(0 < one < generation for one in told)
    return WarmPoolStatus() if pool is None or outdated else pool


def _read_sources(spec: AgentClassSpec) -> Iterable[RepositoryRule]:
    """Yield a rule to read each repository that skills or templates come from; it counts where no other names that."""
    for one in (*spec.skills, *spec.prompt_templates):
        if one.repository is not None:
            yield RepositoryRule(connection=one.repository.connection, pattern=one.repository.path)


def read_model(model: ModelRef | None) -> ModelValue | None:
    """Make the value of a model that is named."""
    if model is None:
        return None
    return ModelValue(
        model.provider, model.name, model.thinking, model.images, model.max_tokens, model.context_window
    )  # fmt: skip


def _read_claim(claim: Claim | None) -> ClaimValue | None:
    return None if claim is None else ClaimValue(claim.run, claim.job_name, claim.pod_uid)


def _read_run(run: RunStatus | None) -> RunValue | None:
    if run is None:
        return None
    return RunValue(run.number, run.finished_at, run.reason, run.message)


def _read_refusals(conditions: Iterable[Condition]) -> Iterable[ConditionValue]:
    for one in conditions:
        if one.type == ConditionType.ACCEPTED and one.status == "False":
            yield ConditionValue(ConditionType.ACCEPTED.value, one.status, one.reason, one.message)


def _read_version(metadata: dict[str, Any]) -> str:
    return str(metadata.get("resourceVersion", ""))


def _is_going(metadata: dict[str, Any]) -> bool:
    return bool(metadata.get("deletionTimestamp"))
