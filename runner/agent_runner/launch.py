"""Start pi at once: this module and what it imports need the standard library alone, and load in milliseconds.

Each import here delays every start: no dataclasses (they bring `inspect`), no pathlib.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from agent_contract.names import ENV_CONFIG, STATE_DIR, TERMINATION_PATH, TOKEN_PATH, WORKSPACE_DIR
from agent_runner.pifiles import build_arguments, build_environment, build_models, build_settings

PI_COMMAND = ("node", "/opt/pi/node_modules/@earendil-works/pi-coding-agent/dist/bundle/cli.js")
RESET = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that Python ignores and a program expects to be ended by."""
REQUIRED = {"thread": str, "run": int, "gatewayUrl": str, "provider": str, "model": str}


class BadConfigError(Exception):
    """The runner was started with a configuration that cannot work; its text is for a person."""


class Setup(NamedTuple):
    """Where things are, and the configuration as it came: JSON that is checked in full once pi is loading."""

    config: dict[str, Any]
    state: str
    workspace: str
    token: str
    command: tuple[str, ...]
    termination: str
    """The file whose contents become the container's termination message."""

    @property
    def socket(self) -> str:
        """Return the socket that pi's extension finds the runner at."""
        return f"{self.state}/runner.sock"

    @property
    def session(self) -> str:
        """Return the session file of a conversation that has no stored lines."""
        return f"{self.state}/session.jsonl"

    @property
    def restored(self) -> str:
        """Return the session file written from stored lines."""
        return f"{self.state}/restored.jsonl"


class Process(NamedTuple):
    """A running pi and the ends of its pipes."""

    pid: int
    stdin: int
    stdout: int
    stderr: int
    spawned: float
    """On the monotonic clock."""


def read_setup(environ: Mapping[str, str]) -> Setup:
    """Read what pi's start needs from the environment.

    Raises:
        BadConfigError: something is missing or cannot be read; the text says what.
    """
    token = environ.get("AGENT_TOKEN_FILE", TOKEN_PATH)
    if not os.path.isfile(token):  # noqa: PTH113  # see the module's own words
        raise BadConfigError(f"The token file {token} is missing: the pod's projected token is not mounted there.")
    return Setup(
        config=_read_config(environ.get(ENV_CONFIG)),
        state=environ.get("AGENT_STATE_DIR", STATE_DIR),
        workspace=environ.get("AGENT_WORKSPACE_DIR", WORKSPACE_DIR),
        token=token,
        command=_read_command(environ.get("PI_COMMAND")),
        termination=environ.get("AGENT_TERMINATION_FILE", TERMINATION_PATH),
    )


def _read_config(text: str | None) -> dict[str, Any]:
    if not text:
        raise BadConfigError(f"{ENV_CONFIG} is not set: the runner is started by the operator, which sets it.")
    try:
        config = json.loads(text)
    except ValueError as error:
        raise BadConfigError(f"{ENV_CONFIG} is not JSON: {error}.") from error
    if not isinstance(config, dict):
        raise BadConfigError(f"{ENV_CONFIG} is not a JSON object.")
    wrong = [name for name, kind in REQUIRED.items() if not isinstance(config.get(name), kind)]
    if wrong:
        raise BadConfigError(f"{ENV_CONFIG} has no usable value for: {', '.join(wrong)}.")
    return config


def _read_command(text: str | None) -> tuple[str, ...]:
    if not text:
        return PI_COMMAND
    try:
        command = json.loads(text)
    except ValueError as error:
        raise BadConfigError(f"PI_COMMAND is not a JSON list: {error}.") from error
    if not (isinstance(command, list) and command and all(isinstance(word, str) for word in command)):
        raise BadConfigError("PI_COMMAND is not a JSON list of words.")
    return tuple(command)


def prepare(setup: Setup) -> None:
    """Write pi's settings into the state folder.

    Raises:
        BadConfigError: the folders cannot be written, or the workspace is missing.
    """
    home = f"{setup.state}/pi"
    try:
        os.makedirs(home, exist_ok=True)  # noqa: PTH103  # the same
        _write(f"{home}/models.json", json.dumps(build_models(setup.config, setup.token)))
        _write(f"{home}/settings.json", json.dumps(build_settings()))
        _write(f"{setup.state}/instructions.md", str(setup.config.get("instructions") or ""))
    except OSError as error:
        raise BadConfigError(f"The state folder {setup.state} cannot be written: {error.strerror}.") from error
    if not os.access(setup.workspace, os.W_OK | os.X_OK):
        raise BadConfigError(f"The workspace {setup.workspace} is missing or cannot be written.")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123  # the same
        file.write(text)


def spawn(setup: Setup, session: str) -> Process:
    """Start pi on a session file and return its pipes; ours do not block.

    Raises:
        BadConfigError: the program cannot be started.
    """
    words = [*setup.command, *build_arguments(setup.config, setup.state, session)]
    environment = build_environment(os.environ, setup.config, setup.state, (sys.prefix, sys.base_prefix))
    child_in, our_in = os.pipe()
    our_out, child_out = os.pipe()
    our_err, child_err = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate((child_in, child_out, child_err))]
    os.chdir(setup.workspace)  # posix_spawn has no folder of its own to give
    try:
        pid = os.posix_spawnp(words[0], words, environment, file_actions=actions, setpgroup=0, setsigdef=RESET)
    except OSError as error:
        raise BadConfigError(f"pi cannot be started ({words[0]}: {error.strerror}).") from error
    finally:
        for fd in (child_in, child_out, child_err):
            os.close(fd)
    for fd in (our_in, our_out, our_err):
        os.set_blocking(fd, False)
    return Process(pid, our_in, our_out, our_err, time.monotonic())
