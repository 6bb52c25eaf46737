"""A pod as far as the operator acts on it; pure.

The agent's container is found by its name: admission may put others before and beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from agent_contract import names
from agent_operator.jobs import read_controller, read_time

_Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Container:
    """One container and its state.

    Attributes:
        name: Its name.
        image: The image that its pod names for it.
        waiting_reason: Why it does not run yet, in the kubelet's word.
        waiting_message: The same in a sentence.
        started_at: When it started.
        running: It runs.
        exit_code: How it ended; None while it has not.
        exit_reason: The kubelet's word for how it ended, as in `OOMKilled`.
        finished_at: When it ended.
        termination_message: What it left, or its last log lines where it failed.
        last_exit_code: How it ended the time before, where it is started again and again.
        restart_count: How often it was started again.
        restarts: It is started again when it ends: a native sidecar.
    """

    name: str = names.CONTAINER
    image: str = ""
    waiting_reason: str | None = None
    waiting_message: str | None = None
    started_at: datetime | None = None
    running: bool = False
    exit_code: int | None = None
    exit_reason: str | None = None
    finished_at: datetime | None = None
    termination_message: str | None = None
    last_exit_code: int | None = None
    restart_count: int = 0
    restarts: bool = False


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod.

    Attributes:
        name: Its name.
        uid: Its UID.
        phase: `status.phase`.
        agent: The agent's container.
        init: Its init containers in order, native sidecars among them.
        sidecars: Containers that run beside the agent, which only admission adds.
        job_name: The Job that controls it.
        job_uid: UID of that Job.
        run: Of which run it is, by its label; 0 where the label is gone.
        created_at: When it was made.
        deleted_at: When it is to be gone at the latest, by the API server's clock.
        node: Where it runs.
        status_reason: `status.reason`, as in `Evicted`.
        status_message: `status.message`.
        disrupted: Reason of its condition DisruptionTarget.
        disruption: What that condition says.
        scheduled: It has a node.
        scheduled_at: Since when it has.
        schedule_reason: Why it has none.
        schedule_message: The same in a sentence.
        gates: What has to be taken away before it is scheduled (`spec.schedulingGates`).
        claimed_at: When it became a run's, where it waited in a warm pool before; its agent's start counts from then.
        sandboxed: Its volumes are mounted and its network is set up (condition PodReadyToStartContainers).
    """

    name: str
    uid: str
    phase: str
    agent: Container = Container()
    init: tuple[Container, ...] = ()
    sidecars: tuple[Container, ...] = ()
    job_name: str | None = None
    job_uid: str | None = None
    run: int = 0
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    node: str | None = None
    status_reason: str | None = None
    status_message: str | None = None
    disrupted: str | None = None
    disruption: str | None = None
    scheduled: bool = False
    scheduled_at: datetime | None = None
    schedule_reason: str | None = None
    schedule_message: str | None = None
    gates: tuple[str, ...] = ()
    sandboxed: bool = False
    claimed_at: datetime | None = None

    @property
    def terminal(self) -> bool:
        """Say whether its agent will not run any more, whatever else does."""
        return self.phase in {"Succeeded", "Failed"} or self.agent.exit_code is not None

    @property
    def outlives_agent(self) -> bool:
        """Say whether its agent has ended and a sidecar runs on, which only the end of its Job ends."""
        unfinished = self.phase not in {"Succeeded", "Failed"}
        return unfinished and self.agent.exit_code is not None and any(c.exit_code is None for c in self.sidecars)


def read_pod(raw: _Json) -> Pod:
    """Read a pod as the API gives it (`v1`)."""
    metadata, spec, status = raw["metadata"], raw.get("spec") or {}, raw.get("status") or {}
    conditions = {c["type"]: c for c in status.get("conditions") or []}
    scheduled, disrupted = conditions.get("PodScheduled", {}), conditions.get("DisruptionTarget", {})
    has_node, is_disrupted = scheduled.get("status") == "True", disrupted.get("status") == "True"
    containers = _read_containers(spec.get("containers"), status.get("containerStatuses"))
    controller = read_controller(raw)
    run = (metadata.get("labels") or {}).get(names.LABEL_RUN, "")
    claimed_at = _read_claimed(metadata)
    agent = next((c for c in containers if c.name == names.CONTAINER), Container())
    return Pod(
        name=metadata["name"],
        uid=metadata["uid"],
        phase=status.get("phase", "Unknown"),
        agent=_count_from(agent, claimed_at),
        init=_read_containers(spec.get("initContainers"), status.get("initContainerStatuses")),
        sidecars=tuple(c for c in containers if c.name != names.CONTAINER),
        job_name=controller.get("name"),
        job_uid=controller.get("uid"),
        run=int(run) if run.isascii() and run.isdigit() and len(run) < 10 else 0,
        created_at=read_time(metadata.get("creationTimestamp")),
        deleted_at=read_time(metadata.get("deletionTimestamp")),
        node=spec.get("nodeName"),
        status_reason=status.get("reason"),
        status_message=status.get("message"),
        disrupted=disrupted.get("reason") if is_disrupted else None,
        disruption=disrupted.get("message") if is_disrupted else None,
        scheduled=has_node,
        scheduled_at=read_time(scheduled.get("lastTransitionTime")) if has_node else None,
        schedule_reason=scheduled.get("reason"),
        schedule_message=scheduled.get("message"),
        gates=tuple(str(gate.get("name", "")) for gate in spec.get("schedulingGates") or []),
        sandboxed=conditions.get("PodReadyToStartContainers", {}).get("status") == "True",
        claimed_at=claimed_at,
    )


def _read_claimed(metadata: _Json) -> datetime | None:
    try:
        return read_time((metadata.get("annotations") or {}).get(names.ANNOTATION_CLAIMED_AT))
    except ValueError:  # somebody else wrote it
        return None


def _count_from(agent: Container, claimed_at: datetime | None) -> Container:
    """Let a container that waited in a pool have begun when it was claimed, if it still ran then."""
    if claimed_at is None or agent.started_at is None or agent.started_at >= claimed_at:
        return agent
    if agent.finished_at is not None and agent.finished_at < claimed_at:
        return agent
    return replace(agent, started_at=claimed_at)


def _read_containers(specs: Any, statuses: Any) -> tuple[Container, ...]:
    """Read containers in the order of the pod's specification; one without a status has not been looked at yet."""
    by_name = {str(status["name"]): status for status in statuses or []}
    return tuple(_read_container(spec, by_name.get(str(spec.get("name")), {})) for spec in specs or [])


def _read_container(spec: _Json, status: _Json) -> Container:
    state = status.get("state") or {}
    waiting, running = state.get("waiting") or {}, state.get("running") or {}
    ended = state.get("terminated") or {}
    return Container(
        name=str(spec.get("name", "")),
        image=spec.get("image", ""),
        waiting_reason=waiting.get("reason"),
        waiting_message=waiting.get("message"),
        started_at=read_time(running.get("startedAt") or ended.get("startedAt")),
        running="startedAt" in running,
        exit_code=ended.get("exitCode"),
        exit_reason=ended.get("reason"),
        finished_at=read_time(ended.get("finishedAt")),
        termination_message=ended.get("message"),
        last_exit_code=((status.get("lastState") or {}).get("terminated") or {}).get("exitCode"),
        restart_count=status.get("restartCount") or 0,
        restarts=spec.get("restartPolicy") == "Always",
    )
