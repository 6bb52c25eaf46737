"""What a decision may rest on besides the resource, and what it may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from kubernetes_asyncio.client.models import V1Job

from agent_contract.agentclass import AgentClass
from agent_operator.causes import Cause
from agent_operator.claims import Adoption
from agent_operator.jobs import Job

Status = TypeVar("Status")


@dataclass(frozen=True, slots=True)
class ClassLookup:
    """What was found of a class by its name.

    Attributes:
        found: The class, where it can be used.
        problem: Why it, or the thread with it, cannot be used.
        gateway: The gateway's addresses, where its pods may not ask for them.
    """

    found: AgentClass | None
    problem: Cause | None = None
    gateway: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """A Job is to end so many seconds after its start (`activeDeadlineSeconds`), and not before."""

    job: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Plan(Generic[Status]):
    """What to do for a resource.

    Attributes:
        status: To write, where it differs.
        create: A Job to make.
        delete: Names of own Jobs to delete.
        deadline: A Job whose deadline is to be moved.
        requeue_after: Seconds after which the resource is to be observed again at the latest.
        expired: It ended so long ago that the resource itself goes.
        adopt: A Job of a warm pool to take over; the resource is observed again behind it, and its status stays as it is.
        unadopted: The status to write where the API server refuses that.
        discard: A Job of a warm pool to delete: nobody shall have it.
    """

    status: Status
    create: V1Job | None = None
    delete: tuple[str, ...] = ()
    deadline: Deadline | None = None
    requeue_after: float | None = None
    expired: bool = False
    adopt: Adoption | None = None
    unadopted: Status | None = None
    discard: Job | None = None
