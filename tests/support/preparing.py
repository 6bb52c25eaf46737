"""A workspace that is prepared by real git and a real shell, and repositories of a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from agent_contract import wire
from agent_contract.runnerconfig import RunnerConfig
from agent_runner.holdback import Holdback
from agent_runner.launch import Setup
from agent_runner.logs import Log
from agent_runner.outbox import Outbox, Wait
from agent_runner.pifiles import Folders
from agent_runner.preparing import Preparing
from tests.support.git_server import GitServer, run_git

CONFIG = {"thread": "tg-1", "run": 1, "gatewayUrl": "http://127.0.0.1:9", "provider": "test", "model": "m"}


@dataclass
class Bench:
    """A pod's folders."""

    folder: Path
    server: GitServer = field(init=False)

    def __post_init__(self):
        for name in ("state", "home", "tmp", "workspace"):
            (self.folder / name).mkdir()
        (self.folder / "state/gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
        self.server = GitServer(self.folder / "server")

    @property
    def workspace(self):
        return self.folder / "workspace"

    def names(self):
        return sorted(path.name for path in self.workspace.iterdir())

    @property
    def setup(self):
        folders = Folders(*(str(self.folder / name) for name in ("state", "home", "tmp")))
        return Setup(CONFIG, folders, str(self.workspace), "", (), "")

    def make(self, programs, size=0):
        """Return what prepares the workspace, and where it tells of it."""
        outbox = Outbox()
        config = RunnerConfig(**CONFIG, workspace_size=size)
        made = Preparing(self.setup, config, programs, outbox, Log("ERROR"), Holdback(), lambda task: task.result())
        made.begin()
        return made, outbox

    def checkout(self, name="acme/api", **more):
        folder = name.rpartition("/")[2]
        address = f"file://{self.server.root / name}.git"
        return wire.Checkout(connection="lab", repository=name, address=address, **({"folder": folder} | more))

    def git(self, folder, *words):
        return run_git(self.workspace / folder, *words).stdout.strip()


def read_frames(outbox):
    """Return what was told since."""
    found = []
    while not isinstance(frame := outbox.take(0.0), Wait):
        found.append(frame)
    return found
