"""What the operator decides on, in as few words as a test needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent_contract import names
from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import AgentThread
from agent_contract.subagent import SubAgent
from agent_operator.config import OperatorConfig
from agent_operator.jobs import Job
from agent_operator.plans import ClassLookup
from agent_operator.pods import Container, Pod

NAME = "tg-42"
UID = "5f4dcc3b-5aa7-65d6-1d83-27deb882cf99"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def make_config(**settings):
    return OperatorConfig(
        **{
            "namespace": "agents",
            "agent_image": "runner:1",
            "gateway_url": "http://gateway.agents.svc:8080",
            "default_provider": "zai",
            "default_model": "glm-5",
            **settings,
        }
    )


def make_thread(run=None, status=None, generation=1, name=NAME, **spec):
    spec = {"channel": {"botId": 1, "chatId": 42}, "run": run, **spec}
    meta = {"name": name, "uid": UID, "generation": generation, "resourceVersion": "1"}
    return AgentThread.model_validate({"metadata": meta, "spec": spec, "status": status or {}})


def make_subagent(status=None, name="tg-42-r1-k1", labels=None, created="2026-01-02T03:00:00Z", **spec):
    meta = {"name": name, "uid": f"uid-{name}", "generation": 1, "resourceVersion": "1", "creationTimestamp": created}
    spec = {"task": "count the stars", **spec}
    return SubAgent.model_validate({"metadata": {**meta, "labels": labels or {}}, "spec": spec, "status": status or {}})


def make_class(**spec):
    return AgentClass.model_validate({"metadata": {"name": "default", "generation": 1}, "spec": spec})


def make_pool_class(name="default", uid="class-uid", **spec):
    """Make a class with a warm pool of one pod, if nothing else is said."""
    metadata = {"name": name, "uid": uid, "generation": 1}
    return AgentClass.model_validate({"metadata": metadata, "spec": {"warmPool": {"replicas": 1}, **spec}})


def make_lookup(**spec):
    return ClassLookup(make_class(**spec))


def job_name(run=1):
    return names.build_job_name(NAME, UID, run)


def make_job(run=1, **more):
    values = {
        "name": job_name(run), "uid": f"job-{run}", "run": run, "owner_uid": UID, "deleting": False,
        "complete": False, "failed": None,
    }  # fmt: skip
    return Job(**{**values, **more})


_OF_CONTAINER = frozenset(Container.__dataclass_fields__) - {"name"}


def make_pod(**more):
    """Make a pod that has a node and pulls its image; what belongs to its agent's container may stand flat."""
    values = {
        "name": f"{job_name()}-abcde", "uid": "pod-1", "phase": "Pending", "scheduled": True, "image": "runner:1",
        "waiting_reason": "ContainerCreating", **more,
    }  # fmt: skip
    agent = Container(**{key: values.pop(key) for key in list(values) if key in _OF_CONTAINER})
    return Pod(**{"agent": agent, **values})


def make_running_pod(**more):
    return make_pod(**{"phase": "Running", "waiting_reason": None, "running": True, "started_at": NOW, **more})


def make_ended_pod(exit_code, **more):
    values = {
        "phase": "Failed" if exit_code else "Succeeded", "waiting_reason": None, "exit_code": exit_code,
        "exit_reason": "Error" if exit_code else "Completed", "started_at": NOW - MINUTE, "finished_at": NOW,
    }  # fmt: skip
    return make_pod(**{**values, **more})
