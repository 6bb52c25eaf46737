"""Start pi at once: this module and what it imports need the standard library alone, and load in milliseconds."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_contract.names import ENV_CONFIG, STATE_DIR, TOKEN_PATH, WORKSPACE_DIR
from agent_runner.pifiles import build_arguments, build_environment, build_models, build_settings

PI_COMMAND = ("node", "/opt/pi/node_modules/@earendil-works/pi-coding-agent/dist/bundle/cli.js")
RESET = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that Python ignores and a program expects to be ended by."""
REQUIRED = {"thread": str, "run": int, "gatewayUrl": str, "provider": str, "model": str}


class BadConfigError(Exception):
    """The runner was started with a configuration that cannot work; its text is for a person."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Where things are, and the configuration as it came: JSON that is checked in full once pi is loading."""

    config: dict[str, Any]
    state: Path
    workspace: Path
    token: Path
    command: tuple[str, ...]

    @property
    def session(self) -> Path:
        """Return the session file of a conversation that has no stored lines."""
        return self.state / "session.jsonl"

    @property
    def restored(self) -> Path:
        """Return the session file written from stored lines."""
        return self.state / "restored.jsonl"


@dataclass(frozen=True, slots=True)
class Process:
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
    token = Path(environ.get("AGENT_TOKEN_FILE", TOKEN_PATH))
    if not token.is_file():
        raise BadConfigError(f"The token file {token} is missing: the pod's projected token is not mounted there.")
    return Setup(
        config=_read_config(environ.get(ENV_CONFIG)),
        state=Path(environ.get("AGENT_STATE_DIR", STATE_DIR)),
        workspace=Path(environ.get("AGENT_WORKSPACE_DIR", WORKSPACE_DIR)),
        token=token,
        command=_read_command(environ.get("PI_COMMAND")),
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
    home = setup.state / "pi"
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / "models.json").write_text(json.dumps(build_models(setup.config, str(setup.token))))
        (home / "settings.json").write_text(json.dumps(build_settings()))
        (setup.state / "instructions.md").write_text(str(setup.config.get("instructions") or ""))
    except OSError as error:
        raise BadConfigError(f"The state folder {setup.state} cannot be written: {error.strerror}.") from error
    if not os.access(setup.workspace, os.W_OK | os.X_OK):
        raise BadConfigError(f"The workspace {setup.workspace} is missing or cannot be written.")


def spawn(setup: Setup, session: Path) -> Process:
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
