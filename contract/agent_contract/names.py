"""Every name that two parts must agree on, and the functions that make the names of children."""

from __future__ import annotations

import hashlib
import re
from enum import IntEnum
from typing import Final

# --- custom resources -------------------------------------------------------------------------
GROUP: Final = "openclaw.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
CATEGORY: Final = "openclaw"
AGENT_THREADS: Final = "agentthreads"
AGENT_CLASSES: Final = "agentclasses"
SUB_AGENTS: Final = "subagents"
DEFAULT_CLASS: Final = "default"

# --- labels: an index for people and watches, never proof of ownership (that is the owner's UID) --
LABEL_MANAGED_BY: Final = "app.kubernetes.io/managed-by"
MANAGED_BY: Final = "openclaw-operator"
LABEL_COMPONENT: Final = "app.kubernetes.io/component"
COMPONENT_AGENT: Final = "agent"
"""NetworkPolicies choose agent pods by this component; a class may not override it."""
LABEL_THREAD: Final = f"{GROUP}/thread"
LABEL_RUN: Final = f"{GROUP}/run"
LABEL_SUBAGENT: Final = f"{GROUP}/subagent"
"""On the Job and pod of a sub-agent: its name. `LABEL_THREAD` beside it names the conversation it works for, if any."""
LABEL_CALL: Final = f"{GROUP}/call"
"""On a SubAgent that the gateway made: the call that asked for it."""
SUBAGENT_RUN: Final = 1
"""A sub-agent has one run."""
LABEL_EGRESS: Final = f"{GROUP}/egress"
"""The chart's NetworkPolicies choose by it where an agent may connect to."""
SCHEMA_ANNOTATION: Final = f"{GROUP}/schema-revision"
SCHEMA_REVISION: Final = 4
"""Grows with the custom resource definitions, for people who compare a cluster with a chart."""
FIELD_MANAGER_OPERATOR: Final = "openclaw-operator"
FIELD_MANAGER_GATEWAY: Final = "openclaw-gateway"

# --- identity of agent pods -----------------------------------------------------------------------
TOKEN_AUDIENCE: Final = "openclaw-gateway"  # noqa: S105  # an audience, not a secret
TOKEN_LIFETIME_SECONDS: Final = 3600
"""The kubelet replaces the file at four fifths of this; ten minutes is the least that Kubernetes allows."""
AGENT_SERVICE_ACCOUNT: Final = "openclaw-agent"

# --- places inside an agent pod -------------------------------------------------------------------
TOKEN_DIR: Final = "/var/run/openclaw"  # noqa: S105  # a folder, not a secret
TOKEN_PATH: Final = f"{TOKEN_DIR}/token"
WORKSPACE_DIR: Final = "/workspace"
TERMINATION_PATH: Final = "/dev/termination-log"
"""Where a sub-agent leaves its answer for the kubelet, which makes it the container's termination message."""
STATE_DIR: Final = "/run/agent"
"""Writable, in memory of the node's disk: pi's settings, its session file, the runner's socket."""
CONTAINER: Final = "agent"
RUN_AS: Final = 10001

# --- environment of the runner; written by the operator's Job builder, read by the runner -----------
ENV_CONFIG: Final = "AGENT_CONFIG"
"""JSON of `agent_contract.runnerconfig.RunnerConfig`; holds no secret."""

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
PORT_METRICS: Final = 9090

# --- HTTP paths on PORT_RUNNERS ----------------------------------------------------------------------
PATH_CONNECT: Final = "/v1/connect"
PATH_SESSION: Final = "/v1/session"
PATH_WORKSPACE: Final = "/v1/workspace"
"""GET: the packed files that this run begins with. PUT: those of this run; with `?call=<call id>`, a copy for a child."""
PATH_FILES: Final = "/v1/files"
"""GET below it what came with a turn; PUT to it what is meant for the chat."""
PATH_LLM: Final = "/v1/llm"
"""Followed by `/<provider>` and the provider's own path, as in `/v1/llm/zai/chat/completions`."""


class ExitCode(IntEnum):
    """Exit codes of the runner, turned into `status.run.reason` by the operator."""

    LEFT = 0
    BAD_CONFIG = 64
    TASK_FAILED = 65
    """A sub-agent's task ended without an answer; its termination message says why."""
    REFUSED = 69
    PI_FAILED = 70
    GATEWAY_LOST = 75
    DEADLINE = 124


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
    digest = hashlib.sha256(thread_uid.encode()).hexdigest()[:8]
    tail = f"-r{run}-{digest}"
    return re.sub(r"-+$", "", thread[: 52 - len(tail)]) + tail


def _number(value: int) -> str:
    return f"n{-value}" if value < 0 else str(value)
