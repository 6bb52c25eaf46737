"""Every name that two parts must agree on, and the functions that make the names of children."""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import Final

# --- custom resources -------------------------------------------------------------------------
GROUP: Final = "openclaw.dev"
VERSION: Final = "v1alpha1"
"""The version that is stored, and that this release reads and writes."""
SERVED_VERSIONS: Final[tuple[str, ...]] = (VERSION,)
"""All that the definitions serve. They share one schema, so that the API server converts by the version's name alone."""
API_VERSION: Final = f"{GROUP}/{VERSION}"
CATEGORY: Final = "openclaw"
AGENT_THREADS: Final = "agentthreads"
AGENT_CLASSES: Final = "agentclasses"
SUB_AGENTS: Final = "subagents"
AGENT_SCHEDULES: Final = "agentschedules"
DEFAULT_CLASS: Final = "default"
DEFAULT_BOT: Final = "tg"
"""Short name of the bot of an AgentThread that names none."""

# --- labels: an index for people and watches, never proof of ownership (that is the owner's UID) --
LABEL_MANAGED_BY: Final = "app.kubernetes.io/managed-by"
MANAGED_BY: Final = "openclaw-operator"
LABEL_COMPONENT: Final = "app.kubernetes.io/component"
LABEL_INSTANCE: Final = "app.kubernetes.io/instance"
"""The Helm release that an object belongs to."""
COMPONENT_AGENT: Final = "agent"
"""NetworkPolicies choose agent pods by this component; a class may not override it."""
LABEL_THREAD: Final = f"{GROUP}/thread"
LABEL_RUN: Final = f"{GROUP}/run"
LABEL_SUBAGENT: Final = f"{GROUP}/subagent"
"""On the Job and pod of a sub-agent: its name. `LABEL_THREAD` beside it names the conversation it works for, if any."""
LABEL_BOT: Final = f"{GROUP}/bot"
"""On a SubAgent that a person made without a parent, where several releases share its namespace: whose operator takes it."""
LABEL_CALL: Final = f"{GROUP}/call"
"""On a SubAgent that the gateway made: the call that asked for it."""
LABEL_SCHEDULE: Final = f"{GROUP}/schedule"
"""On an AgentSchedule that was asked for in the chat: its number in the gateway's database."""
SUBAGENT_RUN: Final = 1
"""A sub-agent has one run."""
LABEL_EGRESS: Final = f"{GROUP}/egress"
"""The chart's NetworkPolicies choose by it where an agent may connect to."""
LABEL_POOL: Final = f"{GROUP}/pool"
"""On the Job and pod of a warm pool, for life: the name of the AgentClass that made them."""
LABEL_POOL_HASH: Final = f"{GROUP}/pool-hash"
"""Beside it: what their pod was made of (`status.warmPool.hash` of the class)."""
ANNOTATION_CLAIMED_AT: Final = f"{GROUP}/claimed-at"
"""On a pod of a warm pool that became a run's: when the operator took it over. The run's time counts from then."""
ANNOTATION_ALLOWANCE: Final = f"{GROUP}/allowance-seconds"
"""On a Job: how many seconds its run may take from the start of its agent; what a pod waits for is not of them."""
ANNOTATION_TRACE: Final = f"{GROUP}/trace"
"""On an AgentThread, where traces are told: `<run>/<traceparent>`, of the message that the run is begun for."""
LABEL_POD_SECURITY: Final = "pod-security.kubernetes.io/enforce"
"""On a namespace: the level of the Pod Security Standards that the API server enforces there."""
SCHEMA_ANNOTATION: Final = f"{GROUP}/schema-revision"
SCHEMA_REVISION: Final = 10
"""Grows with the custom resource definitions, for people who compare a cluster with a chart."""
FIELD_MANAGER_OPERATOR: Final = "openclaw-operator"
FIELD_MANAGER_GATEWAY: Final = "openclaw-gateway"

# --- identity of agent pods -----------------------------------------------------------------------
TOKEN_AUDIENCE: Final = "openclaw-gateway"  # noqa: S105  # an audience, not a secret
TOKEN_LIFETIME_SECONDS: Final = 600
"""The kubelet replaces the file at four fifths of this; it is the least that Kubernetes allows."""
AGENT_SERVICE_ACCOUNT: Final = "openclaw-agent"

# --- identity of people who use `kubectl openclaw` -----------------------------------------------------
CONSOLE_AUDIENCE: Final = "openclaw-console"
CONSOLE_PERSON: Final = f"{CONSOLE_AUDIENCE}:"
"""A second audience of their token begins so; what follows is the user name that the API server knows them by, and the
chart's admission policy lets nobody ask for a token with another's."""
CONSOLE_HEADER: Final = "X-Openclaw-Token"
"""Bears that token: the API server keeps `Authorization` to itself when it passes a call on to a Service."""

# --- places inside an agent pod -------------------------------------------------------------------
TOKEN_DIR: Final = "/var/run/openclaw"  # noqa: S105  # a folder, not a secret
TOKEN_PATH: Final = f"{TOKEN_DIR}/token"
WORKSPACE_DIR: Final = "/workspace"
TMP_DIR: Final = "/tmp"  # noqa: S108  # the pod's own
TERMINATION_PATH: Final = "/dev/termination-log"
"""Where a sub-agent leaves its answer for the kubelet, which makes it the container's termination message."""
HOME_DIR: Final = "/home/agent"
"""The agent's home: its tools' settings and caches. On one volume with the workspace and /tmp."""
STATE_DIR: Final = "/run/agent"
"""The runner's own: pi's settings, its session file, the runner's socket. On a small volume of its own."""
WORK_VOLUME: Final = "work"
"""The volume of workspace, home and /tmp, each a folder of it (`subPath`); the kubelet names it where it is too full."""
TEAM_DIR: Final = "/etc/openclaw/team"
"""Below it the folders of skills and templates that a class gives its agents."""
CA_DIR: Final = "/etc/openclaw/ca"
CA_FILE: Final = "ca.crt"
"""In `CA_DIR`: certificates that are trusted beside the usual ones."""
CONTAINER: Final = "agent"
RUN_AS: Final = 10001

# --- environment of the runner; written by the operator's Job builder, read by the runner -----------
ENV_CONFIG: Final = "AGENT_CONFIG"
"""JSON of `agent_contract.runnerconfig.RunnerConfig`; holds no secret. What is too long for one variable goes on in
those that `build_config_variable` names."""
ENV_CA: Final = "AGENT_CA_FILE"
"""Path of the file in `CA_DIR`, where there is one."""

SUBAGENT_TOOL: Final = "spawn_subagent"
"""The agent's tool for sub-agents."""
INBOX_DIR: Final = "inbox"
"""Folder of the workspace where files from the chat are put."""
MAX_FILE_BYTES: Final = 50 * 1000 * 1000
"""Of a file for the chat: Telegram takes no larger one of a bot."""

# --- ports of the gateway ---------------------------------------------------------------------------
PORT_RUNNERS: Final = 8080
"""Runners' WebSocket, session streams and model calls: the only port that agents reach."""
PORT_WEBHOOK: Final = 8081
PORT_HOOKS: Final = 8083
"""Where events are brought: `POST /hooks/<name>`."""
PORT_CONSOLE: Final = 8084
"""What `kubectl openclaw` asks the gateway, through the API server alone."""
PORT_METRICS: Final = 9090

# --- HTTP paths on PORT_RUNNERS ----------------------------------------------------------------------
PATH_CONNECT: Final = "/v1/connect"
PATH_SESSION: Final = "/v1/session"
PATH_WORKSPACE: Final = "/v1/workspace"
"""GET: the files that this run begins with. PUT: a packed workspace, as runners of earlier releases send it."""
PATH_PACKS: Final = f"{PATH_WORKSPACE}/packs"
"""PUT below it, by its SHA-256, a part of what a run keeps."""
PATH_STATES: Final = f"{PATH_WORKSPACE}/states"
"""PUT what the packs are of, with `?turn=<id>`; empty where nothing changed; with `?call=<call id>`, for a child."""
PATH_LOOKS: Final = "/v1/looks"
"""PUT below it, by the id of a `look` frame, what was seen."""
PATH_FILES: Final = "/v1/files"
"""GET below it what came with a turn; PUT to it what is meant for the chat."""
PATH_PULLS: Final = "/v1/pulls"
PATH_MEMORY: Final = "/v1/memory"
"""POST what an agent asks of a forge."""
PATH_GIT: Final = "/git"
"""Followed by `/<connection>/<repository>.git`, and what git asks for below it."""
PATH_HTTP: Final = "/http"
"""Followed by `/<connection>` and a path below the connection's address."""
PATH_MCP: Final = "/mcp"
"""Followed by `/<connection>`: a tool server (MCP, Streamable HTTP)."""
PATH_LLM: Final = "/v1/llm"
"""Followed by `/<provider>` and the provider's own path, as in `/v1/llm/zai/chat/completions`."""


_MAX_JOB_NAME: Final = 52
_POOL_DIGITS: Final = 10
"""Of the number of a pool's Job."""


class ExitCode(IntEnum):
    """Exit codes of the runner, turned into `status.run.reason` by the operator."""

    LEFT = 0
    BAD_CONFIG = 64
    TASK_FAILED = 65
    """A sub-agent's task ended without an answer; its termination message says why."""
    NAME_UNKNOWN = 68
    """The gateway's name is not resolved."""
    REFUSED = 69
    PI_FAILED = 70
    GATEWAY_LOST = 75
    DEADLINE = 124


def build_config_variable(number: int) -> str:
    """Name the variable of a part of the runner's configuration, the first being 1."""
    return ENV_CONFIG if number == 1 else f"{ENV_CONFIG}_{number}"


def build_thread_name(bot: str, chat_id: int, topic_id: int | None) -> str:
    """Name the AgentThread of a chat or topic: `<bot>-<chat>[-<topic>]`, a negative id written `n…`."""
    parts = [bot, _number(chat_id), *([] if topic_id is None else [_number(topic_id)])]
    return "-".join(parts)


def build_subagent_name(parent: str, run: int | None, number: int) -> str:
    """Name a sub-agent: `<thread>-r<run>-k<n>`, or `<sub-agent>-k<n>` for the child of one (`run` None)."""
    return f"{parent}-k{number}" if run is None else f"{parent}-r{run}-k{number}"


def build_job_name(thread: str, thread_uid: str, run: int) -> str:
    """Name the one Job of a run.

    The owner's UID is part of it, so that a thread deleted and made anew never meets the old one's Jobs.
    At most 52 characters, as a Job's pods add a suffix of their own.
    """
    tail = f"-r{run}-{_digest(thread_uid)}"
    return thread[: _MAX_JOB_NAME - len(tail)].rstrip("-") + tail


def build_pool_job_name(agent_class: str, class_uid: str, number: int) -> str:
    """Name a Job of the warm pool of a class, which makes each number once.

    The class's UID is part of it, as of `build_job_name`, so that a pod is known to be of a class's pool by the name of
    its Job; and two operators that both miss the same pod make the same Job, of which the API server takes one.
    """
    tail = f"-w{number}-{_digest(class_uid)}"
    return agent_class[: _MAX_JOB_NAME - len(tail)].rstrip("-.") + tail


def find_pool_number(job: str, agent_class: str, class_uid: str) -> int | None:
    """Return the number of a Job of the warm pool of a class; None where a Job of that name is none."""
    number, tail = split_pool_name(job)
    if number is None or tail != _digest(class_uid):
        return None
    return number if job == build_pool_job_name(agent_class, class_uid, number) else None


def split_pool_name(job: str) -> tuple[int | None, str]:
    """Return the number in the name of a Job of a warm pool, None where there is none, and what stands for the class's UID."""
    head, _, tail = job.rpartition("-")
    number = head.rpartition("-w")[2]
    is_number = number.isascii() and number.isdigit() and len(number) <= _POOL_DIGITS
    return (int(number) if is_number else None), tail


def _digest(uid: str) -> str:
    return hashlib.sha256(uid.encode()).hexdigest()[:8]


def _number(value: int) -> str:
    return f"n{-value}" if value < 0 else str(value)
