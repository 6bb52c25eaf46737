"""From what the API server sends to the values that are kept: read by the contract's models, then made slim."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent_contract import names
from agent_contract.agentclass import AgentClass, ModelRef
from agent_contract.agentthread import AgentThread, RunStatus
from agent_contract.conditions import Condition, ConditionType
from agent_contract.subagent import SubAgent
from agent_gateway.resources.values import (
    ChannelValue,
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
        ),
        status=ThreadStatus(
            phase=status.phase, run=_read_run(status.run), previous_run=_read_run(status.previous_run),
            conditions=tuple(_read_refusals(status.conditions)),
        ),
    )  # fmt: skip


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
    spec = AgentClass.model_validate(raw).spec
    return ClassValue(ClassSpec(spec.model, spec.workspace, spec.timeouts, spec.sub_agents))


def read_model(model: ModelRef | None) -> ModelValue | None:
    """Make the value of a model that is named."""
    return None if model is None else ModelValue(model.provider, model.name, model.thinking, model.images)


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
