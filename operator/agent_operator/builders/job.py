"""The Job of one run, with its pod; pure."""

from __future__ import annotations

from dataclasses import dataclass

from kubernetes_asyncio.client.models import (
    V1Capabilities,
    V1Container,
    V1EmptyDirVolumeSource,
    V1EnvVar,
    V1EphemeralVolumeSource,
    V1Job,
    V1JobSpec,
    V1LocalObjectReference,
    V1ObjectMeta,
    V1OwnerReference,
    V1PersistentVolumeClaimSpec,
    V1PersistentVolumeClaimTemplate,
    V1PodSecurityContext,
    V1PodSpec,
    V1PodTemplateSpec,
    V1ProjectedVolumeSource,
    V1ResourceRequirements,
    V1SeccompProfile,
    V1SecurityContext,
    V1ServiceAccountTokenProjection,
    V1Toleration,
    V1Volume,
    V1VolumeMount,
    V1VolumeProjection,
    V1VolumeResourceRequirements,
)

from agent_contract import names
from agent_contract.agentclass import AgentClassSpec, ModelRef, Workspace, compute_bytes
from agent_contract.agentthread import AgentThread
from agent_contract.runnerconfig import RunnerConfig
from agent_contract.subagent import SubAgent
from agent_operator.config import OperatorConfig

_UNREACHABLE_SECONDS = 30
_TMP_SIZE = "1Gi"
_STATE_SIZE = "512Mi"


@dataclass(frozen=True, slots=True)
class Model:
    """The model that a run talks to, all of it known."""

    provider: str
    name: str
    thinking: str | None = None
    images: bool = False
    """It sees them."""


@dataclass(frozen=True, slots=True)
class Work:
    """Whose Job it is, and what its runner is told."""

    kind: str
    """Of the owner, as in `AgentThread`."""
    name: str
    uid: str
    run: int
    labels: dict[str, str]
    deadline: int
    """Seconds from the Job's start to its end in any case."""
    runner: RunnerConfig


def choose_model(own: ModelRef | None, spec: AgentClassSpec, config: OperatorConfig) -> Model | None:
    """Choose the model: the thread's own before the class's before the operator's; None where nobody names one.

    A provider that is named beside no model does not take another provider's model.
    """
    of_class = spec.model
    sources = [
        (own.provider, own.name, own.thinking) if own else (None, None, None),
        (of_class.provider, of_class.name, of_class.thinking),
        (config.default_provider or None, config.default_model or None, config.default_thinking),
    ]
    provider = next((p for p, _, _ in sources if p), None)
    name = next((n for p, n, _ in sources if n and p in {None, provider}), None)
    thinking = next((t for _, _, t in sources if t), None)
    images = next((m.images for m in (own, of_class) if m is not None and m.images is not None), False)
    return Model(provider, name, thinking, images) if provider and name else None


def build_thread_work(
    thread: AgentThread, run: int, spec: AgentClassSpec, model: Model, config: OperatorConfig
) -> Work:
    """Build what a run of a conversation is."""
    timeouts = spec.timeouts
    runner = _build_runner(thread.name, run, spec, model, config)
    deadline = timeouts.start + timeouts.run + timeouts.turn + timeouts.grace
    return Work("AgentThread", thread.name, thread.uid, run, {names.LABEL_THREAD: thread.name}, deadline, runner)


def build_subagent_work(sub: SubAgent, run: int, spec: AgentClassSpec, model: Model, config: OperatorConfig) -> Work:
    """Build what the one run of a sub-agent is: its time is its task's, and its files go with it."""
    seconds = sub.spec.timeout_seconds
    runner = _build_runner(sub.name, run, spec, model, config).model_copy(
        update={
            "one_turn": True,
            "snapshot": False,
            "timeouts": spec.timeouts.model_copy(update={"turn": seconds, "run": max(seconds, 10)}),
        }
    )
    labels = {names.LABEL_SUBAGENT: sub.name}
    if thread := sub.metadata.get("labels", {}).get(names.LABEL_THREAD):
        labels[names.LABEL_THREAD] = thread
    deadline = spec.timeouts.start + seconds + spec.timeouts.grace
    return Work("SubAgent", sub.name, sub.uid, run, labels, deadline, runner)


def _build_runner(name: str, run: int, spec: AgentClassSpec, model: Model, config: OperatorConfig) -> RunnerConfig:
    """Build what the runner is told through its environment; it holds no secret."""
    return RunnerConfig(
        thread=name,
        run=run,
        gateway_url=config.gateway_url,
        provider=model.provider,
        model=model.name,
        thinking=model.thinking,
        images=model.images,
        timeouts=spec.timeouts,
        tools=list(spec.tools),
        instructions=spec.instructions,
        snapshot=spec.workspace.snapshot,
        snapshot_limit=compute_bytes(spec.workspace.snapshot_limit),
    )


def build_job(work: Work, spec: AgentClassSpec, config: OperatorConfig) -> V1Job:
    """Build the one Job of a run."""
    labels = build_labels(work, spec)
    owner = V1OwnerReference(
        api_version=names.API_VERSION, kind=work.kind, name=work.name, uid=work.uid, controller=True,
        block_owner_deletion=True,
    )  # fmt: skip
    return V1Job(
        api_version="batch/v1",
        kind="Job",
        metadata=V1ObjectMeta(
            name=names.build_job_name(work.name, work.uid, work.run),
            namespace=config.namespace,
            labels=labels,
            owner_references=[owner],
        ),
        spec=V1JobSpec(
            active_deadline_seconds=work.deadline,
            backoff_limit=0,
            # a pod that goes away is counted before another could be made: there is never a second
            pod_replacement_policy="Failed",
            ttl_seconds_after_finished=spec.ttl_seconds_after_finished.job,
            template=V1PodTemplateSpec(
                metadata=V1ObjectMeta(labels=labels), spec=_build_pod(work.runner, spec, config)
            ),
        ),
    )


def build_labels(work: Work, spec: AgentClassSpec) -> dict[str, str]:
    """Build the labels of a run's Job and pod; a class may add none, so none can be taken over."""
    return {
        names.LABEL_MANAGED_BY: names.MANAGED_BY,
        names.LABEL_COMPONENT: names.COMPONENT_AGENT,
        **work.labels,
        names.LABEL_RUN: str(work.run),
        names.LABEL_EGRESS: spec.egress.value,
    }


def _build_pod(runner: RunnerConfig, spec: AgentClassSpec, config: OperatorConfig) -> V1PodSpec:
    container = V1Container(
        name=names.CONTAINER,
        image=spec.image or config.agent_image,
        image_pull_policy=spec.image_pull_policy,
        env=[
            V1EnvVar(name=names.ENV_CONFIG, value=runner.model_dump_json(by_alias=True, exclude_none=True)),
            V1EnvVar(name="HOME", value=names.STATE_DIR),
        ],
        resources=V1ResourceRequirements(requests=dict(spec.resources.requests), limits=dict(spec.resources.limits)),
        security_context=V1SecurityContext(
            allow_privilege_escalation=False, read_only_root_filesystem=True, capabilities=V1Capabilities(drop=["ALL"])
        ),
        termination_message_policy="FallbackToLogsOnError",
        volume_mounts=[
            V1VolumeMount(name="workspace", mount_path=names.WORKSPACE_DIR),
            V1VolumeMount(name="state", mount_path=names.STATE_DIR),
            V1VolumeMount(name="tmp", mount_path="/tmp"),  # noqa: S108  # the pod's own
            V1VolumeMount(name="token", mount_path=names.TOKEN_DIR, read_only=True),
        ],
        working_dir=names.WORKSPACE_DIR,
    )
    return V1PodSpec(
        containers=[container],
        restart_policy="Never",
        service_account_name=config.service_account,
        automount_service_account_token=False,
        enable_service_links=False,
        termination_grace_period_seconds=spec.timeouts.grace,
        security_context=V1PodSecurityContext(
            run_as_non_root=True,
            run_as_user=names.RUN_AS,
            run_as_group=names.RUN_AS,
            fs_group=names.RUN_AS,
            seccomp_profile=V1SeccompProfile(type="RuntimeDefault"),
        ),
        runtime_class_name=spec.runtime_class_name,
        node_selector=dict(spec.scheduling.node_selector) or None,
        priority_class_name=spec.scheduling.priority_class_name,
        tolerations=_build_tolerations(spec),
        image_pull_secrets=[V1LocalObjectReference(name=n) for n in config.image_pull_secrets] or None,
        volumes=[
            _build_workspace(spec.workspace),
            V1Volume(name="state", empty_dir=V1EmptyDirVolumeSource(size_limit=_STATE_SIZE)),
            V1Volume(name="tmp", empty_dir=V1EmptyDirVolumeSource(size_limit=_TMP_SIZE)),
            _build_token(),
        ],
    )


def _build_tolerations(spec: AgentClassSpec) -> list[V1Toleration]:
    own = [
        V1Toleration(
            key=t.key, operator=t.operator, value=t.value, effect=t.effect, toleration_seconds=t.toleration_seconds
        )
        for t in spec.scheduling.tolerations
    ]
    # a node that is away is given up after half a minute, not after the five that Kubernetes adds by itself
    away = [
        V1Toleration(
            key=f"node.kubernetes.io/{state}", operator="Exists", effect="NoExecute",
            toleration_seconds=_UNREACHABLE_SECONDS,
        )
        for state in ("not-ready", "unreachable")
    ]  # fmt: skip
    return [*own, *away]


def _build_workspace(workspace: Workspace) -> V1Volume:
    if workspace.storage_class_name is None:
        return V1Volume(name="workspace", empty_dir=V1EmptyDirVolumeSource(size_limit=workspace.size))
    claim = V1PersistentVolumeClaimSpec(
        access_modes=["ReadWriteOnce"],
        storage_class_name=workspace.storage_class_name,
        resources=V1VolumeResourceRequirements(requests={"storage": workspace.size}),
    )
    template = V1PersistentVolumeClaimTemplate(spec=claim)
    return V1Volume(name="workspace", ephemeral=V1EphemeralVolumeSource(volume_claim_template=template))


def _build_token() -> V1Volume:
    token = V1ServiceAccountTokenProjection(
        audience=names.TOKEN_AUDIENCE, expiration_seconds=names.TOKEN_LIFETIME_SECONDS, path="token"
    )
    source = V1ProjectedVolumeSource(sources=[V1VolumeProjection(service_account_token=token)])
    return V1Volume(name="token", projected=source)
