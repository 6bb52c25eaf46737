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

from agent_contract.names import (
    ENV_CONFIG,
    HOME_DIR,
    STATE_DIR,
    TERMINATION_PATH,
    TMP_DIR,
    TOKEN_PATH,
    WORKSPACE_DIR,
    build_config_variable,
)
from agent_runner.pifiles import (
    GIT_INCLUDE,
    GIT_SETTINGS,
    INSTRUCTIONS,
    ROOM,
    WELCOMED,
    Folders,
    build_arguments,
    build_environment,
    build_models,
    build_settings,
)
from agent_runner.piteam import build_servers
from agent_runner.podsetup import link_compile_cache, write_bundle
from agent_runner.projectfile import write_instructions

PI_COMMAND = ("node", "/opt/pi/node_modules/@earendil-works/pi-coding-agent/dist/bundle/cli.js")
RESET = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that Python ignores and a program expects to be ended by."""
REQUIRED = {"thread": str, "run": int, "gatewayUrl": str, "provider": str, "model": str}


_OF_MODEL = ("provider", "model", "api", "thinking", "reasoning", "images", "maxTokens", "contextWindow")


class BadConfigError(Exception):
    """The runner was started with a configuration that cannot work; its text is for a person."""


class Setup(NamedTuple):
    """Where things are, and the configuration as it came: JSON that is checked in full once pi is loading."""

    config: dict[str, Any]
    folders: Folders
    workspace: str
    token: str
    command: tuple[str, ...]
    termination: str
    """The file whose contents become the container's termination message."""

    @property
    def state(self) -> str:
        """Return the folder of the runner's own files."""
        return self.folders.state

    @property
    def home(self) -> str:
        """Return the agent's home folder."""
        return self.folders.home

    @property
    def tmp(self) -> str:
        """Return the folder of temporary files."""
        return self.folders.tmp

    @property
    def room(self) -> str:
        """Return the file with the KiB that one file of the agent may become."""
        return f"{self.state}/{ROOM}"

    @property
    def socket(self) -> str:
        """Return the socket that pi's extension finds the runner at."""
        return f"{self.state}/runner.sock"

    @property
    def session(self) -> str:
        """Return the session file of a conversation that has no stored lines."""
        return f"{self.state}/session.jsonl"

    @property
    def git_settings(self) -> str:
        """Return the file that every git in the pod reads before any other."""
        return f"{self.state}/{GIT_SETTINGS}"

    @property
    def welcomed(self) -> str:
        """Return the file that is there once the gateway has welcomed this pod."""
        return f"{self.state}/{WELCOMED}"

    @property
    def servers(self) -> str:
        """Return the file that names pi's tool servers."""
        return f"{self.state}/pi/mcp.json"

    @property
    def instructions(self) -> str:
        """Return the file with what is added to the system prompt."""
        return f"{self.state}/{INSTRUCTIONS}"

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
    state = environ.get("AGENT_STATE_DIR", STATE_DIR)
    home = environ.get("AGENT_HOME_DIR", HOME_DIR)
    return Setup(
        config=_read_config(read_config_text(environ)),
        # an operator of an earlier release mounts no home
        folders=Folders(
            state, home if os.access(home, os.W_OK | os.X_OK) else state, environ.get("AGENT_TMP_DIR", TMP_DIR)
        ),
        workspace=environ.get("AGENT_WORKSPACE_DIR", WORKSPACE_DIR),
        token=token,
        command=_read_command(environ.get("PI_COMMAND")),
        termination=environ.get("AGENT_TERMINATION_FILE", TERMINATION_PATH),
    )


def read_config_text(environ: Mapping[str, str]) -> str:
    """Return the runner's configuration, which may go on in further variables; empty where there is none."""
    parts: list[str] = []
    while (part := environ.get(build_config_variable(len(parts) + 1))) is not None:
        parts.append(part)
    return "".join(parts)


def _read_config(text: str) -> dict[str, Any]:
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
        _write(setup.git_settings, GIT_INCLUDE)  # more comes with the welcome
        _write(f"{home}/models.json", json.dumps(build_models(setup.config, setup.token, setup.welcomed)))
        _write(f"{home}/settings.json", json.dumps(build_settings()))
        # a pod that no conversation has may ask no server yet
        _write(setup.servers, json.dumps(build_servers({} if setup.config.get("warm") else setup.config)))
        write_instructions(setup.workspace, setup.instructions, str(setup.config.get("instructions") or ""))
        if size := setup.config.get("workspaceSize"):
            _write(setup.room, f"{int(size) // 1024}\n")
        link_compile_cache(os.environ, setup.state, os.getuid())
    except OSError as error:
        raise BadConfigError(f"The state folder {setup.state} cannot be written: {error.strerror}.") from error
    try:
        write_bundle(os.environ, setup.state)
    except OSError as error:
        raise BadConfigError(f"The extra certificates cannot be used ({error.filename}: {error.strerror}).") from error
    if not os.access(setup.workspace, os.W_OK | os.X_OK):
        raise BadConfigError(f"The workspace {setup.workspace} is missing or cannot be written.")


def change_model(setup: Setup, chosen: Mapping[str, Any]) -> bool:
    """Take another model for each pi that is started from now on; False where it is the one that it had.

    Args:
        setup: How pi is started.
        chosen: Fields of `RunnerConfig` that name and describe it; what names no level of thinking leaves that.

    Raises:
        OSError: its file cannot be written.
    """
    config = setup.config
    before = {name: config.get(name) for name in _OF_MODEL}
    after = {name: chosen.get(name) for name in _OF_MODEL}
    after["thinking"] = after["thinking"] or before["thinking"]
    if before == after:
        return False
    config.update(after)
    others = [
        one
        for one in config.get("fallbacks") or ()
        if (one["provider"], one["model"]) != (after["provider"], after["model"])
    ]
    config["fallbacks"] = others or None
    _write(f"{setup.state}/pi/models.json", json.dumps(build_models(config, setup.token, setup.welcomed)))
    return True


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123  # the same
        file.write(text)


def spawn(setup: Setup, session: str) -> Process:
    """Start pi on a session file and return its pipes; ours do not block.

    Raises:
        BadConfigError: the program cannot be started.
    """
    words = [*setup.command, *build_arguments(setup.config, setup.state, session)]
    environment = build_environment(os.environ, setup.config, setup.folders, (sys.prefix, sys.base_prefix))
    environment["AGENT_TOKEN_FILE"] = setup.token
    child_in, our_in = os.pipe()
    our_out, child_out = os.pipe()
    our_err, child_err = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate((child_in, child_out, child_err))]
    here = os.getcwd()  # noqa: PTH109  # an agent's folder is no place for this process
    os.chdir(setup.workspace)  # posix_spawn has no folder of its own to give
    try:
        pid = os.posix_spawnp(words[0], words, environment, file_actions=actions, setpgroup=0, setsigdef=RESET)
    except OSError as error:
        raise BadConfigError(f"pi cannot be started ({words[0]}: {error.strerror}).") from error
    finally:
        os.chdir(here)
        for fd in (child_in, child_out, child_err):
            os.close(fd)
    for fd in (our_in, our_out, our_err):
        os.set_blocking(fd, False)
    return Process(pid, our_in, our_out, our_err, time.monotonic())
