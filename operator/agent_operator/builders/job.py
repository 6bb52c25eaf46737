"""The Job of one run, with its pod; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kubernetes_asyncio.client.models import V1Job, V1JobSpec, V1ObjectMeta, V1OwnerReference, V1PodTemplateSpec

from agent_contract import names
from agent_contract.agentclass import AgentClass, AgentClassSpec
from agent_contract.agentthread import AgentThread
from agent_contract.quantities import compute_bytes
from agent_contract.runnerconfig import RunnerConfig, RunnerModel
from agent_contract.subagent import SubAgent
from agent_contract.terms import Timeouts
from agent_operator.builders.checks import is_ours
from agent_operator.builders.model import Model, choose_fallbacks
from agent_operator.builders.pod import build_pod
from agent_operator.builders.team import build_commands, build_servers, build_sources, leave_servers, list_folders
from agent_operator.config import OperatorConfig

POOL_SLACK: Final = 600
"""Seconds beyond `warmPool.maxAge` after which a Job of a pool ends by itself, should no operator replace it."""


@dataclass(frozen=True, slots=True)
class Work:
    """Whose Job it is, and what its runner is told."""

    kind: str
    """Of the owner, as in `AgentThread`."""
    name: str
    uid: str
    job: str
    """Name of the Job."""
    labels: dict[str, str]
    allowance: int
    """Seconds that a run may take: from the Job's start, and then anew from its agent's."""
    runner: RunnerConfig
    waits: int = 0
    """Seconds that it may wait for a conversation before, where it is of a warm pool."""


def build_thread_work(
    thread: AgentThread, run: int, spec: AgentClassSpec, model: Model, config: OperatorConfig
) -> Work:
    """Build what a run of a conversation is."""
    runner = _build_runner(thread.name, run, leave_servers(spec, thread.spec.mcp_servers), model, config)
    job = names.build_job_name(thread.name, thread.uid, run)
    labels = build_run_labels(thread.name, run)
    return Work("AgentThread", thread.name, thread.uid, job, labels, _compute_allowance(spec.timeouts), runner)


def build_subagent_work(sub: SubAgent, run: int, spec: AgentClassSpec, model: Model, config: OperatorConfig) -> Work:
    """Build what the one run of a sub-agent is: its time is its task's, and its files go with it."""
    seconds = sub.spec.timeout_seconds
    times = {"turn": seconds, "turn_max": seconds, "turn_extra": 0, "run": max(seconds, 10)}
    runner = _build_runner(sub.name, run, spec, model, config).model_copy(
        update={
            "one_turn": True,
            "snapshot": False,
            "timeouts": spec.timeouts.model_copy(update=times),
        }
    )
    labels = {names.LABEL_SUBAGENT: sub.name, names.LABEL_RUN: str(run)}
    if thread := sub.metadata.get("labels", {}).get(names.LABEL_THREAD):
        labels[names.LABEL_THREAD] = thread
    deadline = spec.timeouts.start + seconds + spec.timeouts.grace
    job = names.build_job_name(sub.name, sub.uid, run)
    return Work("SubAgent", sub.name, sub.uid, job, labels, deadline, runner)


def build_pool_work(found: AgentClass, number: int, model: Model, config: OperatorConfig) -> Work:
    """Build what a pod of a class's warm pool is: a conversation's, but for whose it is."""
    name, uid, spec = str(found.metadata["name"]), str(found.metadata["uid"]), found.spec
    runner = _build_runner("", 0, spec, model, config).model_copy(update={"warm": True})
    job = names.build_pool_job_name(name, uid, number)
    waits = spec.warm_pool.max_age + POOL_SLACK
    labels = {names.LABEL_POOL: name}
    return Work("AgentClass", name, uid, job, labels, _compute_allowance(spec.timeouts), runner, waits)


def build_run_labels(thread: str, run: int) -> dict[str, str]:
    """Build the labels that say of Job and pod which run of a conversation they are."""
    return {names.LABEL_THREAD: thread, names.LABEL_RUN: str(run)}


def _compute_allowance(timeouts: Timeouts) -> int:
    return timeouts.start + timeouts.run + timeouts.turn_max + timeouts.turn_extra + timeouts.grace


def _build_runner(name: str, run: int, spec: AgentClassSpec, model: Model, config: OperatorConfig) -> RunnerConfig:
    """Build what the runner is told through its environment; it holds no secret."""
    skills, templates = list_folders(spec)
    return RunnerConfig(
        thread=name,
        run=run,
        gateway_url=config.gateway_url,
        provider=model.provider,
        model=model.name,
        api=model.api,
        thinking=model.thinking,
        reasoning=model.reasoning,
        images=model.images,
        max_tokens=model.max_tokens,
        context_window=model.context_window,
        fallbacks=[
            RunnerModel(
                provider=one.provider,
                model=one.name,
                api=one.api,
                reasoning=one.reasoning,
                images=one.images,
                max_tokens=one.max_tokens,
                context_window=one.context_window,
            )
            for one in choose_fallbacks(model, spec, config)
        ]
        or None,
        timeouts=spec.timeouts,
        tools=list(spec.tools),
        approvals=list(spec.approvals.rules),
        mcp_servers=build_servers(spec),
        skills=skills,
        prompt_templates=templates,
        sources=build_sources(spec),
        commands=build_commands(spec),
        trust_workspace=spec.trust_workspace,
        instructions=spec.instructions,
        snapshot=spec.workspace.snapshot,
        snapshot_limit=compute_bytes(spec.workspace.snapshot_limit),
        exclude=spec.workspace.exclude,
        workspace_size=compute_bytes(spec.workspace.size),
        workspace_claim=spec.workspace.storage_class_name is not None,
        repositories=bool(spec.repositories) or None,
    )


def build_job(work: Work, spec: AgentClassSpec, config: OperatorConfig, gateway: Sequence[str] = ()) -> V1Job:
    """Build the one Job of a run; `gateway` are the gateway's addresses, where the pod may not ask for them."""
    labels = build_labels(work, spec)
    annotations = {key: value for key, value in spec.pod_metadata.annotations.items() if not is_ours(key)} or None
    owner = V1OwnerReference(
        api_version=names.API_VERSION, kind=work.kind, name=work.name, uid=work.uid, controller=True,
        block_owner_deletion=True,
    )  # fmt: skip
    return V1Job(
        api_version="batch/v1",
        kind="Job",
        metadata=V1ObjectMeta(
            name=work.job,
            namespace=config.namespace,
            labels=labels,
            annotations={**(annotations or {}), names.ANNOTATION_ALLOWANCE: str(work.allowance)},
            owner_references=[owner],
        ),
        spec=V1JobSpec(
            active_deadline_seconds=work.waits or work.allowance,
            backoff_limit=0,
            # a pod that goes away is counted before another could be made: there is never a second
            pod_replacement_policy="Failed",
            ttl_seconds_after_finished=spec.ttl_seconds_after_finished.job,
            template=V1PodTemplateSpec(
                metadata=V1ObjectMeta(labels=labels, annotations=annotations),
                spec=build_pod(work.runner, spec, config, gateway),
            ),
        ),
    )


def build_labels(work: Work, spec: AgentClassSpec) -> dict[str, str]:
    """Build the labels of a run's Job and pod: ours, and those of the class that are not ours."""
    return {
        **{key: value for key, value in spec.pod_metadata.labels.items() if not is_ours(key)},
        names.LABEL_MANAGED_BY: names.MANAGED_BY,
        names.LABEL_COMPONENT: names.COMPONENT_AGENT,
        **work.labels,
        names.LABEL_EGRESS: spec.egress.value,
    }
